"""Videos whose pictures carry their number, and detectors that know who is in which of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from camera_fakes import number_of, write_video
from live_detector_fakes import person

from engine.detector import filmed_kept
from engine.detector.detection import Detection, Picture
from engine.motion.skeleton import H36M_17, Skeleton

STANDING = np.array(
    [(60, 50), (54, 50), (54, 65), (54, 80), (66, 50), (66, 65), (66, 80), (60, 42), (60, 34), (60, 30), (60, 24)]
    + [(67, 34), (70, 44), (71, 52), (53, 34), (50, 44), (49, 52)],
    float,
)
"""H36M-17 in a picture of 128 x 96, from the back: the left at larger x."""


def standing(number: int, aside: float = 0.0, size: float = 1.0) -> np.ndarray:
    """Somebody who goes to the right by a quarter of a pixel a picture, (17, 2)."""
    return np.asarray((STANDING - STANDING[0]) * size + STANDING[0] + [aside + 0.25 * number, 0])


@dataclass
class Knows:
    """Answers the people of a picture by its number, and remembers which it was shown."""

    answer: Callable[[int], list[Detection]]
    skeleton: Skeleton = H36M_17
    name: str = "fake"
    seen: list[int] = field(default_factory=list)

    def detect(self, picture: Picture, people: int = 1) -> list[Detection]:
        self.seen.append(number_of(picture))
        return self.answer(self.seen[-1])

    def reset(self) -> None: ...


def one(number: int) -> list[Detection]:
    return [person(standing(number))]


def use(monkeypatch: pytest.MonkeyPatch, detector: Knows) -> Knows:
    """Have this detector be what every name opens."""
    filmed_kept._LATEST.clear()
    monkeypatch.setattr("engine.detector.library.installed", lambda: ("full", "heavy"))
    monkeypatch.setattr("engine.detector.library.open_detector", lambda name, threads=1: _named(detector, name))
    return detector


def _named(detector: Knows, name: str) -> Knows:
    detector.name = name
    return detector


def film(path: Path, frames: int = 40, hz: float = 25.0) -> Path:
    write_video(path, np.arange(frames) / hz)
    return path
