"""Squares of a picture, turned with the person in them: cut out, and led back."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.detector.detection import Picture

Float = NDArray[np.float64]

_ROOM = 2 * 1.25
"""Side of a person's square, in distances from the mid hip to the circle point around the whole body."""

_MOST_TILES = 8


@dataclass(frozen=True)
class Region:
    """A square: its centre and side in pixels, and its turn in radians, clockwise as one sees it (y is down)."""

    x: float
    y: float
    side: float
    rotation: float = 0.0

    @property
    def matrix(self) -> Float:
        """(2, 3) from places in the square, (0, 0) to (1, 1), to pixels."""
        cos, sin = self.side * math.cos(self.rotation), self.side * math.sin(self.rotation)
        return np.array([[cos, -sin, self.x - (cos - sin) / 2], [sin, cos, self.y - (sin + cos) / 2]])

    def to_picture(self, places: Float) -> Float:
        """Pixels of places (..., 2) in the square, which is (0, 0) to (1, 1)."""
        matrix = self.matrix
        return places @ matrix[:, :2].T + matrix[:, 2]


def person_region(hip: Float, circle: Float) -> Region:
    """The square around a person, by the rule of MediaPipe's pose_detection_to_roi.

    hip     (2,) pixels: the middle between the hips, and the square's
    circle  (2,) pixels: a point on a circle around the whole person, which stands straight above the hip in the square
    """
    dx, dy = (float(n) for n in circle - hip)
    turn = math.pi / 2 - math.atan2(-dy, dx)
    turn -= 2 * math.pi * math.floor((turn + math.pi) / (2 * math.pi))
    return Region(float(hip[0]), float(hip[1]), _ROOM * math.hypot(dx, dy), turn)


def whole_picture(width: int, height: int) -> Region:
    """The smallest upright square that holds a picture, centred on it."""
    return Region(width / 2, height / 2, max(width, height))


def tiles(width: int, height: int) -> list[Region]:
    """Upright squares as high as the short side, side by side along the long one, each over 40 % of the next or more.

    None for a picture so nearly square that they would show no more than the whole. People who are small in the whole
    picture are found in them: the network looks at 224 pixels. Of a strip there are eight, however long it is.
    """
    short, long = sorted((width, height))
    if long < 1.2 * short:
        return []
    count = min(math.ceil((long - short) / (0.6 * short)) + 1, _MOST_TILES)
    along = np.linspace(short / 2, long - short / 2, count)
    return [
        Region(float(at), short / 2, short) if width > height else Region(short / 2, float(at), short) for at in along
    ]


def cut_out(picture: Picture, region: Region, size: int, *, repeat_edge: bool = False) -> Picture:
    """Return (size, size, 3) of a region, bilinear; outside of the picture it is black, or its edge again.

    Pixel i of the result lies at i/size of the square: MediaPipe's rule, by which its networks were trained.
    """
    import cv2

    matrix = region.matrix
    matrix[:, :2] /= size
    border = cv2.BORDER_REPLICATE if repeat_edge else cv2.BORDER_CONSTANT
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(picture, matrix, (size, size), flags=flags, borderMode=border)


def network_input(picture: Picture, scale: float, offset: float = 0.0) -> NDArray[np.float32]:
    """Return (1, 3, H, W) red, green, blue: value * scale + offset."""
    planes = picture[:, :, ::-1].transpose(2, 0, 1)[None].astype(np.float32)
    planes *= np.float32(scale)
    planes += np.float32(offset)
    return planes
