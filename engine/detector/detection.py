"""What a detector of people answers, and what it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.motion.skeleton import Skeleton

Picture = NDArray[np.uint8]
"""(H, W, 3) blue, green, red, as OpenCV reads them."""


@dataclass(frozen=True, eq=False)
class Detection:
    """One person in a picture.

    xy          (J, 2) keypoints in pixels, x to the right, y down, in the order of the detector's skeleton
    confidence  (J,) in [0, 1], as the detector says it; `engine.detector.confidence` makes of it what models take
    score       of the person, in [0, 1]
    box         (x0, y0, x1, y1) in pixels, around the keypoints
    """

    xy: NDArray[np.float64]
    confidence: NDArray[np.float64]
    score: float
    box: tuple[float, float, float, float]


class Detector(Protocol):
    """Finds people in the pictures of one camera, given in their order."""

    @property
    def name(self) -> str:
        """ "full", "lite" or "heavy", or the name of a person's own file."""

    @property
    def skeleton(self) -> Skeleton:
        """MediaPipe-33, or the layout of a person's own file."""

    def detect(self, picture: Picture, people: int = 1) -> list[Detection]:
        """Return up to so many people, the most certain first; regions are followed from picture to picture."""

    def reset(self) -> None:
        """Forget the pictures before: the next one is of another film."""
