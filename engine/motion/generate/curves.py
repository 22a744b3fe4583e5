"""The curves that motions are made of: all of them C2, so that nothing pops."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import make_interp_spline

Float = NDArray[np.float64]


def minimum_jerk(times: Float, start: float, end: float) -> Float:
    """From 0 at `start` to 1 at `end` (seconds) as a hand reaches: (T,) -> (T,) (Flash and Hogan 1985)."""
    u = np.clip((times - start) / (end - start), 0.0, 1.0)
    return np.asarray(u**3 * (10 - 15 * u + 6 * u**2))


def moves(times: Float, *steps: tuple[float, float, float]) -> Float:
    """The sum of minimum-jerk steps (start, end, by how much); overlapping ones flow into each other."""
    return np.sum([by * minimum_jerk(times, start, end) for start, end, by in steps], axis=0)


def through(times: Float, *keys: tuple[float, float]) -> Float:
    """A smooth curve through keys (seconds, value), at rest and constant before the first and after the last."""
    at, values = np.array(keys, float).T
    still = [(1, 0.0), (2, 0.0)]
    spline = make_interp_spline(at, values, k=5, bc_type=(still, still))
    return np.asarray(spline(np.clip(times, at[0], at[-1])))


def quintic(u: Float, seconds: float, first: Sequence[Float | float], last: Sequence[Float | float]) -> Float:
    """Between two states, each (position, velocity, acceleration) per second; u (T,) in [0, 1].

    States are scalars -> (T,), or vectors (D,) -> (T, D).
    """
    p0, v0, a0 = (np.asarray(x, float) for x in first)
    p1, v1, a1 = (np.asarray(x, float) for x in last)
    v0, v1, a0, a1 = v0 * seconds, v1 * seconds, a0 * seconds**2, a1 * seconds**2
    gap, speed, force = p1 - p0 - v0 - a0 / 2, v1 - v0 - a0, a1 - a0
    coefficients = (
        p0, v0, a0 / 2,
        10 * gap - 4 * speed + force / 2,
        -15 * gap + 7 * speed - force,
        6 * gap - 3 * speed + force / 2,
    )  # fmt: skip
    powers = u[:, None] ** np.arange(6)
    return np.asarray(np.tensordot(powers, np.stack(coefficients), axes=1))


def bump(u: Float, shape: Sequence[float]) -> Float:
    """A curve that is zero with two derivatives at u = 0 and 1; shape: polynomial coefficients in 2 u - 1."""
    return np.asarray(64 * (u * (1 - u)) ** 3 * np.polynomial.polynomial.polyval(2 * u - 1, list(shape)))


def fourier(phase: Float, mean: float, *harmonics: tuple[int, float, float]) -> Float:
    """mean + sum of c cos(2 pi n phase) + s sin(2 pi n phase) over harmonics (n, c, s); phase in cycles."""
    terms = [c * np.cos(2 * np.pi * n * phase) + s * np.sin(2 * np.pi * n * phase) for n, c, s in harmonics]
    return np.asarray(mean + np.sum(terms, axis=0)) if terms else np.full(len(phase), mean)


def drift(times: Float, rng: np.random.Generator, size: float, slowest: float = 0.12, fastest: float = 0.7) -> Float:
    """The slow wandering of a living body: a sum of sines between two frequencies (hertz), rms = size."""
    frequency = np.exp(rng.uniform(np.log(slowest), np.log(fastest), 5))
    phase = rng.uniform(0, 2 * np.pi, 5)
    weight = frequency**-0.5
    sines = weight[:, None] * np.sin(2 * np.pi * frequency[:, None] * times + phase[:, None])
    return np.asarray(size * sines.sum(0) / np.sqrt((weight**2).sum() / 2))
