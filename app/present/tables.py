"""Figures and curves of results as the tables that the window shows, and as CSV. No Qt."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from app.present.curves import joint_names
from app.present.pinned import pairs
from app.present.tabular import Column, Row, Table, csv_text
from app.state.moment import frame_at
from app.state.results import Shown
from engine.experiment.results import ModelResult, Results
from engine.experiment.settings import InputSettings
from engine.experiment.sweep import assumed_in
from engine.metrics.catalogue import METRICS, figures
from engine.metrics.metric import Figure
from engine.models.card import OBSERVATIONS

if TYPE_CHECKING:
    from engine.experiment.sweep import SweepRow, SweepTable

DELTA, NOW, PINNED, OBSERVES = "delta", "now", "pinned", "observes"
KINDS = tuple(OBSERVATIONS)
SIZES = ("params", "macs_per_frame")
TARGET = {"lower": 0.0, "higher": math.inf, None: None}


def metric_columns(known: Collection[str] = ()) -> tuple[Column, ...]:
    """The figures of every model, and those in `known`, in the order of the table; keys of `ModelResult.figures`."""
    of_truth = {metric.truth_key for metric in METRICS.values()}
    return tuple(column_of(figure) for key, figure in figures(known).items() if key not in of_truth)


def column_of(figure: Figure) -> Column:
    return Column(figure.key, figure.short, figure.unit, figure.tip, figure.digits, TARGET[figure.better])


MPJPE = column_of(METRICS["mpjpe_mm"])
RARELY = frozenset(
    {
        "n_mpjpe_mm",
        "pck150",
        "auc",
        "mpjre_geodesic_deg",
        "upper_pe_cm",
        "lower_pe_cm",
        "root_pe_cm",
        "world_mpjve_cm_s",
    }
)
"""Those that are shown when they are asked for."""


def models_table(shown: Shown, seconds: float, pinned: Shown | None = None) -> Table:
    """Make a row for each model, the truth last; the column `NOW` is about the moment at `seconds`.

    pinned  results whose MPJPE stands before the present one
    """
    results = shown.results
    known = {key for model in results.models for key in model.summary}
    truth = {key: _of_truth(results, metric.truth_key) for key, metric in METRICS.items() if metric.truth_key}
    columns = [
        Column(DELTA, "Δ", "", "What Δ is multiplied by; a dash where every frame has its own", 2, None, prefix="×"),
        *(replace(c, target=truth[c.key]) if c.key in truth else c for c in metric_columns(known)),
    ]
    if results.truth is not None:
        measured = (model for model in results.models if MPJPE.key in model.series)
        most = max((float(model.over_time(MPJPE.key).max()) for model in measured), default=math.nan)
        columns.insert(1, Column(NOW, "Now", "mm", "MPJPE of the frame that is shown", copied=False, room=most))
    compared = pairs(pinned, shown) if pinned is not None and pinned is not shown else [None] * len(results.models)
    before = [math.nan if pair is None else pair.before.summary.get(MPJPE.key, math.nan) for pair in compared]
    if not all(map(math.isnan, before)):
        at = [c.key for c in columns].index(MPJPE.key)
        columns.insert(at, _pinned_column(pinned))
    if results.mixed:
        columns.insert(0, Column(OBSERVES, "Observes", "", "What the model is given", target=None, words=KINDS))
    rows = []
    answered = zip(shown.slots, results.models, errors_now(shown, seconds), before, strict=False)
    for slot, model, now, then in answered:
        said = {NOW: now, PINNED: then}
        cells = tuple(said[c.key] if c.key in said else _figure(model, c.key) for c in columns)
        rows.append(Row(model.label, cells, slot.colour))
    for slot in shown.waiting:  # its row is there already, so that none moves when it answers
        rows.append(Row(slot.choice.label, (math.nan,) * len(columns), slot.colour))
    foot = Row("Ground truth", tuple(truth.get(c.key, math.nan) for c in columns), "truth")
    with_truth = () if results.truth is None else (foot,)
    assumed = "; ".join(results.assumed)
    return Table("Model", tuple(columns), tuple(rows), with_truth, caption(shown), assumed=assumed)


def _pinned_column(pinned: Shown | None) -> Column:
    """Their MPJPE; marked where it depends on what their clip does not say."""
    assumed = "" if pinned is None else "; ".join(pinned.results.assumed)
    tip = "MPJPE of the results that were pinned"
    if assumed:
        return Column(PINNED, "Pinned *", "mm", f"{tip}, assumed: {assumed}", target=None)
    return Column(PINNED, "Pinned", "mm", tip, target=None)


def errors_now(shown: Shown, seconds: float) -> list[float]:
    """Read off the MPJPE of every model at a time, mm; not a number for those that have not answered yet."""
    at = frame_at(shown.results.times, seconds)
    waiting = [math.nan] * len(shown.waiting)
    return [float(model.over_time(MPJPE.key)[at]) for model in shown.results.models] + waiting


def joints_table(shown: Shown) -> Table:
    """Make a row for each joint, in the skeleton's order, and the mean; a column for each model: its error."""
    results = shown.results
    columns = _of_models(shown)
    names = joint_names(results)
    unknown = np.full(len(names), math.nan)
    each = [m.series[MPJPE.key].per_joint() if MPJPE.key in m.series else unknown for m in results.models]
    rows = [Row(name, tuple(float(e[joint]) for e in each)) for joint, name in enumerate(names)]
    mean = Row("all joints", tuple(model.summary[MPJPE.key] for model in results.models))
    said, assumed = f"MPJPE, mm. {caption(shown)}", "; ".join(results.assumed)
    return Table("Joint", columns, tuple(rows), (mean,), said, "rows", worst_first=True, assumed=assumed)


