"""The catalogue of metrics: every figure of a prediction, and their means.

Those of joints are root-relative: a lifting model says nothing of where the person stands, so jitter too is that of the
pose about its pelvis, for prediction and truth alike. Every table lists them; those of bodies are listed where a model
has them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.metrics.body_metrics import BODY_METRICS
from engine.metrics.metric import Figure, Metric, Series
from engine.metrics.motion import acceleration_error_m_s2, jitter_m_s3, velocity_error_mm_s
from engine.metrics.pose import (
    aligned_joint_error_mm,
    auc,
    joint_error_mm,
    pck,
    root_relative,
    scaled_joint_error_mm,
)
from engine.motion.pose import Joints, Pose
from engine.pieces import pieces
from engine.progress import Cancel, Cancelled

Float = NDArray[np.float64]

METRICS: dict[str, Metric] = {}
"""By key, in the order of the tables; add further ones with `add`."""

COSTS: dict[str, Figure] = {
    figure.key: figure
    for figure in (
        Figure(
            key="ms_per_frame",
            label="ms per frame",
            short="ms",
            unit="/frame",
            digits=2,
            better="lower",
            tip="Inference of the whole clip over its frames, on this machine",
        ),
        Figure(
            key="params",
            label="parameters",
            short="Params",
            unit="",
            digits=None,
            better=None,
            tip="Learned numbers in the network",
        ),
        Figure(
            key="macs_per_frame",
            label="MACs per frame",
            short="MACs",
            unit="/frame",
            digits=None,
            better=None,
            tip="Multiply-accumulates for one frame",
        ),
    )
}
"""What a prediction costs, by key: figures of a run and of a card, not measured on poses."""


def add(metric: Metric) -> None:
    """Put a metric into the catalogue, after the others."""
    if metric.key in METRICS:
        raise ValueError(f"there is a metric {metric.key!r} already")
    METRICS[metric.key] = metric


def figures(known: Collection[str] = ()) -> dict[str, Figure]:
    """Metrics and costs by key, in the order of the tables: those of every model, and the further ones in `known`."""
    return {**{key: metric for key, metric in METRICS.items() if metric.common or key in known}, **COSTS}


SINGLE = 16_384
"""Frames; series of more than these are kept in single precision: seven digits of a millimetre."""


def measure(prediction: Pose, truth: Pose | None, cancel: Cancel | None = None) -> dict[str, Series]:
    """Every metric that these kinds allow, on real time.

    At the same times, metres; joints in H36M-17: their series are (T - order, 17), for PCK and AUC (T - order, 14).
    As `Metric.measure` of each, a piece of frames after the other. Raises Cancelled: `cancel` is asked before each
    metric of a piece.
    """
    frames = len(prediction)
    listed = {key: metric for key, metric in METRICS.items() if metric.applies_to(prediction, truth)}
    values: dict[str, Float] = {}
    for part in pieces(frames):
        given: dict[int, tuple[Pose, Pose | None]] = {}
        for key, metric in listed.items():
            if cancel is not None and cancel():
                raise Cancelled
            first = max(part.start - metric.order, 0)  # a derivative's first value in it looks back
            if first not in given:  # metrics of one order share what they work out of a pose
                cut = slice(first, part.stop)
                given[first] = _part(prediction, cut), None if truth is None else _part(truth, cut)
            found = metric.compute(*given[first])
            if key not in values:
                kind = np.float32 if frames > SINGLE else found.dtype
                values[key] = np.empty((max(frames - metric.order, 0), *found.shape[1:]), kind)
            values[key][first : first + len(found)] = found
    return {key: Series(prediction.times, values[key], metric.partial) for key, metric in listed.items()}


def _part(pose: Pose, part: slice) -> Pose:
    """The pose itself where that is all of it: what is remembered of a pose goes by which one it is."""
    return pose if part == slice(0, len(pose)) else pose.take(part)


def summarise(measures: Mapping[str, Series]) -> dict[str, float]:
    """The mean of each metric over frames and joints; NaN where there are too few frames.

    Metrics of joints that were not measured are NaN as well, those of bodies are left out.
    """
    listed = [key for key, metric in METRICS.items() if metric.common or key in measures]
    return {key: measures[key].mean() if key in measures else float("nan") for key in listed}


def mean_over_frames(rows: Sequence[tuple[int, Mapping[str, float]]]) -> dict[str, float]:
    """Metrics of several clips, given as (frames, metrics), pooled: each clip counts by its number of values.

    Equal to the metric of all frames taken together, but for metrics of some frames alone (`Metric.partial`). Keys not
    in `METRICS` (times) count by frames; NaN is left out, and so is a clip that lacks a metric.
    """
    pooled = {}
    for key in dict.fromkeys(key for _, row in rows for key in row):
        order = METRICS[key].order if key in METRICS else 0
        pairs = [(max(frames - order, 0), row.get(key, float("nan"))) for frames, row in rows]
        known = [(weight, value) for weight, value in pairs if weight > 0 and not np.isnan(value)]
        total = sum(weight for weight, _ in known)
        pooled[key] = sum(weight * value for weight, value in known) / total if total else float("nan")
    return pooled


def _error(prediction: Joints, truth: Joints) -> Float:
    return joint_error_mm(prediction.positions, truth.positions)


add(
    Metric(
        key="mpjpe_mm",
        label="MPJPE",
        short="MPJPE",
        unit="mm",
        digits=1,
        better="lower",
        tip="Mean distance of the joints from the truth, both with the pelvis at the origin",
        needs=(Joints, Joints),
        compute=_error,
    )
)
add(
    Metric(
        key="pa_mpjpe_mm",
        label="PA-MPJPE",
        short="PA-MPJPE",
        unit="mm",
        digits=1,
        better="lower",
        tip="MPJPE after the best rotation, scale and shift of every frame",
        needs=(Joints, Joints),
        compute=lambda prediction, truth: aligned_joint_error_mm(prediction.positions, truth.positions),
    )
)
add(
    Metric(
        key="n_mpjpe_mm",
        label="N-MPJPE",
        short="N-MPJPE",
        unit="mm",
        digits=1,
        better="lower",
        tip="MPJPE after the best scale of every frame",
        needs=(Joints, Joints),
        compute=lambda prediction, truth: scaled_joint_error_mm(prediction.positions, truth.positions),
    )
)
add(
    Metric(
        key="mpjve_mm_s",
        label="MPJVE",
        short="MPJVE",
        unit="mm/s",
        digits=0,
        better="lower",
        tip="Mean error of the joints' velocity, on real time",
        needs=(Joints, Joints),
        compute=lambda prediction, truth: velocity_error_mm_s(prediction.positions, truth.positions, prediction.times),
        order=1,
    )
)
add(
    Metric(
        key="accel_error_m_s2",
        label="acceleration error",
        short="Accel.",
        unit="m/s²",
        digits=2,
        better="lower",
        tip="Mean error of the joints' acceleration, on real time",
        needs=(Joints, Joints),
        compute=lambda prediction, truth: acceleration_error_m_s2(
            prediction.positions, truth.positions, prediction.times
        ),
        order=2,
    )
)
add(
    Metric(
        key="jitter_m_s3",
        label="jitter",
        short="Jitter",
        unit="m/s³",
        digits=1,
        better=None,
        tip="Mean jerk of the joints, on real time: how much the pose trembles. "
        "Best is what trembles as much as the truth",
        needs=(Joints, None),
        compute=lambda prediction, truth: jitter_m_s3(root_relative(prediction.positions), prediction.times),
        order=3,
        truth_key="jitter_truth_m_s3",
    )
)
add(
    Metric(
        key="jitter_truth_m_s3",
        label="jitter of the truth",
        short="Truth's jitter",
        unit="m/s³",
        digits=1,
        better=None,
        tip="Mean jerk of the truth's joints, on real time",
        needs=(Joints, Joints),
        compute=lambda prediction, truth: jitter_m_s3(root_relative(truth.positions), truth.times),
        order=3,
    )
)
add(
    Metric(
        key="pck150",
        label="PCK@150",
        short="PCK@150",
        unit="%",
        digits=1,
        better="higher",
        tip="Share of the joints that are less than 150 mm away",
        needs=(Joints, Joints),
        compute=lambda prediction, truth: pck(_error(prediction, truth)),
    )
)
add(
    Metric(
        key="auc",
        label="AUC",
        short="AUC",
        unit="%",
        digits=1,
        better="higher",
        tip="Mean share of the joints that are near enough, over limits from 0 to 150 mm",
        needs=(Joints, Joints),
        compute=lambda prediction, truth: auc(_error(prediction, truth)),
    )
)
for _metric in BODY_METRICS:
    add(_metric)
