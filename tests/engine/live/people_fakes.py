"""Two people before one camera, and a detector that knows them, in the thread that asks it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from camera_fakes import number_of, picture
from live_detector_fakes import person

from engine.cameras.pinhole import Camera
from engine.detector.detection import Detection, Picture
from engine.kinds import as_joints
from engine.live.frame import PictureFrame
from engine.motion.generate.clips import clip_of
from engine.motion.skeleton import H36M_17, Skeleton
from engine.observation.assumed_camera import default_camera
from engine.observation.recording import as_h36m17
from engine.observation.vertical import turn_of, up_of

SIZE = (640, 480)


def camera() -> Camera:
    """Looks 10° down, from 1.6 m above the floor."""
    turn = turn_of(up_of(np.radians(10.0), 0.0))
    return replace(default_camera(SIZE), rotation=turn.T, centre=np.array([0.0, -5.0, 1.6]))


def crossing(times: np.ndarray) -> np.ndarray:
    """Keypoints (T, 2, 17, 2): one waves on the left, one walks past behind, from the right to the left."""
    people = []
    for name, x, goes, y in (("wave", -0.4, 0.0, 0.0), ("walk", 1.6, -0.8, 1.2)):
        joints = as_joints(as_h36m17(clip_of(name)), H36M_17)
        span = float(np.ptp(joints.times))
        there = joints.at(joints.times[0] + span - np.abs(span - times % (2 * span))).positions
        there = there - there[:, :1] * [1.0, 1.0, 0.0]
        people.append(there + np.stack([x + goes * times, np.full_like(times, y), 0 * times], -1)[:, None])
    return np.stack([camera().project(each)[0] for each in people], 1)


@dataclass
class Numbered:
    """Pictures that carry their number, at these times: what a `PlayedSource` plays."""

    times: np.ndarray
    name: str = "numbered"
    corrupt: int = 0

    def __iter__(self) -> Iterator[tuple[float, Picture]]:
        return ((float(at), picture(k, SIZE)) for k, at in enumerate(self.times))


class InThread:
    """What an `engine.live.detector.process.DetectorProcess` has besides a detector."""

    skeleton: Skeleton = H36M_17
    name, trouble, restarts, pid = "in thread", "", 0, None

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def reset(self) -> None: ...
    def ready(self, seconds: float) -> bool:
        return True


@dataclass
class Known(InThread):
    """Answers the people (T, P, J, 2) of the picture's number who are there (T, P), the last first in odd pictures."""

    xy: np.ndarray
    there: np.ndarray

    def detect(self, shown: Picture, people: int = 1, given_up: Callable[[], bool] | None = None) -> list[Detection]:
        number = number_of(shown)
        found = [person(self.xy[number, k]) for k in np.flatnonzero(self.there[number])]
        return found[:: -1 if number % 2 else 1][:people]


def only(xy: np.ndarray, there: np.ndarray, which: Sequence[int]) -> Known:
    """A detector that sees some of the people."""
    return Known(xy[:, list(which)], there[:, list(which)])


@dataclass
class Pair(InThread):
    """Two people who stand still in any picture; a file named "alone" in the folder says that the second is away."""

    folder: Path
    asked: int = 0

    def detect(self, shown: Picture, people: int = 1, given_up: Callable[[], bool] | None = None) -> list[Detection]:
        self.asked += 1
        height, width = shown.shape[:2]
        pose = crossing(np.zeros(1))[0, 0]
        pose = (pose - pose.mean(0)) / np.ptp(pose[:, 1])
        found = [person(pose * 0.6 * height + [x * width, 0.5 * height]) for x in (0.3, 0.7)]
        return found[: 1 if (self.folder / "alone").exists() else people]


@dataclass
class Unhurried:
    """A camera whose next picture, a twentieth of a second of its clock later, comes when the one before was looked at.

    However slow the machine is, nobody is gone for longer than it says.
    """

    seen: Pair
    name: str = "unhurried"
    counts: dict[str, int | None] = field(default_factory=dict)
    number: int = 0

    def read(self, seconds: float) -> list[PictureFrame]:
        time.sleep(0.01)
        if self.seen.asked < self.number:
            return []
        self.number += 1
        black = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
        return [PictureFrame(self.number / 20, time.perf_counter(), black, self.number - 1)]

    def open(self) -> None: ...
    def close(self) -> None: ...
