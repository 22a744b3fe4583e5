"""A metric as somebody outside would write it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from engine.metrics.catalogue import METRICS, add
from engine.metrics.metric import Metric
from engine.motion.pose import Joints

HEIGHT = Metric(
    key="height_error_mm",
    label="height error",
    short="Height",
    unit="mm",
    digits=2,
    better="lower",
    tip="How much too tall or short a pose is",
    needs=(Joints, Joints),
    compute=lambda prediction, truth: 1000 * np.abs(_heights(prediction) - _heights(truth)),
)


def _heights(pose: Joints) -> np.ndarray:
    return np.ptp(pose.positions[..., 2], axis=1)[:, None]


@contextmanager
def added(metric: Metric) -> Iterator[Metric]:
    """The metric in the catalogue for a while."""
    add(metric)
    try:
        yield metric
    finally:
        del METRICS[metric.key]
