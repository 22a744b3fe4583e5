"""Values between the frames: linear interpolation on real time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.pieces import by_pieces

Float = NDArray[np.float64]


def interpolate(values: Float, times: Float, at: Float) -> Float:
    """Linear interpolation over time: (T, ...) at times (T,) -> (N, ...) at times (N,); constant beyond the ends."""
    before, after, weight = neighbours(times, at)
    weight = weight.reshape(-1, *[1] * (values.ndim - 1))

    def between(part: slice) -> Float:
        share = weight[part]
        return np.asarray((1 - share) * values[before[part]] + share * values[after[part]])

    return by_pieces(between, len(at))


def nearest(times: Float, at: Float) -> NDArray[np.intp]:
    """For each time (N,) the frame that is nearest to it; the earlier of two equally near ones."""
    before, after, weight = neighbours(times, at)
    return np.where(weight > 0.5, after, before)


def neighbours(times: Float, at: Float) -> tuple[NDArray[np.intp], NDArray[np.intp], Float]:
    """For each time the frames before and after it and the weight of the one after."""
    after = np.clip(np.searchsorted(times, at), min(1, len(times) - 1), len(times) - 1)
    before = np.maximum(after - 1, 0)
    gap = times[after] - times[before]
    weight = (at - times[before]) / np.where(gap > 0, gap, 1.0)
    return before, after, np.clip(weight, 0.0, 1.0)
