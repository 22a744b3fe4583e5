"""From the people of a rig's camera to its view: everybody who was found, in H36M-17."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from engine.detector.detection import Detection
from engine.detector.keypoints import keypoints_of
from engine.live.frame import Found, LiveFrame, PictureFrame
from engine.live.observer import Observer
from engine.live.rig.view import Seen, View
from engine.motion.skeleton import Skeleton
from engine.observation.keypoints import Keypoints2D


class ViewObserver(Observer):
    """Tells a view who was found; its own camera gives models nothing, as all views together do.

    told    is called after each picture, on the detector's thread
    smooth  as of an `Observer`, of everybody alone, before anybody is matched
    Left and right are not put back here: the other views know better.
    """

    def __init__(self, view: View, told: Callable[[], None], smooth: tuple[float, float] | None = None) -> None:
        super().__init__(view.calibrated.name, smooth=smooth, each=True)
        self.view, self.told = view, told

    def look(
        self, frame: PictureFrame, people: Sequence[Detection], skeleton: Skeleton, begun: float, done: float
    ) -> tuple[Found, tuple[LiveFrame, ...]]:
        self.frames += 1
        self.found += bool(people)
        self.camera = self.view.of_size(frame.size)
        ids = self.follow.names(people, frame.time)
        self._keep([track.id for track in self.follow.tracked])
        seen = {who: self._keypoints(who, frame, person, skeleton) for who, person in zip(ids, people, strict=True)}
        self.view.push(Seen(frame.time, frame.received, done, seen, frame.truth))
        self.told()
        return Found(frame, tuple(people), None, (), begun, done), ()

    def _keypoints(self, who: int, frame: PictureFrame, person: Detection, skeleton: Skeleton) -> Keypoints2D:
        at, seen, sure = np.array([frame.time]), person.xy[None], person.confidence[None]
        known = keypoints_of(self.name, at, seen, sure, skeleton, frame.size, self.camera)
        smooth = None if self.smooth is None else self._remembered(who, frame.size).smooth
        if smooth is None:
            return known
        return replace(known, xy=smooth.push(known.xy[0], known.confidence[0], frame.time)[None])
