"""MediaPipe's two networks: one finds people in a square, the other the keypoints of one person."""

from __future__ import annotations

from engine.detector import boxes, landmarks
from engine.detector.boxes import Boxes
from engine.detector.detection import Picture
from engine.detector.landmarks import Landmarks
from engine.detector.networks import Network
from engine.detector.regions import Region, cut_out, network_input

PERSON_OUTPUTS = ("Identity", "Identity_1")
"""Boxes, scores."""
POSE_OUTPUTS = ("Identity", "Identity_1", "Identity_3")
"""Points, whether a person is there, heat map; the files also hold a silhouette and points in metres."""


class PersonFinder:
    """Finds people in a square of the picture; they are not found where they are less than a third as high as it."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, picture: Picture, region: Region) -> Boxes:
        """Return the people in an upright square, in pixels of the picture."""
        seen = network_input(cut_out(picture, region, boxes.SIZE), 1 / 127.5, -1.0)
        raw, logits = self._network(seen)
        return boxes.one_each(boxes.decode(raw[0], logits[0, :, 0])).in_picture(region)


class PoseFinder:
    """Finds the keypoints of the person in a region."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, picture: Picture, region: Region) -> Landmarks:
        seen = network_input(cut_out(picture, region, landmarks.SIZE, repeat_edge=True), 1 / 255)
        raw, flag, heat = self._network(seen)
        return landmarks.decode(raw[0], flag[0, 0], heat[0], region)
