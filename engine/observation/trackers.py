"""Tracker signals: what a headset and its controllers report."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.motion.clip import Provenance
from engine.motion.interpolation import interpolate, neighbours
from engine.motion.pose import Frames, rotations_at

Float = NDArray[np.float64]

HEADSET = ("head", "left hand", "right hand")


@dataclass(frozen=True, eq=False)
class TrackerSignals:
    """Poses of K trackers on one person.

    times      (T,) seconds, strictly increasing
    positions  (T, K, 3) metres, world
    rotations  (T, K, 4) quaternions wxyz, world
    valid      (T, K) whether the tracker was seen; its values mean nothing otherwise
    """

    name: str
    times: Float
    positions: Float
    rotations: Float
    valid: NDArray[np.bool_]
    trackers: tuple[str, ...] = HEADSET
    provenance: Provenance = field(default_factory=Provenance)

    def __post_init__(self) -> None:
        shape = (len(self.times), len(self.trackers))
        found = (self.positions.shape, self.rotations.shape, self.valid.shape)
        if found != ((*shape, 3), (*shape, 4), shape):
            raise ValueError(f"{self.name}: positions, rotations, valid are {found} for {shape}")

    def __len__(self) -> int:
        return len(self.times)

    def take(self, frames: Frames) -> Self:
        """Some of the frames, on the same clock."""
        return replace(
            self,
            times=self.times[frames],
            positions=self.positions[frames],
            rotations=self.rotations[frames],
            valid=self.valid[frames],
        )

    def then(self, other: Self) -> Self:
        """These frames and, after them, another's of the same trackers."""
        return replace(
            self,
            times=np.concatenate([self.times, other.times]),
            positions=np.concatenate([self.positions, other.positions]),
            rotations=np.concatenate([self.rotations, other.rotations]),
            valid=np.concatenate([self.valid, other.valid]),
        )

    def at(self, times: Float) -> Self:
        """Interpolated to times (N,) seconds; constant beyond the ends, valid only between two valid frames."""
        before, after, weight = neighbours(self.times, times)
        ahead, behind = weight[:, None] > 1e-9, weight[:, None] < 1 - 1e-9
        return replace(
            self,
            times=times,
            positions=interpolate(self.positions, self.times, times),
            rotations=rotations_at(self.rotations, self.times, times),
            valid=(self.valid[before] | ~behind) & (self.valid[after] | ~ahead),
        )
