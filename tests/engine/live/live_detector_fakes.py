"""Detectors that know the truth, or fail on purpose; importable where they are opened, in another process."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from camera_fakes import number_of

from engine.detector.detection import Detection, Picture
from engine.errors import InputError
from engine.live.feeds.cameras.stamp import stamped
from engine.motion.skeleton import H36M_17, MEDIAPIPE_33, Skeleton


def person(xy: np.ndarray, confidence: np.ndarray | None = None, score: float = 0.9) -> Detection:
    """Somebody at these keypoints (J, 2)."""
    low, high = xy.min(0), xy.max(0)
    sure = np.full(len(xy), 0.9) if confidence is None else confidence
    return Detection(xy, sure, score, (*map(float, low), *map(float, high)))


@dataclass
class KnowsTruth:
    """Reads the number of a picture and answers the keypoints (T, J, 2) of it, in the size that they were found in."""

    keypoints: np.ndarray
    skeleton: Skeleton = H36M_17
    name: str = "fake"
    takes_s: float = 0.0
    seen: list[int] = field(default_factory=list)

    def detect(self, picture: Picture, people: int = 1) -> list[Detection]:
        time.sleep(self.takes_s)
        self.seen.append(stamped(picture))
        return [person(self.keypoints[self.seen[-1] % len(self.keypoints)])]

    def reset(self) -> None:
        self.seen.clear()


@dataclass
class Wooden:
    """Somebody who stands still, but for a wrist that is as high as the picture's bars say; fails when it is told.

    folder  a file there named "hang", "die", "raise", "refuse" or "nobody" says what the next picture does, and goes
    """

    folder: Path
    skeleton: Skeleton = MEDIAPIPE_33
    name: str = "wooden"

    def detect(self, picture: Picture, people: int = 1) -> list[Detection]:
        for what in ("hang", "die", "raise", "refuse", "nobody"):
            if (self.folder / what).exists():
                (self.folder / what).unlink()
                if what == "hang":
                    time.sleep(60)
                elif what == "die":
                    os._exit(3)
                elif what == "raise":
                    raise ZeroDivisionError("on purpose")
                elif what == "refuse":
                    raise InputError("wooden.onnx: output cannot be read; choose another file.")
                else:
                    return []
        height, width = picture.shape[:2]
        xy = np.stack([np.linspace(0.4, 0.6, 33) * width, np.linspace(0.1, 0.9, 33) * height], -1)
        xy[15, 1] = number_of(picture)
        return [person(xy)]

    def reset(self) -> None: ...


def not_set_up() -> KnowsTruth:
    raise InputError("Detector 'full' is not set up here; run: kinestate detector setup.")
