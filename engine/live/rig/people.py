"""Who is who in several cameras, moment by moment, and the one who is followed in space."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.cameras.matching import PeopleTracker
from engine.cameras.rig import CameraRig
from engine.motion.skeleton import H36M_17
from engine.observation.keypoints import Keypoints2D
from engine.observation.people_over_time import Followed, of_person
from engine.observation.views import MultiViewKeypoints

Float = NDArray[np.float64]

LOST_S = 1.5
"""Somebody who was not found for so long is gone."""
HELD_S = 0.5
"""For so long the last place tells which detections are those of somebody whom no two cameras agree on."""
SETTLE_S = 1.0
"""After the first one was found, others are compared with them for so long."""
REMEMBERED_S = 5.0
VIEWS_APART = 0.5
"""People whom so many more cameras see, in the mean, are preferred; of others, who moves most."""
LEAST_VIEWS = 2


class RigPeople:
    """One person's views, of everybody's.

    id       of whom is followed, the one whom most cameras see; of several such, who moves most. None before
    stream   changes where a moment does not go on from the one before: another person, cameras, or after an absence
    """

    def __init__(self, name: str) -> None:
        self.name, self.stream = name, 0
        self.id: int | None = None
        self._rig: CameraRig | None = None
        self._places: dict[int, deque[tuple[float, Float, int]]] = {}
        self._first = self._given = float("-inf")

    @property
    def there(self) -> tuple[int, ...]:
        """Everybody whom two cameras saw lately, by id."""
        return tuple(self._places)

    def push(self, time: float, seen: Sequence[Sequence[Keypoints2D]], rig: CameraRig) -> MultiViewKeypoints | None:
        """The people (one frame each, H36M-17) whom each camera of the rig sees at a moment -> the followed one in all.

        None where fewer than two cameras see that one. A camera that sees nobody, or others only, is blind: confidence
        0. time: seconds, later than the one before.
        """
        if rig is not self._rig:
            self._rig, self._tracker, self.id = rig, PeopleTracker(tuple(rig)), None
            self._places.clear()
        views = in_one(self.name, time, seen, rig)
        found = self._tracker.step(views.xy[:, 0], views.confidence[:, 0])
        self._remember(time, found)
        self._choose(time)
        if self.id is None:
            return None
        people = [_followed(who, self._places[who][-1][1], found.get(who, {}), len(rig)) for who in self._places]
        mine = next(person for person in people if person.id == self.id)
        at, _, _ = self._places[self.id][-1]
        given = of_person(views, mine, people)
        if time - at > HELD_S or (given.confidence[:, 0, 0] > 0).any(-1).sum() < LEAST_VIEWS:
            return None
        if time - self._given > LOST_S:
            self.stream += 1
        self._given = time
        return given

    def _remember(self, time: float, found: Mapping[int, Mapping[int, int]]) -> None:
        for who, detections in found.items():
            place = self._tracker.places[who]
            self._places.setdefault(who, deque()).append((time, place, len(detections)))
        for who, places in list(self._places.items()):
            while len(places) > 1 and time - places[0][0] > REMEMBERED_S:
                places.popleft()
            if time - places[-1][0] > LOST_S:
                del self._places[who]

    def _choose(self, time: float) -> None:
        """Whoever is followed stays it until they are gone, but for the first second."""
        if not self._places:
            self.id = None
            return
        if self.id not in self._places:
            self._first = time
        elif time - self._first > SETTLE_S:
            return
        best = self._best(time)
        if best != self.id:
            self.id, self.stream, self._given = best, self.stream + 1, time

    def _best(self, time: float) -> int:
        moments = {at for places in self._places.values() for at, _, _ in places}
        often = {who: sum(count for _, _, count in places) / len(moments) for who, places in self._places.items()}
        most = max(often.values())
        among = [who for who, views in often.items() if views >= most - VIEWS_APART]
        return max(among, key=lambda who: (self._moved(who), -who))

    def _moved(self, who: int) -> float:
        places = np.array([place for _, place, _ in self._places[who]])
        return Followed(who, places, np.zeros((len(places), 0), np.intp)).moved_m


def _followed(who: int, place: Float, detections: Mapping[int, int], views: int) -> Followed:
    """Somebody at one moment."""
    row = [detections.get(view, -1) for view in range(views)]
    return Followed(who, place[None], np.array([row], np.intp))


def in_one(name: str, time: float, seen: Sequence[Sequence[Keypoints2D]], rig: CameraRig) -> MultiViewKeypoints:
    """The views of one moment, of as many detections as the camera has that sees most, one at least."""
    most = max(1, *map(len, seen))
    shape = (len(rig), 1, most, len(H36M_17))
    xy, confidence = np.zeros((*shape, 2)), np.zeros(shape)
    for view, people in enumerate(seen):
        for k, known in enumerate(people):
            xy[view, 0, k], confidence[view, 0, k] = known.xy[0], known.confidence[0]
    return MultiViewKeypoints(name, np.array([time]), xy, confidence, H36M_17, rig)
