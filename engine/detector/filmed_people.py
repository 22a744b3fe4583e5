"""The people of a video, each followed by themselves, as models of one view take them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.detector.filmed import Filmed
from engine.detector.follow_person import FollowPerson
from engine.detector.keypoints import keypoints_of
from engine.detector.swaps import put_right
from engine.observation.keypoints import Keypoints2D
from engine.progress import passing

LEAST_S, LEAST_SHARE = 0.5, 0.1
"""Of the video's people, others than the first are left out who are seen for less, or so much less than that one."""

FOLLOWING = 0.5
"""Of the time that telling apart and putting right take."""


@dataclass(frozen=True, eq=False)
class FilmedPerson:
    """Somebody: the pictures (K,) in which they were found, and as which of those people (K,).

    put_back        (M,) of the K, in which exchanged sides were put back
    xy, confidence  (M, 17, 2) and (M, 17) in H36M-17: what they are then
    """

    pictures: NDArray[np.intp]
    places: NDArray[np.intp]
    put_back: NDArray[np.intp]
    xy: NDArray[np.float64]
    confidence: NDArray[np.float64]


def people_of(film: Filmed) -> tuple[FilmedPerson, ...]:
    """Tell people apart, and put their sides right; whoever is large for longest is the first. Empty where nobody was
    found.

    Says how far it is, and may be cancelled (`engine.progress.watched`). Raises InputError where no rule leads to
    H36M-17, and Cancelled.
    """
    follow, seen = FollowPerson(), defaultdict[int, list[tuple[int, int]]](list)
    size: dict[int, float] = defaultdict(float)
    for picture, time in enumerate(film.times):
        passing(FOLLOWING * picture / len(film.times))
        there = film.people(picture)
        rows = np.flatnonzero(film.confidence[picture].any(-1))
        for row, known in zip(rows, follow.names(there, float(time)), strict=True):
            seen[known].append((picture, int(row)))
            low, high = film.box[picture, row].reshape(2, 2)
            size[known] += float((high - low).max())
    found = [
        tuple(np.array(column, dtype=np.intp) for column in zip(*seen[known], strict=True))
        for known in sorted(seen, key=lambda known: -size[known])
    ]
    kept = [
        (pictures, places)
        for k, (pictures, places) in enumerate(found)
        if k == 0
        or (
            film.times[pictures[-1]] - film.times[pictures[0]] >= LEAST_S
            and len(pictures) >= LEAST_SHARE * len(found[0][0])
        )
    ]
    people = []
    for k, one in enumerate(kept):
        passing(FOLLOWING + (1 - FOLLOWING) * k / len(kept))
        people.append(_put_right(film, *one))
    passing(1.0)
    return tuple(people)


def keypoints_in(film: Filmed, person: FilmedPerson, name: str) -> Keypoints2D:
    """One person in H36M-17 at the times of the video, with their sides put right.

    Pictures in which the person was not found are left out. Raises InputError where no rule leads to H36M-17.
    """
    known = _as_detected(film, person.pictures, person.places, name)
    xy, sure = known.xy.copy(), known.confidence.copy()
    xy[person.put_back], sure[person.put_back] = person.xy, person.confidence
    return replace(known, xy=xy, confidence=sure)


def _as_detected(film: Filmed, pictures: NDArray[np.intp], places: NDArray[np.intp], name: str = "") -> Keypoints2D:
    at = (pictures, places)
    return keypoints_of(name, film.times[pictures], film.xy[at], film.confidence[at], film.skeleton, film.image_size)


def _put_right(film: Filmed, pictures: NDArray[np.intp], places: NDArray[np.intp]) -> FilmedPerson:
    right, put_back = put_right(_as_detected(film, pictures, places))
    return FilmedPerson(pictures, places, put_back, right.xy[put_back], right.confidence[put_back])
