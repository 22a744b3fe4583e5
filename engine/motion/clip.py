"""Motion clips: 3D positions over time, and where they came from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera
from engine.motion.pose import BodyPose
from engine.motion.skeleton import Skeleton

Float = NDArray[np.float64]


def rate_hz(times: Float) -> float:
    """One over the median frame period, to a millionth of a hertz; 0 for a single frame. times (T,) seconds."""
    return round(float(1.0 / np.median(np.diff(times))), 6) if len(times) > 1 else 0.0


@dataclass(frozen=True, eq=False)
class Footage:
    """The video in which somebody was seen: seconds (K,) of the video at times (K,) of the recording; both increase."""

    path: Path
    times: Float
    seconds: Float

    def at(self, time: float) -> float:
        """Seconds of the video at a time of the recording."""
        return float(np.interp(time, self.times, self.seconds))


@dataclass(frozen=True)
class Provenance:
    """Where a clip came from and what its reader found, assumed and converted; shown on the file card."""

    source: str = ""  # file path, or "archive.tar.xz::member", or "generated"
    format: str = ""  # "BVH", "ASF/AMC", "AMASS npz (SMPL+H)", ...
    unit: str = ""  # "metres", "centimetres", "1/0.45 inch", ... as found in the file
    up: str = ""  # "Y" or "Z", as found in the file
    rate: str = ""  # "60 Hz from Frame Time", "120 Hz assumed", ...
    notes: tuple[str, ...] = ()  # further sentences: what was assumed, converted, dropped
    generated: bool = False
    assumed: tuple[str, ...] = ()  # what the file does not say and can move figures: "30 Hz", "up axis -Y"
    footage: Footage | None = None  # where the recording is of a video


@dataclass(frozen=True)
class MotionClip:
    """A 3D motion, in Kinestate's conventions: metres, seconds, right-handed, Z up.

    times      (T,) seconds, strictly increasing, first frame at 0
    positions  (T, J, 3) metres, world
    rotations  (T, J, 4) optional local joint rotations, quaternions wxyz (root: world)
    offsets    (J, 3) optional rest offset of each joint from its parent, metres (given with rotations)
    body       the same motion of a parametric body, on the same clock, where the file holds one
    cameras    calibrated cameras that came with the file
    """

    name: str
    times: Float
    positions: Float
    skeleton: Skeleton
    rotations: Float | None = None
    offsets: Float | None = None
    body: BodyPose | None = None
    cameras: tuple[Camera, ...] = ()
    category: str = ""
    subject: str = ""
    provenance: Provenance = field(default_factory=Provenance)

    def __post_init__(self) -> None:
        frames, joints = len(self.times), len(self.skeleton)
        if self.positions.shape != (frames, joints, 3):
            raise ValueError(f"{self.name}: positions are {self.positions.shape}, expected {(frames, joints, 3)}")
        if frames > 1 and not np.all(np.diff(self.times) > 0):
            raise ValueError(f"{self.name}: times must increase")

    def __len__(self) -> int:
        return len(self.times)

    @property
    def rate_hz(self) -> float:
        """Nominal rate, as `rate_hz`."""
        return rate_hz(self.times)

    @property
    def seconds(self) -> float:
        return float(self.times[-1] - self.times[0])

    def take(self, index: slice | NDArray[np.intp]) -> Self:
        """The clip at some of its frames; the time of the first kept frame becomes 0."""
        times = self.times[index]
        body = None if self.body is None else self.body.take(index)
        return replace(
            self,
            times=times - times[0],
            positions=self.positions[index],
            rotations=None if self.rotations is None else self.rotations[index],
            body=None if body is None else replace(body, times=body.times - body.times[0]),
        )
