"""Charts of results: error and jitter over time, error against the frame rate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.experiment import Results
from engine.export.picture import DARK, LIGHT, Axis, Chart, Colour, Curve, Palette, Picture
from engine.sweep import SweepTable

TRUTH: Colour = (160, 164, 170)
WAYS_SHOWN: dict[str, tuple[str, Colour]] = {
    "trained": ("Δ as trained", (128, 128, 128)),
    "rescaled": ("Δ rescaled", (213, 94, 0)),
    "resampled": ("input resampled", (0, 114, 178)),
}


def error_chart(results: Results, colours: Sequence[Colour], size: tuple[int, int], palette: Palette = DARK) -> Chart:
    """MPJPE of each model over time."""
    curves = [
        Curve(_label(result.label, result.summary["mpjpe_mm"], "mm"), results.times, result.mpjpe_mm, colour)
        for result, colour in zip(results.models, colours, strict=False)
    ]
    title = f"MPJPE, mm  ·  {results.clip_name}, {results.input_hz:.4g} Hz"
    return Chart(curves, _time_axis(results), Axis(low=0.0), title, palette, size)


def jitter_chart(results: Results, colours: Sequence[Colour], size: tuple[int, int], palette: Palette = DARK) -> Chart:
    """Jitter of the truth and of each model over time."""
    curves = [
        Curve(_label(result.label, result.summary["jitter_m_s3"], "m/s³"), results.times, result.jitter_m_s3, colour)
        for result, colour in zip(results.models, colours, strict=False)
    ]
    if results.truth is not None:
        curves.insert(0, Curve("truth", results.times, results.jitter_truth_m_s3, TRUTH))
    return Chart(curves, _time_axis(results), Axis(low=0.0), "Jitter of the pose, m/s³", palette, size)


def rate_picture(table: SweepTable, size: tuple[int, int] = (1280, 640)) -> Picture:
    """MPJPE against the input's frame rate, a panel for each model and a line for each way."""
    models = dict.fromkeys(row.model for row in table.rows)
    errors = [row.figures["mpjpe_mm"] for row in table.rows]
    ticks = {float(np.log2(row.r)): f"{row.input_hz:.4g}" for row in table.rows}
    rates = Axis("input frame rate, Hz", sorted(ticks.items()), min(ticks) - 0.15, max(ticks) + 0.15)
    panel = (size[0] // len(models), size[1])
    charts = []
    for model in models:
        curves = []
        for way, (label, colour) in WAYS_SHOWN.items():
            rows = [row for row in table.rows if (row.model, row.way) == (model, way)]
            x, y = np.array([np.log2(row.r) for row in rows]), np.array([row.figures["mpjpe_mm"] for row in rows])
            curves.append(Curve(label, x, y, colour, dashed=way == "trained", marks=True))
        axis = Axis(low=0.0, high=1.06 * float(np.nanmax(errors)))
        charts.append(Chart(curves, rates, axis, f"{model}  ·  MPJPE, mm", LIGHT, panel).draw())
    return np.concatenate(charts, axis=1)


def _time_axis(results: Results) -> Axis:
    return Axis("seconds", low=0.0, high=max(float(results.times[-1]), 1e-3))


def _label(name: str, mean: float, unit: str) -> str:
    return name if np.isnan(mean) else f"{name}  {mean:.1f} {unit}"
