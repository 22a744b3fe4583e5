"""Keypoints smoothed as they come, by a one-Euro filter on real time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.detector.one_euro import OneEuro

Float = NDArray[np.float64]


class SmoothKeypoints:
    """cutoff_hz of keypoints at rest; beta: what a speed of one body height a second adds to it.

    A joint that is not seen stays where it was for the filter, and is given on as it came. Where one is seen for the
    first time, the filter begins anew.
    """

    def __init__(self, cutoff_hz: float, beta: float) -> None:
        self._given = cutoff_hz, beta
        self._filter = OneEuro(*self._given)
        self._known = np.zeros(0, bool)
        self._time: float | None = None
        self._last: Float | None = None
        self._size = 0.0

    def push(self, xy: Float, confidence: Float, time: float) -> Float:
        """Keypoints (J, 2) of a frame, pixels, at a time in seconds after the one before."""
        seen = confidence > 0
        if not seen.any():
            return xy
        here = float(np.ptp(xy[seen], axis=0).max())
        self._size = max(here, self._size) if self._size else here
        known = self._known if len(self._known) else np.zeros(len(xy), bool)
        given = xy if self._last is None else np.where(seen[:, None] | ~known[:, None], xy, self._last)
        period = 1.0 if self._time is None else time - self._time
        if (seen & ~known).any():
            self._filter = OneEuro(*self._given)
            if self._last is not None:
                self._filter(np.where(known[:, None], self._last, xy), period)
        self._known = known | seen
        self._time, self._last = time, self._filter(given, period, max(self._size, 1.0))
        return np.where(seen[:, None], self._last, xy)
