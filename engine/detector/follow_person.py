"""One of the people in a picture, followed from frame to frame.

Everybody is tracked: the middle of their keypoints by a Kalman filter of constant velocity, on real time, so that
somebody who is hidden for a while, or walks past another, is known again. A track and a person fit by the filter's own
likelihood of that place, so that of two tracks that cross the one that was hidden yields, and by object keypoint
similarity (OKS, of COCO's evaluation); all of them are matched at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.detector.detection import Detection

Float = NDArray[np.float64]

LOST_S = 1.5
"""Somebody who was not found for so long is gone."""
ACCELERATION = 1.5
"""Of people, in their own heights a second squared: standard deviation."""
NOISE = 0.02
"""Of the middle of somebody's keypoints, in their heights."""
NEAREST_SD, NEAREST, NO_MATCH = 5.0, 0.35, 1e6
"""Somebody is taken for the same within so many standard deviations, or so many heights: real keypoints jump."""
LARGER = 2.5
"""Sizes of one person that differ by more, from one frame to another, are those of two."""
SPREAD = 0.1
"""Of each keypoint in OKS, in heights: poses change between frames."""


@dataclass
class Tracked:
    """Somebody: an id, when last found, the middle (2,) and its velocity (2,), pixels, with their covariance (2, 2)."""

    id: int
    seen: float
    time: float
    place: Float
    velocity: Float
    covariance: Float
    size: float
    around: Float

    def predict(self, time: float) -> None:
        """Go on to a time at constant velocity."""
        dt = time - self.time
        step = np.array([[1.0, dt], [0.0, 1.0]])
        push = np.array([[dt**4 / 4, dt**3 / 2], [dt**3 / 2, dt**2]]) * (ACCELERATION * self.size) ** 2
        self.place = self.place + dt * self.velocity
        self.covariance = step @ self.covariance @ step.T + push
        self.time = time

    def correct(self, place: Float, size: float, around: Float) -> None:
        """Take in where the person is at the time predicted to."""
        gain = self.covariance[:, 0] / (self.covariance[0, 0] + (NOISE * size) ** 2)
        off = place - self.place
        self.place, self.velocity = self.place + gain[0] * off, self.velocity + gain[1] * off
        self.covariance = self.covariance - np.outer(gain, self.covariance[0])
        self.size, self.around, self.seen = size, around, self.time

    def misfit(self, place: Float, size: float, around: Float) -> float:
        """How badly a person fits: -2 log likelihood and OKS; `NO_MATCH` where it cannot be the same."""
        variance = self.covariance[0, 0] + (NOISE * size) ** 2
        off = float(np.linalg.norm(place - self.place))
        apart = off**2 / variance
        if off > max(NEAREST_SD * variance**0.5, NEAREST * size) or not 1 / LARGER < size / self.size < LARGER:
            return NO_MATCH
        return apart + 2 * float(np.log(variance)) + 4 * (1 - oks(self.around + self.place, around + place, size))


def oks(one: Float, other: Float, size: float) -> float:
    """Object keypoint similarity of two sets of keypoints (J, 2), NaN where not seen, of somebody of that size."""
    squared = ((one - other) ** 2).sum(-1) / (2 * (SPREAD * size) ** 2)
    both = np.isfinite(squared)
    return float(np.exp(-squared[both]).mean()) if both.any() else 0.0


class FollowPerson:
    """The one that is found largest is followed, until somebody is chosen.

    id       of whom is followed; None before the first
    ids      of the people of the latest frame, in their order
    tracked  everybody who is known, though not found in the latest frame
    """

    def __init__(self) -> None:
        self.id: int | None = None
        self.ids: list[int] = []
        self.tracked: list[Tracked] = []
        self._next = 0
        self._chosen: tuple[float, float] | None = None

    def choose(self, x: float, y: float) -> None:
        """Follow whoever is at this place of the picture, in pixels, from the next frame on; from any thread."""
        self._chosen = x, y

    def push(self, people: Sequence[Detection], time: float) -> int | None:
        """Which of the people of a frame is followed; None where that one was not found."""
        ids = self.ids = self.names(people, time)
        chosen, self._chosen = self._chosen, None
        if chosen is not None and people:
            self.id = ids[_at(chosen, people)]
        if self.id not in [track.id for track in self.tracked]:
            largest = max(self.tracked, key=lambda track: track.size, default=None)
            self.id = self.id if largest is None else largest.id
        return ids.index(self.id) if self.id in ids else None

    def names(self, people: Sequence[Detection], time: float) -> list[int]:
        """The id of each person of a frame, whoever is followed."""
        self.tracked = [track for track in self.tracked if time - track.seen <= LOST_S]
        return self._match([_measured(person) for person in people], time)

    def _match(self, found: Sequence[tuple[Float, float, Float]], time: float) -> list[int]:
        """The id of each person of a frame, new ones for new people."""
        for track in self.tracked:
            track.predict(time)
        ids: list[int | None] = [None] * len(found)
        for row, column in _assigned([[track.misfit(*one) for one in found] for track in self.tracked]):
            self.tracked[row].correct(*found[column])
            ids[column] = self.tracked[row].id
        return [self._new(found[k], time) if known is None else known for k, known in enumerate(ids)]

    def _new(self, found: tuple[Float, float, Float], time: float) -> int:
        place, size, around = found
        start = np.diag([(NOISE * size) ** 2, (0.5 * size) ** 2])
        self.tracked.append(Tracked(self._next, time, time, place, np.zeros(2), start, size, around))
        self._next += 1
        return self._next - 1


def _measured(person: Detection) -> tuple[Float, float, Float]:
    """The middle (2,) of the keypoints that are seen, the size of their box, keypoints (J, 2) about the middle."""
    xy = np.where(person.confidence[:, None] > 0, person.xy, np.nan)
    x0, y0, x1, y1 = person.box
    place = np.nanmean(xy, axis=0) if np.isfinite(xy).any() else np.array([(x0 + x1) / 2, (y0 + y1) / 2])
    return place, max(x1 - x0, y1 - y0, 1.0), xy - place


def _at(place: tuple[float, float], people: Sequence[Detection]) -> int:
    """The person whose box is nearest to a place; of several that hold it, whose middle is."""

    def away(person: Detection) -> tuple[float, float]:
        low, high = np.reshape(person.box, (2, 2))
        beside = np.maximum(np.maximum(low - place, place - high), 0.0)
        return float(np.hypot(*beside)), float(np.hypot(*((low + high) / 2 - place)))

    return min(range(len(people)), key=lambda k: away(people[k]))


def _assigned(costs: list[list[float]]) -> list[tuple[int, int]]:
    """(row, column) pairs of least cost, without those that cannot be."""
    if not costs or not costs[0]:
        return []
    if len(costs) == len(costs[0]) == 1:
        return [(0, 0)] if costs[0][0] < NO_MATCH else []
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(costs)
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if costs[r][c] < NO_MATCH]
