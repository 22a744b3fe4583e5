"""Smoothing over time: memories that look both ways or back alone, and a filter of rotations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.body.retarget.matrices import nearest_rotation

Float = NDArray[np.float64]
Complex = NDArray[np.complex128]

Memory = Callable[[Complex], Complex]
"""A running mean over the frames (T,) of complex numbers, on real time."""

WINDOW_S = 0.11
"""Length, seconds, of the window in which rotations are smoothed by parabolas."""


def two_way(times: Float, constant_s: float) -> Memory:
    """A mean with weights that fall exponentially with the distance in time, both ways."""
    keep = _keep(times, constant_s)

    def mean(values: Complex) -> Complex:
        back = _recurrence(values, keep)
        ahead = _recurrence(values[::-1], np.append(1.0, keep[:0:-1]))[::-1]
        return np.asarray(back + ahead - values)

    return mean


@dataclass
class OneWay:
    """The causal twin: a mean of what was, a recurrence of one number that is kept from call to call."""

    constant_s: float
    times: Float = field(default_factory=lambda: np.zeros(0))
    last_s: float | None = None
    value: complex = 0.0

    def __call__(self, values: Complex) -> Complex:
        start = self.times[0] if self.last_s is None else self.last_s
        keep = np.exp(-np.diff(self.times, prepend=start) / self.constant_s)
        values = values.copy()
        values[0] += keep[0] * self.value
        result = _recurrence(values, keep)
        self.last_s, self.value = float(self.times[-1]), complex(result[-1])
        return result


def smoothed_rotations(rotations: Float, times: Float) -> Float:
    """Rotations (T, ..., 3, 3) by a parabola through WINDOW_S around each frame (Savitzky-Golay), made orthonormal."""
    from scipy.signal import savgol_filter

    if len(times) < 5:
        return rotations
    half = max(2, round(WINDOW_S / 2 / float(np.median(np.diff(times)))))
    window = min(2 * half + 1, (len(times) - 1) // 2 * 2 + 1)
    return nearest_rotation(savgol_filter(rotations, window, 2, axis=0, mode="interp"))


def _keep(times: Float, constant_s: float) -> Float:
    """(T,) the share that is left of what was, from one frame to the next."""
    return np.asarray(np.exp(-np.diff(times, prepend=times[0]) / constant_s))


def _recurrence(values: Complex, keep: Float) -> Complex:
    """y[t] = keep[t] y[t - 1] + x[t]."""
    result = values.copy()
    for t in range(1, len(result)):
        result[t] += keep[t] * result[t - 1]
    return result
