"""Smoothing over time: means that look both ways or back alone, and filters of rotations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.body.retarget.matrices import nearest_rotation

Float = NDArray[np.float64]
Complex = NDArray[np.complex128]

Memory = Callable[[Complex, Float], Complex]
"""A sum over frames (T, N) of complex numbers at times (T,) seconds, with weights that fall exponentially."""

WINDOW_S = 0.11
"""Length, seconds, of the window in which rotations are smoothed by parabolas."""
LAG_S = 0.03
"""Time constant, seconds, of the causal smoothing of rotations."""


def two_way(constant_s: float) -> Memory:
    """The sum over frames before and after."""

    def summed(values: Complex, times: Float) -> Complex:
        keep = np.exp(-np.diff(times, prepend=times[0]) / constant_s)
        back = _recurrence(values, keep)
        ahead = _recurrence(values[::-1], np.append(1.0, keep[:0:-1]))[::-1]
        return np.asarray(back + ahead - values)

    return summed


@dataclass
class OneWay:
    """The causal twin: the sum over what was, a recurrence whose last values (N,) are kept from call to call."""

    constant_s: float
    last_s: float | None = None
    value: Complex | float = 0.0

    def __call__(self, values: Complex, times: Float) -> Complex:
        keep = np.exp(-np.diff(times, prepend=times[0] if self.last_s is None else self.last_s) / self.constant_s)
        values = values.copy()
        values[0] += keep[0] * self.value
        result = _recurrence(values, keep)
        self.last_s, self.value = float(times[-1]), result[-1]
        return result


def smoothed_rotations(rotations: Float, times: Float) -> Float:
    """Rotations (T, ..., 3, 3) by a parabola through WINDOW_S around each frame, made orthonormal.

    Savitzky and Golay (1964), for frames of one period; at the ends the outermost whole window's parabola.
    """
    if len(times) < 5:
        return rotations
    half = max(2, round(WINDOW_S / 2 / float(np.median(np.diff(times)))))
    half = min(half, (len(times) - 1) // 2)
    window = 2 * half + 1
    powers = np.vander(np.arange(-half, half + 1.0), 3)
    weights = powers @ np.linalg.pinv(powers)  # (W, W): the parabola at each place of the window
    middle = sum(w * rotations[k : len(rotations) - window + 1 + k] for k, w in enumerate(weights[half]))
    first = np.tensordot(weights[:half], rotations[:window], 1)
    last = np.tensordot(weights[half + 1 :], rotations[-window:], 1)
    return nearest_rotation(np.concatenate([first, middle, last]))


def running_mean(values: Float, times: Float) -> Float:
    """Values (T, N) averaged, twice, over WINDOW_S around each frame; the end values go on beyond the ends."""
    half = max(1, round(WINDOW_S / 2 / float(np.median(np.diff(times))))) if len(times) > 1 else 0
    for _ in range(2):
        wide = np.pad(values, ((half + 1, half), (0, 0)), mode="edge").cumsum(0)
        values = (wide[2 * half + 1 :] - wide[: -2 * half - 1]) / (2 * half + 1)
    return values


@dataclass
class CausalSmoothing:
    """The causal twin: an exponential mean of rotations, made orthonormal, kept from call to call."""

    constant_s: float = LAG_S
    last_s: float | None = None
    value: Float | None = None

    def __call__(self, rotations: Float, times: Float) -> Float:
        """Rotations (T, ..., 3, 3) at times (T,) seconds -> smoothed ones."""
        result = np.empty_like(rotations)
        for t, time_s in enumerate(times):
            keep = 0.0 if self.last_s is None else np.exp(-(time_s - self.last_s) / self.constant_s)
            before = rotations[t] if self.value is None else self.value
            self.value = result[t] = nearest_rotation(keep * before + (1 - keep) * rotations[t])
            self.last_s = float(time_s)
        return result


def _recurrence(values: Complex, keep: Float) -> Complex:
    """y[t] = keep[t] y[t - 1] + x[t]."""
    result = values.copy()
    for t in range(1, len(result)):
        result[t] += keep[t] * result[t - 1]
    return result
