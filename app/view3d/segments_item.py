"""Segments of a person: error vectors from the truth to a prediction, the trail of a joint. Without vispy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from app.view3d.items import Float, Item, sample_at

TRAIL_S, TRAIL_PIECES = 1.0, 48
"""How far a trail looks back, and of how many pieces it is."""


class Segments(Protocol):
    """Segments at a moment; plain values, as another process can be given them."""

    @property
    def count(self) -> int: ...

    def at(self, seconds: float) -> Float:
        """Return both ends (count, 2, 3) metres; not a number where there is none."""


@dataclass(frozen=True, eq=False)
class ErrorVectors:
    """From every joint of the truth to the same joint of a prediction, each held until its next frame.

    times (T,) seconds and positions (T, J, 3) metres of both
    """

    truth_times: Float
    truth: Float
    times: Float
    positions: Float

    @property
    def count(self) -> int:
        return self.positions.shape[1]

    def at(self, seconds: float) -> Float:
        start = self.truth[sample_at(self.truth_times, seconds)]
        return np.stack([start, self.positions[sample_at(self.times, seconds)]], axis=1)


@dataclass(frozen=True, eq=False)
class Trail:
    """Where a joint was in the last second: times (T,) seconds, points (T, 3) metres."""

    times: Float
    points: Float

    @property
    def count(self) -> int:
        return TRAIL_PIECES

    def at(self, seconds: float) -> Float:
        moments = np.linspace(seconds - TRAIL_S, seconds, TRAIL_PIECES + 1)
        moments = np.clip(moments, self.times[0], max(seconds, self.times[0]))
        way = np.stack([np.interp(moments, self.times, axis) for axis in self.points.T], axis=-1)
        return np.stack([way[:-1], way[1:]], axis=1)


@dataclass(frozen=True, eq=False)
class SegmentsItem(Item):
    """Segments in a colour, of this radius in metres."""

    segments: Segments
    radius: float = 0.006

    def at(self, seconds: float) -> Float:
        """Return both ends (N, 2, 3) metres."""
        return np.asarray(self.segments.at(seconds) + self.offset)
