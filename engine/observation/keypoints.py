"""2D keypoints: what a camera, or a detector behind it, sees of one person."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera
from engine.errors import InputError
from engine.motion.clip import Provenance
from engine.motion.interpolation import interpolate, neighbours
from engine.motion.pose import Frames
from engine.motion.skeleton import Skeleton

Float = NDArray[np.float64]

MOST_FRAMES = 2_000_000
"""Of a resampled clip: nine hours at 60 Hz."""


@dataclass(frozen=True)
class Keypoints2D:
    """A 2D observation of one person.

    times       (T,) seconds, strictly increasing
    xy          (T, J, 2) pixels, x right, y down
    confidence  (T, J) in [0, 1]; 0 = not seen (xy is then meaningless)
    camera      the camera that saw it; None when unknown (a default field of view is then assumed)
    """

    name: str
    times: Float
    xy: Float
    confidence: Float
    skeleton: Skeleton
    image_size: tuple[int, int]
    camera: Camera | None = None
    provenance: Provenance = field(default_factory=Provenance)

    def __post_init__(self) -> None:
        shape = (len(self.times), len(self.skeleton))
        if self.xy.shape != (*shape, 2) or self.confidence.shape != shape:
            raise ValueError(f"{self.name}: xy {self.xy.shape}, confidence {self.confidence.shape} for {shape}")

    def __len__(self) -> int:
        return len(self.times)

    def take(self, frames: Frames) -> Self:
        """Some of the frames, on the same clock."""
        return replace(self, times=self.times[frames], xy=self.xy[frames], confidence=self.confidence[frames])

    def at(self, times: Float) -> Self:
        """Interpolated linearly to times (N,) seconds in any order; constant beyond the ends.

        Between two frames a joint is seen only if it is seen in both.
        """
        before, after, weight = neighbours(self.times, times)
        ahead, behind = weight > 1e-9, weight < 1 - 1e-9
        seen = self.confidence > 0
        visible = (seen[before] | ~behind[:, None]) & (seen[after] | ~ahead[:, None])
        confidence = interpolate(self.confidence, self.times, times)
        return replace(
            self,
            times=times,
            xy=interpolate(self.xy, self.times, times),
            confidence=np.where(visible, confidence, 0.0),
        )


def resampled(keypoints: Keypoints2D, hz: float) -> Keypoints2D:
    """Keypoints at a uniform rate, as `Keypoints2D.at`; the last frame may lie just after the last time.

    The keypoints themselves where they have that rate already (to a nanosecond). InputError where the timestamps span
    more than `MOST_FRAMES`: a gap of years between two frames.
    """
    span = keypoints.times[-1] - keypoints.times[0]
    if span * hz > MOST_FRAMES:
        raise InputError(
            f"{keypoints.name}: its timestamps span {span:.3g} s, too long to resample to {hz:g} Hz; choose fewer"
            " frames, correct the times, or let Δ follow them instead."
        )
    times = keypoints.times[0] + np.arange(int(np.ceil(span * hz - 1e-6)) + 1) / hz
    if len(times) == len(keypoints) and np.allclose(times, keypoints.times, rtol=0, atol=1e-9):
        return keypoints
    return keypoints.at(times)
