"""Several views: what the cameras of a rig see on one clock, as keypoints or as pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.cameras.rig import CameraRig
from engine.motion.clip import Provenance
from engine.motion.interpolation import interpolate, nearest
from engine.motion.pose import Frames
from engine.motion.skeleton import Skeleton
from engine.observation.keypoints import Keypoints2D

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MultiViewKeypoints:
    """What V cameras see of up to D people, whom nobody has told apart yet.

    times       (T,) seconds, strictly increasing, one clock for all views
    xy          (V, T, D, J, 2) pixels; a detection's place among the D means nothing
    confidence  (V, T, D, J) in [0, 1]; 0 everywhere = no such detection
    tall        (V, T, D) pixels that the person measures in a picture, standing; None where nobody knows
    """

    name: str
    times: Float
    xy: Float
    confidence: Float
    skeleton: Skeleton
    rig: CameraRig
    provenance: Provenance = field(default_factory=Provenance)
    tall: Float | None = None

    def __post_init__(self) -> None:
        shape = (len(self.rig), len(self.times), self.confidence.shape[2], len(self.skeleton))
        if self.xy.shape != (*shape, 2) or self.confidence.shape != shape:
            raise ValueError(f"{self.name}: xy {self.xy.shape}, confidence {self.confidence.shape} for {shape}")

    def __len__(self) -> int:
        return len(self.times)

    def take(self, frames: Frames) -> Self:
        """Some of the frames, on the same clock."""
        tall = None if self.tall is None else self.tall[:, frames]
        xy, confidence = self.xy[:, frames], self.confidence[:, frames]
        return replace(self, times=self.times[frames], xy=xy, confidence=confidence, tall=tall)

    def then(self, other: Self) -> Self:
        """These frames and, after them, another's of the same cameras."""
        tall = None if self.tall is None or other.tall is None else np.concatenate([self.tall, other.tall], 1)
        return replace(
            self,
            times=np.concatenate([self.times, other.times]),
            xy=np.concatenate([self.xy, other.xy], 1),
            confidence=np.concatenate([self.confidence, other.confidence], 1),
            tall=tall,
        )

    def at(self, times: Float) -> Self:
        """What is seen at times (N,) seconds: one person interpolated, of several the detections of the nearest frames.

        Nothing ties the detections of two frames together where there are several people.
        """
        if self.confidence.shape[2] != 1:
            return replace(self.take(nearest(self.times, times)), times=times)
        seen = [self.view(view).at(times) for view in range(len(self.rig))]
        tall = self.tall
        return replace(
            self,
            times=times,
            xy=np.stack([view.xy for view in seen])[:, :, None],
            confidence=np.stack([view.confidence for view in seen])[:, :, None],
            tall=None if tall is None else np.moveaxis(interpolate(np.moveaxis(tall, 1, 0), self.times, times), 0, 1),
        )

    def of_views(self, views: Sequence[int]) -> Self:
        """Some of the cameras, in this order."""
        chosen = list(views)
        return replace(
            self,
            xy=self.xy[chosen],
            confidence=self.confidence[chosen],
            rig=CameraRig(tuple(self.rig[view] for view in chosen)),
            tall=None if self.tall is None else self.tall[chosen],
        )

    def view(self, view: int, detection: int = 0) -> Keypoints2D:
        """What one camera sees in one place among the detections."""
        camera = self.rig[view]
        return Keypoints2D(
            f"{self.name} {camera.name}",
            self.times,
            self.xy[view, :, detection],
            self.confidence[view, :, detection],
            self.skeleton,
            camera.image_size,
            camera,
            self.provenance,
            tall=None if self.tall is None else self.tall[view, :, detection],
        )


@dataclass(frozen=True, eq=False)
class MultiViewImages:
    """Pictures of V cameras, read when they are asked for.

    times  (T,) seconds, strictly increasing, one clock for all views
    read   (view, index) -> picture (H, W, 3) RGB bytes
    index  (T,) which picture of the recording each frame is
    """

    name: str
    times: Float
    rig: CameraRig
    read: Callable[[int, int], NDArray[np.uint8]]
    index: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.times)

    def picture(self, view: int, frame: int) -> NDArray[np.uint8]:
        """(H, W, 3) RGB bytes of one view at one frame."""
        return self.read(view, int(self.index[frame]))

    def take(self, frames: Frames) -> Self:
        """Some of the frames, on the same clock."""
        return replace(self, times=self.times[frames], index=self.index[frames])

    def at(self, times: Float) -> Self:
        """The pictures nearest to times (N,) seconds."""
        return replace(self, times=times, index=self.index[nearest(self.times, times)])
