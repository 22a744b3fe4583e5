"""Several views: what the cameras of a rig see on one clock, as keypoints or as pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.cameras.rig import CameraRig
from engine.motion.clip import Provenance
from engine.motion.interpolation import nearest
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
    """

    name: str
    times: Float
    xy: Float
    confidence: Float
    skeleton: Skeleton
    rig: CameraRig
    provenance: Provenance = field(default_factory=Provenance)

    def __post_init__(self) -> None:
        shape = (len(self.rig), len(self.times), self.confidence.shape[2], len(self.skeleton))
        if self.xy.shape != (*shape, 2) or self.confidence.shape != shape:
            raise ValueError(f"{self.name}: xy {self.xy.shape}, confidence {self.confidence.shape} for {shape}")

    def __len__(self) -> int:
        return len(self.times)

    def take(self, frames: Frames) -> Self:
        """Some of the frames, on the same clock."""
        return replace(self, times=self.times[frames], xy=self.xy[:, frames], confidence=self.confidence[:, frames])

    def at(self, times: Float) -> Self:
        """The detections of the frames nearest to times (N,) seconds, as nothing ties those of two frames together."""
        return replace(self.take(nearest(self.times, times)), times=times)

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
