"""The same metrics, one frame at a time, in constant memory: what a live stream shows.

A ring buffer keeps the four frames that the third derivative needs; everything else is running sums. After n
frames `means()` equals `engine.metrics.summary.summarise` of those n frames (tested to 1e-6).
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from engine.metrics.summary import METRICS, measure

Float = NDArray[np.float64]
NAN = float("nan")


class OnlineMetrics:
    """Feed it frames with `push`; read `means()` (so far) at any time."""

    def __init__(self) -> None:
        self.frames = 0
        self._recent: deque[tuple[float, Float, Float]] = deque(maxlen=max(METRICS.values()) + 1)
        self._sums: dict[str, Float] = {}

    def push(self, time_s: float, prediction: Float, truth: Float) -> dict[str, float]:
        """One frame, both (17, 3) metres -> its own value of every metric, NaN until enough frames are known.

        A derivative is that of the latest frames, ending at this one.
        """
        self._recent.append((time_s, prediction, truth))
        self.frames += 1
        times, p, g = (np.array(column) for column in zip(*self._recent, strict=True))
        latest = {key: values[-1] for key, values in measure(p, g, times).items() if len(values)}
        for key, value in latest.items():
            self._sums[key] = self._sums.get(key, 0.0) + value
        return {key: float(latest[key].mean()) if key in latest else NAN for key in METRICS}

    def joint_means(self, metric: str) -> Float:
        """A metric of each joint over all frames so far, (17,), or (14,) for PCK and AUC; empty before the first."""
        return self._sums.get(metric, np.zeros(0)) / max(self.frames - METRICS[metric], 1)

    def means(self) -> dict[str, float]:
        """The mean of every metric over all frames so far; NaN where there are too few."""
        return {key: float(self.joint_means(key).mean()) if key in self._sums else NAN for key in METRICS}
