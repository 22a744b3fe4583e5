"""The one-Euro filter: a low-pass whose cut-off rises with speed.

Casiez, Roussel, Vogel: 1€ Filter, CHI 2012.
"""

from __future__ import annotations

import math

import numpy as np

from engine.detector.regions import Float


class OneEuro:
    """Smooths values of any shape as they come.

    min_cutoff, beta  cut-off in Hz at rest, and what a speed of one adds to it
    speed_cutoff      of the speed itself, Hz
    """

    def __init__(self, min_cutoff: float, beta: float, speed_cutoff: float = 1.0) -> None:
        self._min_cutoff, self._beta, self._speed_cutoff = min_cutoff, beta, speed_cutoff
        self._value: Float | None = None
        self._speed: Float | None = None

    def __call__(self, value: Float, period: float, scale: float = 1.0) -> Float:
        """Return the value smoothed; `period` seconds passed since the last one, speed is measured in `scale`."""
        if self._value is None or self._speed is None:
            self._value, self._speed = value, np.zeros_like(value)
            return value
        speed = (value - self._value) / (scale * period)
        self._speed = self._speed + _share(self._speed_cutoff, period) * (speed - self._speed)
        cutoff = self._min_cutoff + self._beta * np.abs(self._speed)
        self._value = self._value + _share(cutoff, period) * (value - self._value)
        return self._value


def _share(cutoff: float | Float, period: float) -> float | Float:
    """What of a step a low-pass takes on in one period."""
    return 1 / (1 + 1 / (2 * math.pi * cutoff * period))
