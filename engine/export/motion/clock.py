"""A fixed rate, for formats that store one instead of every frame's time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.export.motion.motion import Motion
from engine.motion.clip import rate_hz

Float = NDArray[np.float64]

EVEN_S = 5e-7
"""Frames at most this far from a fixed rate are at it, seconds: a millionth of a second between the extremes."""
CLEAN_DIGITS = (3, 6)
"""A rate is rounded to so many decimals where the frames agree with that."""


def even_rate(times: Float) -> float | None:
    """The rate in hertz at which all frames (T,) lie, seconds, T > 1; None where they are not evenly spaced."""
    exact = (len(times) - 1) / float(times[-1] - times[0])
    for rate in (*(round(exact, digits) for digits in CLEAN_DIGITS), exact):
        if rate > 0 and np.abs(times - times[0] - np.arange(len(times)) / rate).max() <= EVEN_S:
            return rate
    return None


def at_fixed_rate(motion: Motion) -> tuple[Motion, float]:
    """The motion at a fixed rate, and that rate: as it is where its frames are even, else resampled, which it notes."""
    times = motion.joints.times
    if len(times) < 2:
        return motion, motion.rate_hz
    if (even := even_rate(times)) is not None:
        return motion, even
    rate = rate_hz(times)
    count = int(np.floor((times[-1] - times[0]) * rate + 1e-6)) + 1
    at = times[0] + np.arange(count) / rate
    body = None if motion.body is None else motion.body.at(at)
    resampled = replace(motion, joints=motion.joints.at(at), body=body)
    note = f"Its {len(times)} frames are not evenly spaced; this format needs that, so it was resampled to {rate:g} Hz."
    return resampled.noting(note), rate
