"""People followed from picture to picture: each one's square comes from their own points in the picture before."""

from __future__ import annotations

import numpy as np

from engine.detector.detection import Detection, Picture
from engine.detector.landmarks import BODY, Landmarks
from engine.detector.mediapipe import PersonFinder, PoseFinder
from engine.detector.one_euro import OneEuro
from engine.detector.regions import Region, person_region
from engine.detector.seeking import SEEK_EVERY, near_any, seek
from engine.motion.skeleton import MEDIAPIPE_33, Skeleton

_THERE = 0.5
"""Least flag of a person who is there."""
_PERIOD = 1 / 30
"""Seconds between pictures, for smoothing the two points of the next square: hardly any at the speed of people."""
_SAME_CENTRE, _SAME_POINTS = 0.08, 0.04
"""Sides of a square within which the mid hips and, in the mean, the points of two people lie who are one."""
_LEAST_SIDE = 16.0
"""Pixels; a smaller square shows nobody."""


class Track:
    """One person: the square to look at next, and what was found in the last picture."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.found: Landmarks | None = None
        self._smooth = OneEuro(min_cutoff=0.01, beta=10.0)

    def look(self, picture: Picture, finder: PoseFinder) -> bool:
        """Find the points in this picture; False where the person is not there any more."""
        self.found = finder(picture, self.region)
        if not self.found.flag >= _THERE:
            return False
        hip, circle = self._smooth(self.found.xy[BODY : BODY + 2], _PERIOD, self.region.side)
        self.region = person_region(hip, circle)
        return bool(np.isfinite(self.found.xy).all()) and self._in(picture)

    def is_also(self, other: Track) -> bool:
        """Whether two tracks came to follow one person."""
        assert self.found is not None and other.found is not None
        side = max(self.region.side, other.region.side)
        apart = np.linalg.norm(self.found.xy - other.found.xy, axis=1)
        return bool(apart[BODY] < _SAME_CENTRE * side and apart[:BODY].mean() < _SAME_POINTS * side)

    def detection(self) -> Detection:
        assert self.found is not None
        confidence = self.found.confidence[:BODY]
        return Detection(self.found.xy[:BODY], confidence, min(self.found.flag, 1.0), self.found.box)

    def _in(self, picture: Picture) -> bool:
        """Whether the square is of a size to be looked at, and touches the picture."""
        height, width = picture.shape[:2]
        half = self.region.side / 2
        there = -half <= self.region.x <= width + half and -half <= self.region.y <= height + half
        return there and _LEAST_SIDE <= self.region.side <= 8 * max(width, height)


class MediaPipeDetector:
    """MediaPipe-33 keypoints of people who are followed from picture to picture."""

    skeleton: Skeleton = MEDIAPIPE_33

    def __init__(self, name: str, person: PersonFinder, pose: PoseFinder) -> None:
        self.name = name
        self.person, self.pose = person, pose
        self._tracks: list[Track] = []  # the oldest first
        self._until_search = 0

    def detect(self, picture: Picture, people: int = 1) -> list[Detection]:
        """Return up to so many people, the most certain first.

        They are sought where nobody is followed, and in every tenth picture while fewer than that are.
        """
        self._tracks = _once([track for track in self._tracks[:people] if track.look(picture, self.pose)])
        self._until_search -= 1
        if not self._tracks or (len(self._tracks) < people and self._until_search <= 0):
            self._until_search = SEEK_EVERY
            self._search(picture, people)
        return sorted((track.detection() for track in self._tracks), key=lambda found: -found.score)

    def reset(self) -> None:
        self._tracks, self._until_search = [], 0

    def _search(self, picture: Picture, people: int) -> None:
        for region in seek(picture, self.person, people):
            if len(self._tracks) == people:
                return
            if near_any(region, (track.region for track in self._tracks)):
                continue
            track = Track(region)
            if track.look(picture, self.pose):
                self._tracks = _once([*self._tracks, track])


def _once(tracks: list[Track]) -> list[Track]:
    """Leave out the younger of two tracks that follow one person."""
    kept: list[Track] = []
    for track in tracks:
        if not any(track.is_also(older) for older in kept):
            kept.append(track)
    return kept
