"""Charts of results: error and jitter over time, error against the frame rate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.experiment.results import Results
from engine.experiment.sweep import AS_SAMPLED, VARIATIONS, SweepRow, SweepTable, distinct, way_labels
from engine.export.picture import DARK, LIGHT, Axis, Chart, Colour, Curve, Palette, Picture

TRUTH: Colour = (160, 164, 170)
WAY_COLOURS: dict[str, Colour] = {
    "trained": (128, 128, 128),
    "rescaled": (213, 94, 0),
    "nominal": (128, 128, 128),
    "resampled": (0, 114, 178),
}
FALSE_WAYS = ("trained", "nominal")
"""Those whose Δ is not the time that passed: dashed."""
NARROWEST, LOWEST = 480, 320
"""Of a panel, pixels."""
MODEL_COLOURS: tuple[Colour, ...] = (
    (230, 159, 0), (0, 114, 178), (0, 158, 115), (204, 121, 167), (213, 94, 0), (86, 180, 233),
)  # fmt: skip


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


def sweep_picture(table: SweepTable, size: tuple[int, int] = (1280, 640)) -> Picture:
    """MPJPE against the frame rate, or against what was varied with a row of panels for each rate; one scale for all.

    A panel for each model and a line for each way; where only one way was swept, one panel with a line for each model.
    """
    labels = way_labels(table.ways)
    by_model = len(labels) > 1
    panels: dict[int, dict[str, dict[str, list[SweepRow]]]] = {}  # by rate, by model, by line
    for row in distinct(table.rows):
        said = AS_SAMPLED if row.as_sampled else labels[row.way]
        panel, line = (row.model, said) if by_model else ("", row.model)
        lines = panels.setdefault(row.r if table.varied else 0, {}).setdefault(panel, {})
        lines.setdefault(line, []).append(row)
    across = _level_axis(table) if table.varied else _rate_axis(table.rows)
    up = Axis(low=0.0, high=1.06 * float(np.nanmax([row.figures["mpjpe_mm"] for row in table.rows])))
    rows = []
    for r, models in panels.items():
        rate = (f"1 frame in {r}" if r > 1 else "every frame") if len(panels) > 1 else ""
        panel_size = (max(size[0] // len(models), NARROWEST), max(size[1] // len(panels), LOWEST))
        charts = [
            Chart(
                _lines(lines, by_model, varied=bool(table.varied)), across, up,
                "  ·  ".join(filter(None, [model, rate, "MPJPE, mm"])), LIGHT, panel_size,
            ).draw()
            for model, lines in models.items()
        ]  # fmt: skip
        rows.append(np.concatenate(charts, axis=1))
    return np.concatenate(rows)


def _lines(lines: dict[str, list[SweepRow]], by_model: bool, varied: bool) -> list[Curve]:
    return [
        Curve(
            line,
            np.array([row.level if varied else np.log2(row.r) for row in rows]),
            np.array([row.figures["mpjpe_mm"] for row in rows]),
            WAY_COLOURS[rows[0].way] if by_model else MODEL_COLOURS[k % len(MODEL_COLOURS)],
            dashed=rows[0].way in FALSE_WAYS,
            marks=True,
        )
        for k, (line, rows) in enumerate(lines.items())
    ]


def _rate_axis(rows: Sequence[SweepRow]) -> Axis:
    ticks = {float(np.log2(row.r)): f"{row.input_hz:.4g}" for row in rows}
    return Axis("input frame rate, Hz", sorted(ticks.items()), min(ticks) - 0.15, max(ticks) + 0.15)


def _level_axis(table: SweepTable) -> Axis:
    levels = sorted({row.level for row in table.rows})
    margin = 0.03 * (levels[-1] - levels[0]) or 0.5
    ticks = [(level, f"{level:g}") for level in levels]
    return Axis(VARIATIONS[table.varied].label, ticks, levels[0] - margin, levels[-1] + margin)


def _time_axis(results: Results) -> Axis:
    return Axis("seconds", low=0.0, high=max(float(results.times[-1]), 1e-3))


def _label(name: str, mean: float, unit: str) -> str:
    return name if np.isnan(mean) else f"{name}  {mean:.1f} {unit}"
