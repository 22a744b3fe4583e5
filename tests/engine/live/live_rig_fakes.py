"""People who go on known paths, cameras around them that are late or slow or stop, and detectors that know."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath

import numpy as np

from engine.cameras.picture_size import at_size
from engine.cameras.pinhole import Camera
from engine.cameras.rig import CameraRig
from engine.detector.detection import Detection
from engine.live.feeds.cameras.stamp import stamp, stamped
from engine.live.feeds.clock import due_within
from engine.live.frame import CameraSaw, PictureFrame
from engine.live.recording import Recorder
from engine.live.rig.feed import RigCamera, RigFeed
from engine.live.rig.people import in_one
from engine.live.tick import Tick
from engine.motion.pose import Joints
from engine.motion.skeleton import H36M_17, Skeleton
from engine.observation.keypoints import Keypoints2D
from engine.observation.trial import Context
from engine.observation.virtual_rig import virtual_rig

SIZE = (192, 192)
STANDING = np.array(
    [[0, 0, 0.95], [-0.12, 0, 0.93], [-0.13, 0, 0.5], [-0.13, 0, 0.08], [0.12, 0, 0.93], [0.13, 0, 0.5],
     [0.13, 0, 0.08], [0, 0, 1.2], [0, 0, 1.45], [0, -0.05, 1.55], [0, 0, 1.7], [0.18, 0, 1.42], [0.45, 0, 1.4],
     [0.7, 0, 1.4], [-0.18, 0, 1.42], [-0.45, 0, 1.4], [-0.7, 0, 1.4]]
)  # fmt: skip
"""Somebody in H36M-17, arms held out: (17, 3) metres."""

Path = Callable[[float], np.ndarray]


def walker(at: float) -> np.ndarray:
    """(17, 3) Somebody who goes round in a small circle, 0.5 m/s."""
    return STANDING + 0.25 * np.array([np.cos(2 * at), np.sin(2 * at), 0.0])


def bystander(at: float) -> np.ndarray:
    """Somebody who stands two metres beside."""
    return STANDING * [1, 1, 0.95] + np.array([1.4, 1.4, 0.0])


def rig_around(views: int = 4) -> CameraRig:
    """Cameras with pictures of `SIZE`."""
    rig = virtual_rig(np.stack([walker(at) for at in np.arange(0, 3.2, 0.1)]), views, seed=3)
    return CameraRig(tuple(at_size(camera, SIZE)[0] for camera in rig))


def found_at(camera: Camera, people: Sequence[Path], at: float) -> list[Detection]:
    """Everybody as a perfect detector sees them."""
    found = []
    for person in people:
        xy = camera.project(person(at))[0]
        low, high = xy.min(0), xy.max(0)
        found.append(Detection(xy, np.full(17, 0.9), 0.9, (*map(float, low), *map(float, high))))
    return found


@dataclass
class Grid:
    """A camera that takes a picture every period, `skew_s` after a common beginning.

    Its own clock begins at `clock_s`. Pictures come up to `late_s` after they were taken, and nobody says when that
    was, but that a network took `way_s` is told. While it is stopped nothing comes; after `ends` pictures it is over.
    """

    begin: float
    hz: float = 30.0
    skew_s: float = 0.0
    clock_s: float = 0.0
    late_s: float = 0.0
    way_s: float = 0.0
    size: tuple[int, int] = SIZE
    ends: int = 10**9
    stopped: bool = False
    name: str = "grid"

    def open(self) -> None:
        self._number, self._random = 0, np.random.default_rng(0)

    def read(self, seconds: float) -> Sequence[PictureFrame] | None:
        if self._number >= self.ends:
            return None
        at = self._number / self.hz + self.skew_s
        if not due_within(self.begin + at + self.way_s, seconds):
            return ()
        number, self._number = self._number, self._number + 1
        if self.stopped:
            return ()
        picture = np.zeros((self.size[1], self.size[0], 3), np.uint8)
        stamp(picture, number)
        received = self.begin + at + self.late_s * float(self._random.random()) * (number % 4 > 0)
        return [PictureFrame(self.clock_s + at, received, picture, number)]

    def close(self) -> None: ...

    @property
    def counts(self) -> Mapping[str, int | None]:
        return {}


class Knows:
    """Stands in for a detector's process: answers whoever is there when a picture of a `Grid` was taken."""

    name, trouble, restarts = "knows", "", 0
    skeleton: Skeleton | None = H36M_17

    def __init__(self, camera: Camera, grid: Grid, people: Sequence[Path], takes_s: float = 0.0) -> None:
        self.camera, self.grid, self.people, self.takes_s = camera, grid, people, takes_s

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def ready(self, seconds: float) -> bool:
        return True

    def detect(self, picture: np.ndarray, people: int, given_up: Callable[[], bool]) -> tuple[Detection, ...]:
        time.sleep(self.takes_s)
        at = stamped(picture) / self.grid.hz + self.grid.skew_s
        return tuple(found_at(self.camera, self.people, at)[:people])


