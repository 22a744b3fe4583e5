"""A ring of the newest samples, for curves that are appended to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


class Ring:
    """The samples of the last `span_s` seconds of some curves on one clock.

    An append costs the same however long it has been going on: on average one sample is copied for each, when the
    arrays are full. Arrays that were handed out are never written to again.
    """

    def __init__(self, curves: int, span_s: float) -> None:
        self._span = span_s
        self._times, self._values = np.zeros(64), np.zeros((curves, 64))
        self._first, self._end = 0, 0

    def append(self, seconds: float, values: Sequence[float]) -> None:
        """Add a sample of every curve, and forget those that are too old."""
        if self._end == len(self._times):
            self._renew()
        self._times[self._end], self._values[:, self._end] = seconds, values
        self._end += 1
        while self._times[self._first] < seconds - self._span:
            self._first += 1

    @property
    def times(self) -> Float:
        """(N,) seconds."""
        return self._times[self._first : self._end]

    @property
    def values(self) -> Float:
        """(C, N)"""
        return self._values[:, self._first : self._end]

    def _renew(self) -> None:
        """Go on in new arrays with room for as many samples as there are now."""
        times, values, kept = self.times, self.values, self._end - self._first
        self._times, self._values = np.zeros(2 * kept), np.zeros((len(values), 2 * kept))
        self._times[:kept], self._values[:, :kept] = times, values
        self._first, self._end = 0, kept
