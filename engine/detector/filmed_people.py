"""The people of a video, each followed by themselves, as models of one view take them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

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


@dataclass(frozen=True, eq=False)
class FilmedPerson:
    """Somebody: the pictures (K,) in which they were found, and as which of those people (K,)."""

    pictures: NDArray[np.intp]
    places: NDArray[np.intp]

    def seconds(self, film: Filmed) -> float:
        return float(film.times[self.pictures[-1]] - film.times[self.pictures[0]])


@lru_cache(maxsize=1)
def people_of(film: Filmed) -> tuple[FilmedPerson, ...]:
    """Tell people apart; whoever is large for longest is the first. Empty where nobody was found."""
    follow, seen = FollowPerson(), defaultdict[int, list[tuple[int, int]]](list)
    size: dict[int, float] = defaultdict(float)
    for picture, time in enumerate(film.times):
        passing()
        there = film.people(picture)
        rows = np.flatnonzero(film.confidence[picture].any(-1))
        for row, known in zip(rows, follow.names(there, float(time)), strict=True):
            seen[known].append((picture, int(row)))
            low, high = film.box[picture, row].reshape(2, 2)
            size[known] += float((high - low).max())
    found = [
        FilmedPerson(*(np.array(column, dtype=np.intp) for column in zip(*seen[known], strict=True)))
        for known in sorted(seen, key=lambda known: -size[known])
    ]
    least = LEAST_SHARE * len(found[0].pictures) if found else 0
    return tuple(
        person
        for k, person in enumerate(found)
        if k == 0 or (person.seconds(film) >= LEAST_S and len(person.pictures) >= least)
    )


def keypoints_in(film: Filmed, person: FilmedPerson, name: str) -> tuple[Keypoints2D, int]:
    """One person in H36M-17 at the times of the video, and in how many pictures exchanged sides were put back.

    Pictures in which the person was not found are left out. Raises InputError where no rule leads to H36M-17.
    """
    at = (person.pictures, person.places)
    return put_right(
        keypoints_of(
            name, film.times[person.pictures], film.xy[at], film.confidence[at], film.skeleton, film.image_size
        )
    )
