"""Values between the frames: linear interpolation on real time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError
from engine.motion.clip import Keypoints2D

Float = NDArray[np.float64]

MOST_FRAMES = 2_000_000
"""Of a resampled clip: nine hours at 60 Hz."""


def resampled(keypoints: Keypoints2D, hz: float) -> Keypoints2D:
    """Keypoints at a uniform rate, as `at_times`; the last frame may lie just after the last time.

    The keypoints themselves where they have that rate already (to a nanosecond). InputError where the timestamps span
    more than `MOST_FRAMES`: a gap of years between two frames.
    """
    span = keypoints.times[-1] - keypoints.times[0]
    if span * hz > MOST_FRAMES:
        raise InputError(
            f"{keypoints.name}: its timestamps span {span:.3g} s, too long to resample to {hz:g} Hz; choose fewer"
            " frames, correct the times, or let Δ follow them instead."
        )
    times = keypoints.times[0] + np.arange(int(np.ceil(span * hz - 1e-6)) + 1) / hz
    if len(times) == len(keypoints) and np.allclose(times, keypoints.times, rtol=0, atol=1e-9):
        return keypoints
    return at_times(keypoints, times)


def at_times(keypoints: Keypoints2D, times: Float) -> Keypoints2D:
    """Keypoints interpolated linearly to times (N,) in any order; constant beyond the ends.

    Between two frames a joint is seen only if it is seen in both.
    """
    before, after, weight = _neighbours(keypoints.times, times)
    ahead, behind = weight > 1e-9, weight < 1 - 1e-9
    seen = keypoints.confidence > 0
    visible = (seen[before] | ~behind[:, None]) & (seen[after] | ~ahead[:, None])
    confidence = interpolate(keypoints.confidence, keypoints.times, times)
    return replace(
        keypoints,
        times=times,
        xy=interpolate(keypoints.xy, keypoints.times, times),
        confidence=np.where(visible, confidence, 0.0),
    )


def interpolate(values: Float, times: Float, at: Float) -> Float:
    """Linear interpolation over time: (T, ...) at times (T,) -> (N, ...) at times (N,); constant beyond the ends."""
    before, after, weight = _neighbours(times, at)
    weight = weight.reshape(-1, *[1] * (values.ndim - 1))
    return np.asarray((1 - weight) * values[before] + weight * values[after])


def _neighbours(times: Float, at: Float) -> tuple[NDArray[np.intp], NDArray[np.intp], Float]:
    """For each time the frames before and after it and the weight of the one after."""
    after = np.clip(np.searchsorted(times, at), min(1, len(times) - 1), len(times) - 1)
    before = np.maximum(after - 1, 0)
    gap = times[after] - times[before]
    weight = (at - times[before]) / np.where(gap > 0, gap, 1.0)
    return before, after, np.clip(weight, 0.0, 1.0)
