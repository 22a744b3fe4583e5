"""Own networks that look at one person: RTMPose. People are found as for the published detector, then followed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.detector.boxes import overlap
from engine.detector.detection import Detection, Picture
from engine.detector.mediapipe import PersonFinder
from engine.detector.networks import Network
from engine.detector.own.decoding import simcc
from engine.detector.own.layout import Layout
from engine.detector.regions import network_input
from engine.detector.seeking import SEEK_EVERY, seek
from engine.motion.skeleton import Skeleton

Box = tuple[float, float, float, float]

MEAN = np.array([123.675, 116.28, 103.53], np.float32).reshape(3, 1, 1)
DEVIATION = np.array([58.395, 57.12, 57.375], np.float32).reshape(3, 1, 1)
"""Of ImageNet's red, green and blue, by which RTMPose was trained."""
_ROOM = 1.25
"""The network looks at a person's box, larger by this."""
_THERE = 0.3
"""Least mean confidence of a person, and of a point that the next box holds."""
_SAME = 0.6
"""Boxes that overlap more, as intersection over union, are one person's."""


class OnePersonDetector:
    """Follows people by the boxes around their points."""

    name: str
    skeleton: Skeleton

    def __init__(self, name: str, layout: Layout, network: Network, person: PersonFinder) -> None:
        self.name, self.skeleton = name, layout.skeleton
        self._layout, self._network, self._person = layout, network, person
        self._boxes: list[Box] = []
        self._until_search = 0

    def detect(self, picture: Picture, people: int = 1) -> list[Detection]:
        found: list[Detection] = []
        self._look(picture, self._boxes, found, people)
        self._until_search -= 1
        if not found or (len(found) < people and self._until_search <= 0):
            self._until_search = SEEK_EVERY
            self._look(
                picture, [_around(r.x, r.y, r.side / _ROOM) for r in seek(picture, self._person, people)], found, people
            )
        self._boxes = [one.box for one in found]
        return sorted(found, key=lambda one: -one.score)

    def reset(self) -> None:
        self._boxes, self._until_search = [], 0

    def _look(self, picture: Picture, boxes: list[Box], found: list[Detection], people: int) -> None:
        """Add whom the boxes show to those found, as long as there are too few and it is none of them."""
        for box in boxes:
            if len(found) >= people:
                return
            if not _known(box, found):
                one = self._person_in(picture, box)
                if one is not None and not _known(one.box, found):
                    found.append(one)

    def _person_in(self, picture: Picture, box: Box) -> Detection | None:
        import cv2

        width, height = self._layout.width, self._layout.height
        matrix = crop_matrix(box, width, height)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        seen = cv2.warpAffine(picture, matrix, (width, height), flags=flags)
        planes = (network_input(seen, 1.0) - MEAN) / DEVIATION
        x, y = self._network(np.ascontiguousarray(planes))
        places, confidence = simcc(x[0], y[0], width, height)
        joints = len(self.skeleton)
        xy = places[:joints] @ matrix[:, :2].T + matrix[:, 2]
        confidence = np.nan_to_num(confidence[:joints])
        sure = confidence >= _THERE
        score = float(confidence.mean())
        if score < _THERE or sure.sum() < 2:
            return None
        (x0, y0), (x1, y1) = xy[sure].min(0), xy[sure].max(0)
        return Detection(xy, confidence, score, (float(x0), float(y0), float(x1), float(y1)))


def crop_matrix(box: Box, width: int, height: int) -> NDArray[np.float64]:
    """(2, 3) from pixels of the network's input to those of the picture: the box, wider or higher, and room."""
    x0, y0, x1, y1 = box
    pixel = _ROOM * max((x1 - x0) / width, (y1 - y0) / height, 1e-6)
    left, top = (x0 + x1) / 2 - pixel * width / 2, (y0 + y1) / 2 - pixel * height / 2
    return np.array([[pixel, 0, left], [0, pixel, top]])


def _around(x: float, y: float, side: float) -> Box:
    return x - side / 2, y - side / 2, x + side / 2, y + side / 2


def _known(box: Box, found: list[Detection]) -> bool:
    return bool(found) and bool((overlap(np.array(box), np.array([one.box for one in found])) > _SAME).any())
