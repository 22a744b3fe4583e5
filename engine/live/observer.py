"""From the people of a picture to the keypoints that models take: H36M-17, sides put right, smoothed.

One person is followed, or everybody, each with what is remembered of them alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

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


@dataclass
class _Followed:
    """What is remembered of one person in pictures of one size: the number of the stream, sides, filter."""

    size: tuple[int, int]
    stream: int
    swaps: Swaps
    smooth: SmoothKeypoints | None


class Observer:
    """One camera's people, frame by frame.

    camera      None where it is not known: a field of view is then assumed
    each        whether everybody is followed; else one person
    follow      whom, or who of everybody is chosen
    smooth      cut-off in hertz and beta of a one-Euro filter over the keypoints; None for none
    frames, found  pictures so far, and those in which the followed person, or anybody of everybody, was found
    put_back    frames so far in which left and right were put back, of everybody who is followed
    """

    def __init__(
        self,
        name: str,
        camera: Camera | None = None,
        *,
        smooth: tuple[float, float] | None = None,
        each: bool = False,
    ) -> None:
        self.name, self.camera, self.smooth, self.each = name, camera, smooth, each
        self.follow = FollowPerson()
        self.frames = self.found = self.put_back = 0
        self._stream = 0
        self._people: dict[int, _Followed] = {}

    def look(
        self, frame: PictureFrame, people: Sequence[Detection], skeleton: Skeleton, begun: float, done: float
    ) -> tuple[Found, tuple[LiveFrame, ...]]:
        """What was found in a picture, and what models get of it: a frame for each followed person, by their ids.

        begun, done: as in `Found`. Raises InputError for a skeleton from which no rule leads to H36M-17.
        """
        if not self.each:
            found, live = self.push(frame, people, skeleton, begun, done)
            return found, () if live is None else (live,)
        found = self._found(frame, people, begun, done)
        self.found += bool(people)
        by_id = sorted(range(len(people)), key=lambda k: found.ids[k])
        given = {k: self._frame(frame, found, k, skeleton) for k in by_id}
        found = replace(found, swapped=() if found.followed is None else given[found.followed][1])
        return found, tuple(replace(live, found=found, person=found.ids[k]) for k, (live, _) in given.items())

    def push(
        self, frame: PictureFrame, people: Sequence[Detection], skeleton: Skeleton, begun: float, done: float
    ) -> tuple[Found, LiveFrame | None]:
        """The same of one person; None where that one was not found."""
        found = self._found(frame, people, begun, done)
        if found.followed is None:
            return found, None
        self.found += 1
        live, swapped = self._frame(frame, found, found.followed, skeleton)
        found = replace(found, swapped=swapped)
        return found, replace(live, found=found)

    def _found(self, frame: PictureFrame, people: Sequence[Detection], begun: float, done: float) -> Found:
        self.frames += 1
        followed = self.follow.push(people, frame.time)
        ids, known = (tuple(1 + k for k in of) for of in (self.follow.ids, (t.id for t in self.follow.tracked)))
        self._keep(known)
        return Found(frame, tuple(people), followed, (), begun, done, ids, frozenset(known))

    def _keep(self, known: Collection[int]) -> None:
        """Forget those who are gone."""
        self._people = {id_: own for id_, own in self._people.items() if id_ in known}

    def _frame(
        self, frame: PictureFrame, found: Found, which: int, skeleton: Skeleton
    ) -> tuple[LiveFrame, tuple[str, ...]]:
        """One person's frame, and the limbs that were exchanged back. The truth is that of whom is followed."""
        own = self._remembered(found.ids[which], frame.size)
        camera = self.camera if self.camera is not None and self.camera.image_size == frame.size else None
        person = found.people[which]
        at, seen, sure = np.array([frame.time]), person.xy[None], person.confidence[None]
        known = keypoints_of(self.name, at, seen, sure, skeleton, frame.size, camera)
        xy, sure, swapped = own.swaps.push(known.xy[0], known.confidence[0], frame.time)
        self.put_back += bool(swapped)
        if own.smooth is not None:
            xy = own.smooth.push(xy, sure, frame.time)
        given: Keypoints2D = replace(known, xy=xy[None], confidence=sure[None])
        truth = frame.truth if which == found.followed else None
        return LiveFrame(frame.time, frame.received, given, truth, own.stream), swapped

    def _remembered(self, id_: int, size: tuple[int, int]) -> _Followed:
        """Of somebody; another size of pictures begins anew, as does another person where one is followed."""
        own = self._people.get(id_)
        if own is None or own.size != size:
            self._stream += 1
            smooth = None if self.smooth is None else SmoothKeypoints(*self.smooth)
            own = _Followed(size, self._stream, Swaps(), smooth)
            self._people = {**(self._people if self.each else {}), id_: own}
        return own