def rig_feed(
    rig: CameraRig, grids: Sequence[Grid], people: Sequence[Sequence[Path]] | None = None, takes_s: float = 0.0
) -> RigFeed:
    """A feed of such cameras; people: those whom each camera sees, else the walker."""
    seen = people or [[walker]] * len(rig)
    return RigFeed(
        "fake rig",
        [
            RigCamera(camera, grid, Knows(camera, grid, who, takes_s))  # type: ignore[arg-type]
            for camera, grid, who in zip(rig, grids, seen, strict=True)
        ],
    )


@dataclass
class Walked:
    """Stands in for the cameras that an experiment names: three around a walker, one of half the rate."""

    notes: tuple[str, ...] = ("No file for camera 4: left out.",)
    height_m: float | None = 1.7

    def feed(self, opening: object, people: int, smooth: object = None) -> RigFeed:
        begin = time.perf_counter() + 0.5
        self.grids = [Grid(begin, 15 if k == 2 else 30, 0.004 * k) for k in range(3)]
        return rig_feed(rig_around(3), self.grids, [[walker], [walker], [bystander, walker]])


def keypoints(camera: Camera, found: Detection, at: float) -> Keypoints2D:
    """A person whom a camera found, in one frame."""
    sure = found.confidence[None]
    return Keypoints2D("seen", np.array([at]), found.xy[None], sure, H36M_17, camera.image_size, camera)


def write_recording(
    path: FilePath, frames: int = 45, hz: float = 30.0, gap: tuple[float, float] = (9.0, 9.0), views: int = 3
) -> CameraRig:
    """A recording of the walker, and of the bystander in all cameras but the last, as triangulation is shown them.

    Each camera takes its pictures 4 ms after the one before it; the second one sends nothing in the gap.
    """
    rig, recorder = rig_around(views), Recorder(path, "triangulation", observes="views")
    for number, at in enumerate(np.arange(frames) / hz):
        for view, camera in enumerate(rig):
            taken = at + 0.004 * view
            if view != 1 or not gap[0] < at < gap[1]:
                who = [bystander, walker] if view < views - 1 else [walker]
                found = enumerate(found_at(camera, who, taken))
                saw = {4 + k: keypoints(camera, person, taken) for k, person in found}
                recorder.picture(view, CameraSaw(taken, taken + 40.0 * view, saw))
        seen = in_one("rig", at, [[keypoints(camera, found_at(camera, [walker], at)[0], at)] for camera in rig], rig)
        if number == 0:
            recorder.begin(Context(1.7), seen)
        pose = Joints(np.array([at]), walker(at)[None], H36M_17)
        recorder.tick(Tick(at, seen, 1.0 if number == 0 else 60 / hz, pose, 0.01, 0))
    recorder.event("camera 2 is silent.", gap[0])
    recorder.close()
    return rig
