"""2D keypoints: what a camera, or a detector behind it, sees of one person."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera
from engine.motion.clip import Provenance
from engine.motion.interpolation import interpolate, neighbours
from engine.motion.pose import Frames
from engine.motion.skeleton import Skeleton

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Keypoints2D:
    """A 2D observation of one person.

    times       (T,) seconds, strictly increasing
    xy          (T, J, 2) pixels, x right, y down
    confidence  (T, J) in [0, 1]; 0 = not seen (xy is then meaningless)
    camera      the camera that saw it; None when unknown (a default field of view is then assumed)
    tall        (T,) pixels that the person measures in the picture, standing; None where nobody knows
    """

    name: str
    times: Float
    xy: Float
    confidence: Float
    skeleton: Skeleton
    image_size: tuple[int, int]
    camera: Camera | None = None
    provenance: Provenance = field(default_factory=Provenance)
    category: str = ""
    subject: str = ""
    tall: Float | None = None

    def __post_init__(self) -> None:
        shape = (len(self.times), len(self.skeleton))
        if self.xy.shape != (*shape, 2) or self.confidence.shape != shape:
            raise ValueError(f"{self.name}: xy {self.xy.shape}, confidence {self.confidence.shape} for {shape}")

    def __len__(self) -> int:
        return len(self.times)

    def take(self, frames: Frames) -> Self:
        """Some of the frames, on the same clock."""
        tall = None if self.tall is None else self.tall[frames]
        xy, confidence = self.xy[frames], self.confidence[frames]
        return replace(self, times=self.times[frames], xy=xy, confidence=confidence, tall=tall)

    def then(self, other: Self) -> Self:
        """These frames and, after them, another's of the same person and sensor."""
        return replace(
            self,
            times=np.concatenate([self.times, other.times]),
            xy=np.concatenate([self.xy, other.xy]),
            confidence=np.concatenate([self.confidence, other.confidence]),
            tall=None if self.tall is None or other.tall is None else np.concatenate([self.tall, other.tall]),
        )

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
            tall=None if self.tall is None else interpolate(self.tall, self.times, times),
        )
