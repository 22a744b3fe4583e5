"""All figures of one prediction in one dictionary, and their mean over several clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.metrics.motion import acceleration_error_m_s2, jitter_m_s3, velocity_error_mm_s
from engine.metrics.pose import (
    aligned_joint_error_mm,
    auc,
    joint_error_mm,
    pck,
    root_relative,
    scaled_joint_error_mm,
)

Float = NDArray[np.float64]

METRICS: dict[str, int] = {
    "mpjpe_mm": 0,
    "pa_mpjpe_mm": 0,
    "n_mpjpe_mm": 0,
    "mpjve_mm_s": 1,
    "accel_error_m_s2": 2,
    "jitter_m_s3": 3,
    "jitter_truth_m_s3": 3,
    "pck150": 0,
    "auc": 0,
}
"""Every metric and the order of its time derivative: a clip of T frames has T - order values of it."""


def measure(prediction: Float, truth: Float, times: Float) -> dict[str, Float]:
    """Every metric of `METRICS`, for each frame and joint: (T - order, 17), or (T, 14) for PCK and AUC.

    H36M-17 positions (T, 17, 3) metres at times (T,) seconds. All are root-relative: a lifting model says nothing
    of where the person stands, so jitter too is that of the pose about its pelvis, for prediction and truth alike.
    """
    error = joint_error_mm(prediction, truth)
    return {
        "mpjpe_mm": error,
        "pa_mpjpe_mm": aligned_joint_error_mm(prediction, truth),
        "n_mpjpe_mm": scaled_joint_error_mm(prediction, truth),
        "mpjve_mm_s": velocity_error_mm_s(prediction, truth, times),
        "accel_error_m_s2": acceleration_error_m_s2(prediction, truth, times),
        "jitter_m_s3": jitter_m_s3(root_relative(prediction), times),
        "jitter_truth_m_s3": jitter_m_s3(root_relative(truth), times),
        "pck150": pck(error),
        "auc": auc(error),
    }


def summarise(measures: Mapping[str, Float]) -> dict[str, float]:
    """The mean of each metric over frames and joints; NaN where it was not measured or there are too few frames."""
    return {key: _mean(measures[key]) if key in measures else float("nan") for key in METRICS}


def mean_over_frames(rows: Sequence[tuple[int, Mapping[str, float]]]) -> dict[str, float]:
    """Metrics of several clips, given as (frames, metrics), pooled: each clip counts by its number of values.

    Equal to the metric of all frames taken together. Keys not in `METRICS` (times) count by frames; NaN is left out.
    """
    pooled = {}
    for key in rows[0][1] if rows else ():
        pairs = [(max(frames - METRICS.get(key, 0), 0), row[key]) for frames, row in rows]
        known = [(weight, value) for weight, value in pairs if weight > 0 and not np.isnan(value)]
        total = sum(weight for weight, _ in known)
        pooled[key] = sum(weight * value for weight, value in known) / total if total else float("nan")
    return pooled


def _mean(values: Float) -> float:
    return float(values.mean()) if values.size else float("nan")