def categories_table(table: SweepTable, colours: Mapping[str, int], metric: Column = MPJPE) -> Table:
    """Make a row for each motion category of many clips, and all of them; a column for each model: means over frames.

    At the highest frame rate that was swept, Δ following it where that was tried.
    colours  by model, indices into the palette
    """
    r, mode = min(row.r for row in table.rows), "auto" if "auto" in table.modes else table.modes[0]
    models = tuple(dict.fromkeys(row.model for row in table.rows))
    columns = tuple(replace(metric, key=name, name=name, mark=colours.get(name)) for name in models)

    def cells(rows: Sequence[SweepRow]) -> tuple[float, ...]:
        found = {row.model: row.figures[metric.key] for row in rows if (row.r, row.mode) == (r, mode)}
        return tuple(found.get(name, math.nan) for name in models)

    rows = [Row(name or "without one", cells(held)) for name, held in sorted(table.by_category().items())]
    hz, clips = max(row.input_hz for row in table.rows), len({row.clip for row in table.clips})
    said = f"{metric.name}, {metric.unit}: mean over the frames of {clips} clips at {hz:.4g} Hz"
    assumed = "; ".join(assumed_in(table.rows))
    said += f", assumed: {assumed}" if assumed else ""
    foot = (Row("all", cells(table.rows)),)
    return Table("Category", columns, tuple(rows), foot, said, "rows", worst_first=True, assumed=assumed)


def caption(shown: Shown) -> str:
    """Say what the figures are about, with what was assumed and everything that was done to the input."""
    assumed = "; ".join(shown.results.assumed)
    said = [shown.results.caption, changes(shown.settings.input), f"assumed: {assumed}" if assumed else ""]
    return ", ".join(filter(None, said))


def changes(given: InputSettings) -> str:
    """Say what is not as by default, but the frame rate."""
    changed = {**given.levels, **given.options} | ({"seed": given.seed} if given.seed else {})
    return ", ".join(f"{name} {value}" for name, value in changed.items())


def figures_csv(results: Results) -> str:
    """Write one line per model, with everything that decides its figures."""
    observes = ["observes"] if results.mixed else []
    head = ["clip", "model", *observes, "delta", "source_hz", "input_hz", "frames", "height_m", "height_source"]
    keys = list(dict.fromkeys(key for model in results.models for key in model.figures))
    assumed = "; ".join(results.assumed)
    rows = (
        [
            results.clip_name, m.label, *([m.card.observes] if observes else []), m.delta, results.source_hz,
            results.input_hz, results.frames,
            results.height.metres, results.height.source, assumed, *(m.figures.get(k, math.nan) for k in keys),
        ]
        for m in results.models
    )  # fmt: skip
    return csv_text([*head, "assumed", *keys], rows)


def curves_csv(results: Results) -> str:
    """Write one line per kept frame: time, the truth's jitter; per model error (mean and every joint) and jitter."""
    truth = results.truth_series.get("jitter_m_s3")
    jitter = np.full(results.frames, np.nan) if truth is None else truth.per_frame()
    head, columns = ["time_s", "truth jitter_m_s3"], [results.times, jitter]
    names = joint_names(results)
    for m in results.models:
        head += [f"{m.label} mpjpe_mm", f"{m.label} jitter_m_s3"]
        columns += [m.over_time(MPJPE.key), m.over_time("jitter_m_s3")]
        head += [f"{m.label} {joint} error_mm" for joint in names]
        columns += [m.over_time(MPJPE.key, joint) for joint in range(len(names))]
    return csv_text(head, zip(*columns, strict=True))


def _figure(model: ModelResult, key: str) -> float:
    """Look a figure up; NaN for what is not a number, and for a size that nobody has counted."""
    if key == OBSERVES:
        return float(KINDS.index(model.card.observes))
    if key == DELTA:
        return model.delta if isinstance(model.delta, float) else math.nan
    value = model.figures.get(key, math.nan)
    return math.nan if value == 0 and key in SIZES else value


def _of_truth(results: Results, key: str) -> float:
    """Look a figure of the truth up, which every model that is measured by it has."""
    return next((model.summary[key] for model in results.models if key in model.summary), math.nan)


def _of_models(shown: Shown) -> tuple[Column, ...]:
    return tuple(
        Column(model.label, model.label, "mm", MPJPE.tip, mark=slot.colour)
        for slot, model in zip(shown.slots, shown.results.models, strict=True)
    )
