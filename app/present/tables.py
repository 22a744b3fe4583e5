"""The figures and the curves of results: as the tables that the window shows, and as CSV. No Qt."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from app.present.tabular import Column, Row, Table, csv_text
from app.state.state import Shown
from engine.experiment.results import ModelResult, Results
from engine.experiment.settings import InputSettings
from engine.motion.skeleton import H36M_17

if TYPE_CHECKING:
    from engine.experiment.sweep import SweepRow, SweepTable

DELTA, NOW = "delta", "now"
SIZES = ("params", "macs_per_frame")
MPJPE = Column(
    "mpjpe_mm", "MPJPE", "mm", "Mean distance of the joints from the truth, both with the pelvis at the origin"
)
METRICS = (
    MPJPE,
    Column("pa_mpjpe_mm", "PA-MPJPE", "mm", "MPJPE after the best rotation, scale and shift of every frame"),
    Column("n_mpjpe_mm", "N-MPJPE", "mm", "MPJPE after the best scale of every frame"),
    Column("mpjve_mm_s", "MPJVE", "mm/s", "Mean error of the joints' velocity, on real time", digits=0),
    Column("accel_error_m_s2", "Accel.", "m/s²", "Mean error of the joints' acceleration, on real time", digits=2),
    Column("jitter_m_s3", "Jitter", "m/s³", "Mean jerk of the joints, on real time: how much the pose trembles. "
           "Best is what trembles as much as the truth", target=None),
    Column("pck150", "PCK@150", "%", "Share of the joints that are less than 150 mm away", target=100.0),
    Column("auc", "AUC", "%", "Mean share of the joints that are near enough, over limits from 0 to 150 mm",
           target=100.0),
    Column("ms_per_frame", "ms", "/frame", "Inference of the whole clip over its frames, on this machine", digits=2),
    Column("params", "Params", "", "Learned numbers in the network", digits=None, target=None),
    Column("macs_per_frame", "MACs", "/frame", "Multiply-accumulates for one frame", digits=None, target=None),
)  # fmt: skip
"""The figures of a model in the order of the table; keys of `ModelResult.figures`."""
RARELY = frozenset({"n_mpjpe_mm", "pck150", "auc"})
"""Those that are shown when they are asked for."""
TRUTH_OF = {"jitter_m_s3": "jitter_truth_m_s3"}


def models_table(shown: Shown, frame: int) -> Table:
    """A row for each model, the truth last. `frame` is the clip's frame that the column `NOW` is about."""
    results = shown.results
    truth = {key: results.models[0].summary[of] if results.models else math.nan for key, of in TRUTH_OF.items()}
    columns = [
        Column(DELTA, "Δ", "", "What Δ is multiplied by; a dash where every frame has its own", 2, None, prefix="×"),
        *(replace(c, target=truth[c.key]) if c.key in truth else c for c in METRICS),
    ]
    if results.truth is not None:
        most = max((float(model.mpjpe_mm.max()) for model in results.models), default=math.nan)
        columns.insert(1, Column(NOW, "Now", "mm", "MPJPE of the frame that is shown", copied=False, room=most))
    rows = [
        Row(model.label, tuple(now if c.key == NOW else _figure(model, c.key) for c in columns), slot.colour)
        for slot, model, now in zip(shown.slots, results.models, errors_now(shown, frame), strict=True)
    ]
    foot = Row("Ground truth", tuple(truth.get(c.key, math.nan) for c in columns), "truth")
    with_truth = () if results.truth is None else (foot,)
    return Table("Model", tuple(columns), tuple(rows), with_truth, caption(shown))


def errors_now(shown: Shown, frame: int) -> list[float]:
    """The error of every model at a frame of the clip."""
    at = shown.kept(frame)
    return [float(model.joint_error_mm[at].mean()) for model in shown.results.models]


