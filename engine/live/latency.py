"""Latencies of the latest frames, and how many came a second."""

from __future__ import annotations

from collections import deque

import numpy as np

REMEMBERED = 3600
"""Frames: a minute at 60 Hz."""


class Latency:
    """Feed it every frame with `push`; `p50_ms` and `p95_ms` are those of the latest `REMEMBERED` frames.

    count  frames so far
    """

    def __init__(self) -> None:
        self.count = 0
        self._seconds: deque[float] = deque(maxlen=REMEMBERED)
        self._done: deque[float] = deque(maxlen=REMEMBERED)

    def push(self, latency_s: float, now: float) -> None:
        """latency_s of a frame whose prediction was there at `now`, both seconds."""
        self.count += 1
        self._seconds.append(latency_s)
        self._done.append(now)

    @property
    def last(self) -> float:
        """When the last prediction was there, in seconds; minus infinity before the first."""
        return self._done[-1] if self._done else float("-inf")

    @property
    def p50_ms(self) -> float:
        return self.percentile_ms(50)

    @property
    def p95_ms(self) -> float:
        return self.percentile_ms(95)

    def percentile_ms(self, percent: float) -> float:
        """NaN before the first frame."""
        seconds = list(self._seconds)
        return float(np.percentile(seconds, percent)) * 1e3 if seconds else float("nan")

    @property
    def per_second(self) -> float:
        """Predictions a second over the latest frames; NaN before the second one."""
        done = list(self._done)
        passed = done[-1] - done[0] if len(done) > 1 else 0.0
        return (len(done) - 1) / passed if passed > 0 else float("nan")
