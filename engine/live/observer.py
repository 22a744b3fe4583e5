"""From the people of a picture to the keypoints that models take: one person, H36M-17, sides put right, smoothed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera
from engine.detector.detection import Detection
from engine.detector.follow_person import FollowPerson
from engine.detector.keypoints import keypoints_of
from engine.detector.swaps import Swaps
from engine.live.frame import Found, LiveFrame, PictureFrame
from engine.live.smooth_keypoints import SmoothKeypoints
from engine.motion.skeleton import Skeleton
from engine.observation.keypoints import Keypoints2D

Float = NDArray[np.float64]


class Observer:
    """One camera's people, frame by frame.

    camera      None where it is not known: a field of view is then assumed
    follow      whom; swaps: what was put back
    smooth      cut-off in hertz and beta of a one-Euro filter over the keypoints; None for none
    frames, found  pictures so far, and those in which the followed person was found
    """

    def __init__(self, name: str, camera: Camera | None = None, *, smooth: tuple[float, float] | None = None) -> None:
        self.name, self.camera = name, camera
        self.follow, self.swaps = FollowPerson(), Swaps()
        self.frames = self.found = 0
        self.smooth = smooth
        self._filter: SmoothKeypoints | None = None
        self._stream = 0
        self._of: tuple[int | None, tuple[int, int]] | None = None

    def push(
        self, frame: PictureFrame, people: Sequence[Detection], skeleton: Skeleton, begun: float, done: float
    ) -> tuple[Found, LiveFrame | None]:
        """What was found in a picture, and what models get of it; None where the person was not found.

        begun, done: as in `Found`. Raises InputError for a skeleton from which no rule leads to H36M-17.
        """
        self.frames += 1
        followed = self.follow.push(people, frame.time)
        if followed is None:
            return Found(frame, tuple(people), None, (), begun, done), None
        self.found += 1
        if self._of != (self.follow.id, frame.size):
            self._of, self._stream = (self.follow.id, frame.size), self._stream + 1
            self.swaps = self.swaps.anew()
            self._filter = None if self.smooth is None else SmoothKeypoints(*self.smooth)
        seen, swapped = self._observation(frame, people[followed], skeleton)
        found = Found(frame, tuple(people), followed, swapped, begun, done)
        return found, LiveFrame(frame.time, frame.received, seen, frame.truth, self._stream, found)

    def _observation(
        self, frame: PictureFrame, person: Detection, skeleton: Skeleton
    ) -> tuple[Keypoints2D, tuple[str, ...]]:
        camera = self.camera if self.camera is not None and self.camera.image_size == frame.size else None
        at, seen, sure = np.array([frame.time]), person.xy[None], person.confidence[None]
        known = keypoints_of(self.name, at, seen, sure, skeleton, frame.size, camera)
        xy, sure, swapped = self.swaps.push(known.xy[0], known.confidence[0], frame.time)
        if self._filter is not None:
            xy = self._filter.push(xy, sure, frame.time)
        return replace(known, xy=xy[None], confidence=sure[None]), swapped