def joints_table(shown: Shown) -> Table:
    """A row for each joint, in the skeleton's order, and the mean; a column for each model: the error over the clip."""
    results = shown.results
    columns = _of_models(shown)
    each = [model.joint_error_mm.mean(0) for model in results.models]
    rows = [Row(name, tuple(float(e[joint]) for e in each)) for joint, name in enumerate(H36M_17.names)]
    mean = Row("all joints", tuple(model.summary[MPJPE.key] for model in results.models))
    return Table("Joint", columns, tuple(rows), (mean,), f"MPJPE, mm. {caption(shown)}", "rows", worst_first=True)


def categories_table(table: SweepTable, colours: Mapping[str, int], metric: Column = MPJPE) -> Table:
    """A row for each motion category of many clips, and all of them; a column for each model: means over frames.

    At the highest frame rate that was swept, Δ following it where that was tried.
    colours  by model, indices into the palette
    """
    r, way = min(row.r for row in table.rows), "rescaled" if "rescaled" in table.ways else table.ways[0]
    models = tuple(dict.fromkeys(row.model for row in table.rows))
    columns = tuple(replace(metric, key=name, name=name, mark=colours.get(name)) for name in models)

    def cells(rows: Sequence[SweepRow]) -> tuple[float, ...]:
        found = {row.model: row.figures[metric.key] for row in rows if (row.r, row.way) == (r, way)}
        return tuple(found.get(name, math.nan) for name in models)

    rows = [Row(name or "without one", cells(held)) for name, held in sorted(table.by_category().items())]
    hz, clips = max(row.input_hz for row in table.rows), len({row.clip for row in table.clips})
    said = f"{metric.name}, {metric.unit}: mean over the frames of {clips} clips at {hz:.4g} Hz"
    return Table("Category", columns, tuple(rows), (Row("all", cells(table.rows)),), said, "rows", worst_first=True)


def caption(shown: Shown) -> str:
    """What the figures are about, with everything that was done to the input."""
    return ", ".join(filter(None, [shown.results.caption, changes(shown.settings.input)]))


def changes(given: InputSettings) -> str:
    """Whatever is not as by default, but the frame rate."""
    changed = given.model_dump(exclude_defaults=True, exclude={"subsample"})
    return ", ".join(f"{name} {value}" for name, value in changed.items())


def figures_csv(results: Results) -> str:
    """One line per model, with everything that decides its figures."""
    head = ["clip", "model", "delta", "source_hz", "input_hz", "frames", "height_m", "height_source"]
    keys = list(results.models[0].figures) if results.models else []
    rows = (
        [
            results.clip_name, m.label, m.delta, results.source_hz, results.input_hz, results.frames,
            results.height_m, results.height_source, *(m.figures[k] for k in keys),
        ]
        for m in results.models
    )  # fmt: skip
    return csv_text([*head, *keys], rows)


def curves_csv(results: Results) -> str:
    """One line per kept frame: time, the truth's jitter, and per model error (mean and every joint) and jitter."""
    head, columns = ["time_s", "truth jitter_m_s3"], [results.times, results.jitter_truth_m_s3]
    for m in results.models:
        head += [f"{m.label} mpjpe_mm", f"{m.label} jitter_m_s3"]
        columns += [m.mpjpe_mm, m.jitter_m_s3]
        head += [f"{m.label} {joint} error_mm" for joint in H36M_17.names]
        columns += list(m.joint_error_mm.T)
    return csv_text(head, zip(*columns, strict=True))


def _figure(model: ModelResult, key: str) -> float:
    """NaN for what is not a number, and for a size that nobody has counted."""
    if key == DELTA:
        return model.delta if isinstance(model.delta, float) else math.nan
    value = model.figures.get(key, math.nan)
    return math.nan if value == 0 and key in SIZES else value


def _of_models(shown: Shown) -> tuple[Column, ...]:
    return tuple(
        Column(model.label, model.label, "mm", MPJPE.tip, mark=slot.colour)
        for slot, model in zip(shown.slots, shown.results.models, strict=True)
    )
