"""Own networks that see everybody in a picture at once: RTMO and YOLO-pose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.detector.detection import Detection, Picture
from engine.detector.networks import Network
from engine.detector.own.decoding import Candidates
from engine.detector.own.layout import Layout
from engine.detector.regions import network_input
from engine.motion.skeleton import Skeleton

Decode = Callable[[list[NDArray[Any]]], Candidates]

_GREY = 114
"""Around a picture of another shape than the network's."""


class EverybodyDetector:
    """Finds everybody in each picture by itself; nothing is followed."""

    def __init__(self, name: str, layout: Layout, network: Network, decode: Decode) -> None:
        self.name, self.skeleton = name, layout.skeleton
        self._layout, self._network, self._decode = layout, network, decode

    name: str
    skeleton: Skeleton

    def detect(self, picture: Picture, people: int = 1) -> list[Detection]:
        layout = self._layout
        inside, scale, place = fitted(picture, layout.width, layout.height, centred=layout.kind != "RTMO")
        # RTMO was trained on blue, green, red from 0 to 255, YOLO on red, green, blue from 0 to 1
        seen = network_input(inside[:, :, ::-1], 1.0) if layout.kind == "RTMO" else network_input(inside, 1 / 255)
        found = self._decode(self._network(seen))
        joints = len(self.skeleton)
        detections = []
        for box, score, xy, confidence in zip(found.boxes, found.scores, found.xy, found.confidence, strict=True):
            x0, y0, x1, y1 = ((box.reshape(2, 2) - place) / scale).ravel().tolist()
            on_picture = (xy[:joints] - place) / scale
            detections.append(Detection(on_picture, confidence[:joints], float(score), (x0, y0, x1, y1)))
        return detections[:people]

    def reset(self) -> None:
        """Nothing is remembered."""


def fitted(picture: Picture, width: int, height: int, *, centred: bool) -> tuple[Picture, float, NDArray[np.float64]]:
    """Return a picture scaled into width x height on grey, its scale, and where its corner (2,) lies: x, y."""
    import cv2

    rows, columns = picture.shape[:2]
    scale = min(width / columns, height / rows)
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    left, top = ((width - size[0]) // 2, (height - size[1]) // 2) if centred else (0, 0)
    inside = np.full((height, width, 3), _GREY, np.uint8)
    inside[top : top + size[1], left : left + size[0]] = cv2.resize(picture, size)
    return inside, scale, np.array([left, top], float)
