"""Running metrics of a live stream: the catalogue one frame at a time, in constant memory.

Each metric's one-frame twin gives its values as they come; everything else is running sums. After n frames `means()`
equals `engine.metrics.catalogue.summarise` of those n frames.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.metrics.catalogue import METRICS
from engine.metrics.metric import MetricStream
from engine.motion.pose import Joints

Float = NDArray[np.float64]
NAN = float("nan")


class OnlineMetrics:
    """Feed it frames with `push`; read `means()` (so far) at any time."""

    def __init__(self) -> None:
        self._streams: dict[str, MetricStream] = {key: metric.stream() for key, metric in METRICS.items()}
        self._sums: dict[str, Float] = {}
        self._counts: dict[str, int] = dict.fromkeys(METRICS, 0)

    def push(self, prediction: Joints, truth: Joints | None = None) -> dict[str, float]:
        """One frame, poses of one -> its own value of every metric, NaN until enough frames are known.

        A derivative is that of the latest frames, ending at this one.
        """
        found = dict.fromkeys(METRICS, NAN)
        for key, stream in self._streams.items():
            value = stream.push(prediction, truth) if METRICS[key].applies_to(prediction, truth) else None
            if value is not None:
                self._sums[key] = self._sums.get(key, 0.0) + value
                self._counts[key] += 1
                found[key] = float(value.mean())
        return found

    def joint_means(self, metric: str) -> Float:
        """A metric of each joint over all frames so far, (17,), or (14,) for PCK and AUC; empty before the first."""
        return self._sums.get(metric, np.zeros(0)) / max(self._counts[metric], 1)

    def means(self) -> dict[str, float]:
        """The mean of every metric over all frames so far; NaN where there are too few."""
        return {key: float(self.joint_means(key).mean()) if key in self._sums else NAN for key in METRICS}
