"""The figures and the curves as text: for the table, for the clipboard and for CSV files. No Qt."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.experiment import Results
from engine.motion.skeleton import H36M_17

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Metric:
    """One row of the table: key of the summary, name, unit, digits after the point, what it means."""

    key: str
    name: str
    unit: str
    digits: int
    tip: str


METRICS = (
    Metric("mpjpe_mm", "MPJPE", "mm", 1, "Mean distance of the joints from the truth, both with the pelvis at 0"),
    Metric("pa_mpjpe_mm", "PA-MPJPE", "mm", 1, "The same after the best rotation, shift and scale of every frame"),
    Metric("n_mpjpe_mm", "N-MPJPE", "mm", 1, "The same after the best scale of every frame"),
    Metric("mpjve_mm_s", "MPJVE", "mm/s", 0, "Mean error of the joints' velocity, on real time"),
    Metric("accel_error_m_s2", "Accel. error", "m/s²", 2, "Mean error of the joints' acceleration, on real time"),
    Metric("jitter_m_s3", "Jitter", "m/s³", 0, "Mean jerk of the joints, on real time: how much the pose trembles"),
    Metric("ms_per_frame", "Time", "ms/frame", 2, "Inference of the whole clip over its frames, on this machine"),
)
TRUTH_OF = {"jitter_m_s3": "jitter_truth_m_s3"}


def truth_figure(results: Results, metric: Metric) -> float:
    """What the truth itself has for a metric; NaN where that means nothing."""
    key = TRUTH_OF.get(metric.key)
    return results.models[0].summary.get(key, math.nan) if key and results.models else math.nan


def figures_csv(results: Results) -> str:
    """One line per model, with everything that decides its figures."""
    head = ["clip", "model", "delta", "source_hz", "input_hz", "frames", "height_m", "height_source"]
    keys = list(results.models[0].summary) if results.models else []
    rows = (
        [
            results.clip_name, m.label, m.delta, results.source_hz, results.input_hz, results.frames,
            results.height_m, results.height_source, *(m.summary[k] for k in keys),
        ]
        for m in results.models
    )  # fmt: skip
    return _csv([*head, *keys], rows)


def curves_csv(results: Results) -> str:
    """One line per kept frame: time, the truth's jitter, and per model error (mean and every joint) and jitter."""
    head, columns = ["time_s", "truth jitter_m_s3"], [results.times, results.jitter_truth_m_s3]
    for m in results.models:
        head += [f"{m.label} mpjpe_mm", f"{m.label} jitter_m_s3"]
        columns += [m.mpjpe_mm, m.jitter_m_s3]
        head += [f"{m.label} {joint} error_mm" for joint in H36M_17.names]
        columns += list(m.joint_error_mm.T)
    return _csv(head, zip(*columns, strict=True))


def _csv(head: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.6g}"
    return value
