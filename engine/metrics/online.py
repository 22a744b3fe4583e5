"""Running metrics of a live stream: the catalogue one frame at a time, in constant memory.

Each metric's one-frame twin gives its values as they come; everything else is running sums. After n frames `means()`
equals `engine.metrics.catalogue.summarise` of those n frames.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from engine.metrics.catalogue import METRICS
from engine.metrics.metric import MetricStream
from engine.motion.pose import ClassScores, Pose, Prediction

Float = NDArray[np.float64]
NAN = float("nan")


class OnlineMetrics:
    """Feed it frames with `push`; read `means()` (so far) at any time. metrics: their keys; None takes all."""

    def __init__(self, metrics: Collection[str] | None = None) -> None:
        wanted = METRICS if metrics is None else metrics
        self._streams: dict[str, MetricStream] = {k: m.stream() for k, m in METRICS.items() if k in wanted}
        self._sums: dict[str, Float] = {}
        self._counts: dict[str, Float] = {}

    def push(self, prediction: Prediction, truth: Pose | None = None) -> dict[str, float]:
        """One frame, poses of one -> its own value of every metric, NaN until enough frames are known, and of scores.

        A derivative is that of the latest frames, ending at this one.
        """
        found = {key: NAN for key, metric in METRICS.items() if metric.common}
        if isinstance(prediction, ClassScores):
            return found
        for key, stream in self._streams.items():
            metric = METRICS[key]
            if not metric.applies_to(prediction, truth):
                continue
            value = stream.push(prediction, truth)
            found[key] = NAN
            if value is not None:
                known = ~np.isnan(value) if metric.partial else np.ones(len(value), bool)
                self._sums[key] = self._sums.get(key, 0.0) + np.where(known, value, 0.0)
                self._counts[key] = self._counts.get(key, 0) + known
                found[key] = float(value[known].mean()) if known.any() else NAN
        return found

    def joint_means(self, metric: str) -> Float:
        """A metric of each joint over all frames so far, (17,), or (14,) for PCK and AUC; empty before the first."""
        if metric not in self._sums:
            return np.zeros(0)
        sums, counts = self._sums[metric], self._counts[metric]
        return np.where(counts > 0, sums / np.maximum(counts, 1), NAN)

    def means(self) -> dict[str, float]:
        """The mean of every metric over all frames so far; NaN where there are too few."""
        listed = [key for key, metric in METRICS.items() if metric.common or key in self._sums]
        return {key: self._mean(key) for key in listed}

    def _mean(self, key: str) -> float:
        counted = self._counts[key].sum() if key in self._sums else 0
        return float(self._sums[key].sum() / counted) if counted else NAN
