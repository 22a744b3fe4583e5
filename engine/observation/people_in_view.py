"""What one camera sees of several people, and several such cameras as views on one clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera
from engine.cameras.rig import CameraRig
from engine.errors import InputError
from engine.motion.clip import Provenance
from engine.motion.interpolation import nearest, neighbours
from engine.motion.skeleton import H36M_17, Skeleton
from engine.observation.keypoint_layouts import keypoints_to_h36m17
from engine.observation.keypoints import Keypoints2D
from engine.observation.views import MultiViewKeypoints

Float = NDArray[np.float64]
Ids = NDArray[np.intp]

ALONE = 1e-9
"""A picture of less weight is not looked at."""
BLIND_S, PERIODS = 0.25, 2.5
"""A camera of which nothing was heard for so long, and so many of its periods, is blind."""
EDGE_S = 0.004
"""So far beyond a camera's first or last picture is at it, as clocks are adjusted."""


def silence_s(period: float) -> float:
    """Seconds without a picture after which a camera of that period is blind."""
    return max(BLIND_S, PERIODS * period)


@dataclass(frozen=True, eq=False)
class PeopleInView:
    """Detections of one camera.

    times       (T,) seconds, strictly increasing
    xy          (T, D, J, 2) pixels; a detection's place among the D of a frame means nothing
    confidence  (T, D, J) in [0, 1]; 0 everywhere = no such detection
    image_size  (width, height) pixels; None where nobody says
    """

    name: str
    times: Float
    xy: Float
    confidence: Float
    skeleton: Skeleton
    image_size: tuple[int, int] | None = None
    provenance: Provenance = field(default_factory=Provenance)

    def __len__(self) -> int:
        return len(self.times)

    @classmethod
    def of_one(cls, seen: Keypoints2D, *, sized: bool = True) -> PeopleInView:
        """One person's keypoints; sized: whether somebody said how large the picture is."""
        size = seen.image_size if sized else None
        return cls(
            seen.name, seen.times, seen.xy[:, None], seen.confidence[:, None], seen.skeleton, size, seen.provenance
        )

    def in_h36m17(self) -> PeopleInView:
        """The same in H36M-17. Raises InputError where no rule leads there."""
        frames, people = self.confidence.shape[:2]
        flat = Keypoints2D(
            self.name,
            np.arange(frames * people, dtype=np.float64),
            self.xy.reshape(-1, *self.xy.shape[2:]),
            self.confidence.reshape(-1, self.confidence.shape[2]),
            self.skeleton,
            self.image_size or (1, 1),
            provenance=self.provenance,
        )
        found = keypoints_to_h36m17(flat)
        return replace(
            self,
            xy=found.xy.reshape(frames, people, -1, 2),
            confidence=found.confidence.reshape(frames, people, -1),
            skeleton=H36M_17,
            provenance=found.provenance,
        )


def on_one_clock(
    name: str, seen: Sequence[PeopleInView], cameras: Sequence[Camera], begin: float | None = None
) -> MultiViewKeypoints:
    """The views of cameras, H36M-17, from the first frames on, which are taken to be of one moment.

    The clock is the fastest camera's, as long as all have frames; of slower ones the nearest frames are taken.
    begin: seconds of a clock that all share, at which the views begin. Raises InputError where nothing is left.
    """
    for view in seen:
        if not len(view):
            raise InputError(f"{view.name}: no frame can be read; leave this camera out.")
    views = [view.in_h36m17() for view in seen]
    starts = [view.times - (view.times[0] if begin is None else begin) for view in views]
    end = min(float(times[-1]) for times in starts)
    clocks = [times[(times >= -1e-9) & (times <= end + 1e-9)] for times in starts]
    clock = max(clocks, key=len)
    if not len(clock):
        raise InputError(f"{name}: the cameras have no moment in common; check the numbers in their files' names.")
    chosen = [nearest(times, clock) for times in starts]
    each = [(view.xy[frames], view.confidence[frames]) for view, frames in zip(views, chosen, strict=True)]
    return as_views(name, clock, each, CameraRig(tuple(cameras)))


def as_views(name: str, clock: Float, each: Sequence[tuple[Float, Float]], rig: CameraRig) -> MultiViewKeypoints:
    """What each camera of a rig has at the same times: pixels (T, D, J, 2) and confidences (T, D, J), H36M-17.

    The views have as many places as the camera with the most people needs; the others' confidences there are 0.
    """
    people = max(confidence.shape[1] for _, confidence in each)
    shape = (len(each), len(clock), people, len(H36M_17))
    xy, confidence = np.zeros((*shape, 2)), np.zeros(shape)
    for number, (pixels, sure) in enumerate(each):
        there = sure.shape[1]
        xy[number, :, :there], confidence[number, :, :there] = pixels, sure
    return MultiViewKeypoints(name, clock, xy, confidence, H36M_17, rig)


def between_pictures(view: PeopleInView, ids: Ids, clock: Float) -> tuple[Float, Float]:
    """Everybody at times (N,), between the two pictures around each: pixels (N, D, J, 2), confidences (N, D, J).

    ids (T, D) say who is who in a camera's pictures; -1 = nobody. Whoever is not in both is not there, and nobody where
    the two are too far apart.
    """
    before, after, weight = neighbours(view.times, clock)
    before, weight = np.where(weight > 1 - ALONE, after, before), np.where(weight > 1 - ALONE, 0.0, weight)
    alone = weight < ALONE
    rows, mine = np.arange(len(clock))[:, None], ids[before]
    same = (mine[:, :, None] == ids[after][:, None]) & (mine >= 0)[:, :, None]
    partner = same.argmax(-1)
    one, two = view.confidence[before], view.confidence[after][rows, partner]
    share = weight[:, None, None]
    both = same.any(-1)[..., None] & (one > 0) & (two > 0)
    period = float(np.median(np.diff(view.times))) if len(view) > 1 else BLIND_S
    near = np.abs(view.times[nearest(view.times, clock)] - clock) <= EDGE_S
    there = np.where(alone, near, view.times[after] - view.times[before] <= silence_s(period))[:, None, None]
    confidence = np.where(alone[:, None, None], one, np.where(both, (1 - share) * one + share * two, 0.0))
    xy = (1 - share[..., None]) * view.xy[before] + share[..., None] * view.xy[after][rows, partner]
    return np.where(alone[:, None, None, None], view.xy[before], xy), np.where(there, confidence, 0.0)
