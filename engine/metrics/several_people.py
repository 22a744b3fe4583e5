"""Several people in space against several in truth: PCP (Shelf, Campus), average precision and recall (CMU Panoptic).

Specification data_and_metrics.md, section 4. Predictions are N people of any frames: points (N, J, 3) metres in the
world, the row of the truth that is their frame (N,), and how sure each is (N,). Truth is (T, P, J, 3), NaN where a
person is not there, or a joint is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.metrics.pose import MM

Float = NDArray[np.float64]
Ids = NDArray[np.intp]

LIMBS = ((0, 1), (1, 2), (3, 4), (4, 5), (6, 7), (7, 8), (9, 10), (10, 11), (12, 13))
"""Of Shelf-14; the tenth part is the torso, from the middle of the hips to the neck."""
HIPS, NECK = (2, 3), 12
PARTS = len(LIMBS) + 1
ACTORS = 3
"""Those of Shelf and Campus that published tables count: the first ones."""
WITHIN_MM = (25, 50, 75, 100, 125, 150)
NEAR_MM = 500.0
"""Recall, and the people whose error counts, are those that are found to that."""


@dataclass(frozen=True, eq=False)
class People:
    """N predictions: points (N, J, 3), frame (N,) rows of the truth, score (N,)."""

    points: Float
    frame: Ids
    score: Float


def part_shares(found: People, truth: Float) -> Float:
    """PCP: (P,) share of each person's parts that are right, in frames in which they are there; NaN for nobody's.

    Shelf-14. Each person is compared with the prediction whose joints are nearest; several may be with the same one.
    A part is right where its ends are off by half of its length at most, on average. Without a prediction none is.
    """
    right, of = np.zeros(truth.shape[1]), np.zeros(truth.shape[1])
    for row, people in enumerate(truth):
        points = found.points[found.frame == row]
        for person, joints in enumerate(people):
            ends = _parts(joints)
            known = np.isfinite(ends).all((-1, -2))
            of[person] += known.sum()
            errors = _distance_mm(points, joints)
            if known.any() and np.isfinite(errors).any():
                off = np.linalg.norm(_parts(points[np.nanargmin(errors)]) - ends, axis=-1).mean(-1)
                length = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=-1)
                right[person] += (known & (off <= 0.5 * length)).sum()
    return np.divide(right, of, out=np.full(len(of), np.nan), where=of > 0)


def _parts(joints: Float) -> Float:
    """(10, 2, 3) the ends of limbs and torso of joints (14, 3)."""
    limbs = joints[np.array(LIMBS)]
    torso = np.stack([joints[list(HIPS)].mean(0), joints[NECK]])
    return np.concatenate([limbs, torso[None]])


@dataclass(frozen=True, eq=False)
class Matches:
    """Predictions, the surest first, each with the person of its frame that is nearest.

    error_mm  (N,) mean over the joints that are known of that person
    person    (N,) which of the `room` numbers of people and frames; score (N,) how sure it is
    people    how many are there: each frame in which a person is there counts
    """

    error_mm: Float
    person: Ids
    score: Float
    people: int
    room: int

    @classmethod
    def of(cls, several: Sequence[Matches]) -> Matches:
        """Those of several recordings as of one."""
        first = np.cumsum([0, *(each.room for each in several)])
        persons = [each.person + start for each, start in zip(several, first, strict=False)]
        scores = np.concatenate([each.score for each in several])
        order = np.argsort(-scores, kind="stable")
        errors, everyone = np.concatenate([each.error_mm for each in several]), np.concatenate(persons)
        there = sum(each.people for each in several)
        return cls(errors[order], everyone[order], scores[order], there, int(first[-1]))

    def average_precision(self, within_mm: float) -> float:
        """The area under precision over recall, where precision is at least what it is at higher recall.

        A prediction is right where it is nearer than that and no surer one has this person.
        """
        right = self._first(within_mm)
        if not self.people or not len(right):
            return 0.0 if self.people else float("nan")
        hits = np.cumsum(right)
        precision = np.maximum.accumulate((hits / np.arange(1, len(right) + 1))[::-1])[::-1]
        return float((precision * right).sum() / self.people)

    def recall(self, within_mm: float = NEAR_MM) -> float:
        """The share of the people to whom a prediction is so near."""
        return float(self._first(within_mm).sum() / self.people) if self.people else float("nan")

    def mpjpe_mm(self, within_mm: float = NEAR_MM) -> float:
        """The mean error of the surest prediction that is so near to each person; NaN where none is."""
        first = self._first(within_mm)
        return float(self.error_mm[first].mean()) if first.any() else float("nan")

    def _first(self, within_mm: float) -> NDArray[np.bool_]:
        """(N,) whether it is so near, as the first one to its person."""
        near = np.flatnonzero(self.error_mm < within_mm)
        _, first = np.unique(self.person[near], return_index=True)
        chosen = np.zeros(len(self.error_mm), bool)
        chosen[near[first]] = True
        return chosen


def matched(found: People, truth: Float) -> Matches:
    """Each prediction with the person whose known joints it is nearest to; those in frames without people left out."""
    there = np.asarray(np.isfinite(truth).all(-1).any(-1))  # (T, P)
    errors, persons, scores = [], [], []
    for points, row, score in zip(found.points, found.frame, found.score, strict=True):
        if there[row].any():
            off = np.array([_distance_mm(points[None], joints)[0] for joints in truth[row]])
            nearest = int(np.nanargmin(off))
            errors.append(off[nearest])
            persons.append(row * truth.shape[1] + nearest)
            scores.append(score)
    sure = np.array(scores, float)
    order = np.argsort(-sure, kind="stable")
    return Matches(
        np.array(errors, float)[order], np.array(persons, np.intp)[order], sure[order], int(there.sum()), there.size
    )


def _distance_mm(points: Float, joints: Float) -> Float:
    """(N,) mean distance of people (N, J, 3) from one (J, 3), over the joints that are known; NaN for none."""
    known = np.isfinite(joints).all(-1)
    if not known.any():
        return np.full(len(points), np.nan)
    return np.asarray(MM * np.linalg.norm(points[:, known] - joints[known], axis=-1).mean(-1))


@dataclass(frozen=True, eq=False)
class Kept:
    """Who is who: found (T, P) whether a person has a track; how often a track is another than the one before."""

    found: NDArray[np.bool_]
    switches: int

    @property
    def everybody(self) -> float:
        """The share of the frames in which everybody has one."""
        return float(self.found.all(1).mean())


def kept(tracks: dict[int, Float], truth: Float, near_m: float = NEAR_MM / MM) -> Kept:
    """Tracks (T, 3), NaN where there is none, and where people are (T, P, 3): as CLEAR MOT (2008) has it.

    A pair lasts while it is so near; of the others, the nearest are paired first.
    """
    names, places = list(tracks), np.stack([*tracks.values()], 1) if tracks else np.zeros((len(truth), 0, 3))
    found, switches = np.zeros(truth.shape[:2], bool), 0
    last: dict[int, int] = {}
    for frame, people in enumerate(truth):
        far = np.linalg.norm(people[:, None] - places[frame][None], axis=-1)
        far[~np.isfinite(far)] = np.inf
        pairs = {who: names.index(track) for who, track in last.items() if far[who, names.index(track)] < near_m}
        for who, place in zip(*np.unravel_index(np.argsort(far, axis=None), far.shape), strict=True):
            if far[who, place] < near_m and who not in pairs and place not in pairs.values():
                pairs[int(who)] = int(place)
        for who, place in pairs.items():
            found[frame, who] = True
            switches += last.get(who, names[place]) != names[place]
            last[who] = names[place]
    return Kept(found, switches)
