"""A camera that needs no hardware: it sees a clip's body, painted, and knows the truth."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from engine.body.library import MANNEQUIN, body
from engine.body.paint import Painter
from engine.body.posed import PosedBody
from engine.cameras.pinhole import Camera
from engine.detector.detection import Picture
from engine.kinds import as_joints
from engine.live.feeds.cameras.stamp import stamp
from engine.live.feeds.clock import due_within
from engine.live.frame import PictureFrame
from engine.live.truth import LiveTruth
from engine.motion.skeleton import H36M_17
from engine.motion.stature import stature
from engine.observation.virtual_camera import preset_camera

if TYPE_CHECKING:
    from engine.motion.clip import MotionClip

Float = NDArray[np.float64]
SIZE, HZ = (640, 480), 30.0
KNOTS_S = 0.5


class SyntheticCamera:
    """Plays a motion there and back, so that it goes on for ever without a jump.

    camera  what sees it; height_m of the person
    late    share of the frames that are taken up to a period late, at times that they say truly
    lost    share that never come
    Each picture carries its number as bars (`engine.live.feeds.cameras.stamp`), and is painted when it is looked at.
    """

    def __init__(
        self,
        truth: LiveTruth,
        camera: Camera,
        hz: float = HZ,
        *,
        late: float = 0.0,
        lost: float = 0.0,
        seed: int = 0,
        name: str = "synthetic",
        begin: Callable[[], float] = time.perf_counter,
    ) -> None:
        """truth: with a body; begin: as of a `PlayedSource`. ValueError for one without a body."""
        if truth.body is None:
            raise ValueError("nothing to paint")
        self.name, self.camera, self.hz = name, camera, hz
        self._truth, self.height_m = truth, stature(truth.joints.positions)
        self._posed = PosedBody(body(truth.body.body), truth.body)
        self._painter, self._painting = Painter(self._posed.body, camera), threading.Lock()
        self._late, self._lost, self._seed = late, lost, seed
        self._first, self._span = float(truth.body.times[0]), float(np.ptp(truth.body.times))
        self._begin, self._began, self._number = begin, 0.0, 0
        self._delay: float | None = None
        self._random = np.random.default_rng(seed)

    @classmethod
    def of(
        cls,
        clip: MotionClip,
        view: str | Camera = "front",
        size: tuple[int, int] = SIZE,
        hz: float = HZ,
        *,
        travels: bool = False,
        late: float = 0.0,
        lost: float = 0.0,
        seed: int = 0,
    ) -> Self:
        """The body that a clip, as it was read, wears, from a preset view or before a camera. Raises InputError.

        size: of the pictures of a preset view.
        travels: whether people go where they go; else they stay on the spot, above the origin, and as large as that
        allows.
        """
        from engine.body.retarget.fit import fit
        from engine.observation.recording import as_h36m17

        truth = LiveTruth(as_joints(as_h36m17(clip), H36M_17), fit(clip, body(MANNEQUIN)).pose)
        truth = truth if travels else on_the_spot(truth)
        camera = view if isinstance(view, Camera) else of_size(preset_camera(view, truth.joints.positions), size)
        return cls(truth, camera, hz, late=late, lost=lost, seed=seed, name=f"synthetic {clip.name}")

    def open(self) -> None:
        """Nothing can fail; the first picture is painted once, for what is compiled."""
        self.painted(0.0)
        self._began, self._number, self._delay = self._begin(), 0, None
        self._random = np.random.default_rng(self._seed)

    def read(self, seconds: float) -> Sequence[PictureFrame]:
        if self._delay is None:
            self._draw()
        assert self._delay is not None
        at = (self._number + self._delay) / self.hz
        if not due_within(self._began + at, seconds):
            return ()
        number, self._number, self._delay = self._number, self._number + 1, None
        truth = self._seen(at)
        return [PictureFrame(at, self._began + at, partial(self._stamped, truth, number), number, truth)]

    def close(self) -> None:
        """Nothing is open."""

    @property
    def counts(self) -> Mapping[str, int | None]:
        return {}

    def taken(self, seconds: float) -> Iterator[tuple[int, float]]:
        """(number, seconds) of the frames of so many seconds, as they come where nobody is too slow for them."""
        random, number = np.random.default_rng(self._seed), 0
        while True:
            lost, delay = self._fate(random)
            at = (number + delay) / self.hz
            if at > seconds:
                return
            if not lost:
                yield number, at
            number += 1

    def _draw(self) -> None:
        """How late the next frame is, in periods; those that are lost, or whose time is over, are left out."""
        lost, delay = self._fate(self._random)
        while lost or self._began + (self._number + 2) / self.hz < time.perf_counter():
            self._number += 1
            lost, delay = self._fate(self._random)
        self._delay = delay

    def _fate(self, random: np.random.Generator) -> tuple[bool, float]:
        """Whether a frame is lost, and how late it is, in periods."""
        is_lost, is_late, much = random.random(3)
        return bool(is_lost < self._lost), 0.95 * float(much) if is_late < self._late else 0.0

    def painted(self, at: float) -> tuple[Picture, LiveTruth]:
        """What is seen so many seconds after the beginning, and the truth of it, at that time."""
        truth = self._seen(at)
        return self._picture(truth), truth

    def _seen(self, at: float) -> LiveTruth:
        there = self._span - abs(self._span - at % (2 * self._span)) if self._span > 0 else 0.0
        truth = self._truth.at(self._first + there)
        assert truth is not None and truth.body is not None
        when = np.array([at])
        return LiveTruth(replace(truth.joints, times=when), replace(truth.body, times=when))

    def _picture(self, truth: LiveTruth) -> Picture:
        assert truth.body is not None
        with self._painting:
            self._posed.show(truth.body)
            return self._painter.picture(self._posed.vertices(0))

    def _stamped(self, truth: LiveTruth, number: int) -> Picture:
        picture = self._picture(truth)
        stamp(picture, number)
        return picture


def on_the_spot(truth: LiveTruth) -> LiveTruth:
    """People who do not go anywhere: without the path of the body's root over the floor.

    The path is straight between knots `KNOTS_S` apart, so that the body's sway is left.
    """
    pose = truth.body
    if pose is None or pose.root is None or len(pose) < 2:
        return truth
    times, root = pose.times, pose.root
    knots = np.linspace(times[0], times[-1], max(round((times[-1] - times[0]) / KNOTS_S), 1) + 1)

    def back(at: Float) -> Float:
        path = [np.interp(at, knots, np.interp(knots, times, root[:, axis])) for axis in range(2)]
        return -np.stack([*path, np.zeros(len(at))], axis=-1)

    joints = truth.joints
    return LiveTruth(
        replace(joints, positions=joints.positions + back(joints.times)[:, None]),
        replace(pose, root=root + back(times)),
    )


def of_size(camera: Camera, size: tuple[int, int]) -> Camera:
    """A camera at the same place whose pictures of another size hold everything that its square ones do."""
    scale = min(size) / min(camera.image_size)
    focal = (camera.focal[0] * scale, camera.focal[1] * scale)
    return replace(camera, focal=focal, principal=(size[0] / 2, size[1] / 2), image_size=size)
