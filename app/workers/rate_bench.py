"""The rate bench without its window: what is asked, what runs in the worker, and the rows as lines and as a table."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from app.present.tables import METRICS
from app.present.tabular import Column, Row, Table, csv_text
from app.state.state import LoadedClip
from app.widgets.painting import hertz, number
from app.workers.own_models import OwnModels
from engine.experiment.settings import Experiment
from engine.experiment.sweep import (
    AS_SAMPLED,
    RATES,
    REGULAR_WAYS,
    VARIATIONS,
    SweepRow,
    SweepTable,
    distinct,
    sweep,
    way_labels,
)

if TYPE_CHECKING:
    from app.workers.bridge import Ticket

MEASURES = tuple(metric for metric in METRICS if metric.key not in ("params", "macs_per_frame"))
Dash = Literal["solid", "dash", "dot"]
RATE = ""
"""The question of the frame rate; the others are keys of `VARIATIONS`."""
ALL_RATES = tuple(range(1, 17))


@dataclass(frozen=True)
class Way:
    """What one way of giving the input to the models means, and how its lines are drawn."""

    tip: str
    dash: Dash


WAY = {
    "rescaled": Way("Δ follows the timestamps, frame by frame: what a state space model offers", "solid"),
    "trained": Way("Δ is left as it was learned: what happens if nobody thinks of it", "dash"),
    "nominal": Way("One Δ for all frames, from the median frame period", "dash"),
    "resampled": Way("The input interpolated to the trained rate: the honest alternative for any model", "dot"),
}


@dataclass(frozen=True)
class Question:
    """One thing that the bench can vary. key: `RATE` or one of `VARIATIONS`; say puts a level into words."""

    key: str
    group: str
    text: str
    tip: str
    levels: tuple[float, ...]
    chosen: tuple[float, ...]
    ways: tuple[str, ...]
    say: Callable[[float], str]
    axis: str

    def way(self, key: str) -> str:
        """What a way is called here."""
        return way_labels(self.ways)[key]


def _in_order(ways: Sequence[str]) -> tuple[str, ...]:
    return tuple(way for way in WAY if way in ways)


def _rate() -> Question:
    tip = "One frame in 1 to 16 of the rate that the models were trained at"
    every, usual = tuple(map(float, ALL_RATES)), tuple(map(float, RATES))
    axis, name = "frame rate of the input", "Frame rate"
    return Question(RATE, name, name, tip, every, usual, _in_order(REGULAR_WAYS), lambda r: f"{r:.0f}", axis)


def _varied(
    key: str, group: str, text: str, tip: str, say: Callable[[float], str] = lambda share: f"{100 * share:.0f} %"
) -> Question:
    found = VARIATIONS[key]
    return Question(key, group, text, tip, found.levels, found.levels, _in_order(found.ways), say, found.label)


QUESTIONS = {
    question.key: question
    for question in (
        _rate(),
        _varied("drop", "Irregular", "Frames dropped", "Frames lost at random, as over a busy connection"),
        _varied("clock_jitter", "Irregular", "Clock jitter", "Frames taken early or late, stamped with the true time"),
        _varied("mask", "Hidden, noisy", "Joints masked", "Joints hidden at random, frame by frame"),
        _varied("limbs", "Hidden, noisy", "Limbs hidden", "Whole arms and legs hidden for a second or more"),
        _varied("bar", "Hidden, noisy", "Moving bar", "A bar that sweeps over the picture and hides what is beneath"),
        _varied("noise_px", "Hidden, noisy", "2D noise", "Gaussian noise on the 2D joints", lambda px: f"{px:g} px"),
    )
}


@dataclass(frozen=True)
class Plan:
    """One run of the bench.

    clip     None: everything that the experiment's own clip (a folder, an archive) holds
    r        one frame in so many, where something else than the frame rate is varied
    caption  what it is about, in a line
    """

    question: Question
    experiment: Experiment
    levels: tuple[float, ...]
    ways: tuple[str, ...]
    clip: LoadedClip | None = None
    r: int = 1
    caption: str = ""


class BenchJob:
    """Runs a plan; called on a worker, which hands over each clip's `SweepRow`."""

    def __init__(self, plan: Plan, models: OwnModels) -> None:
        self.plan, self.models = plan, models

    def __call__(self, ticket: Ticket) -> SweepTable:
        plan = self.plan
        for choice in plan.experiment.models:
            self.models.get(choice, lambda text: ticket.report(0.0, text))
        question = plan.question.key
        return sweep(
            plan.experiment,
            rates=[round(level) for level in plan.levels] if question == RATE else [plan.r],
            vary=question or None,
            levels=None if question == RATE else plan.levels,
            ways=plan.ways,
            clips=None if plan.clip is None else [plan.clip.motion],
            models=self.models.loaded,
            progress=ticket.report,
            cancel=ticket.cancelled,
            on_row=ticket.hand_over,
        )


@dataclass(frozen=True, eq=False)
class Line:
    """One model in one way: x and y with a word about each point."""

    model: str
    way: str
    colour: int
    x: tuple[float, ...]
    y: tuple[float, ...]
    tips: tuple[str, ...]


def lines(rows: Sequence[SweepRow], question: Question, metric: Column, colours: Mapping[str, int]) -> list[Line]:
    """Rows (means over all clips) as lines; colours are indices into the palette by model."""
    found: dict[tuple[str, str], list[SweepRow]] = {}
    for row in distinct(rows):
        found.setdefault((row.model, row.way), []).append(row)
    return [
        Line(
            model,
            way,
            colours[model],
            tuple(place(row, question) for row in held),
            tuple(row.figures.get(metric.key, math.nan) for row in held),
            tuple(_tip(row, question, metric) for row in held),
        )
        for (model, way), held in found.items()
    ]


def place(row: SweepRow, question: Question) -> float:
    """Where a row stands on the axis: slower to the right, an octave of the frame rate for a step."""
    return -math.log2(row.input_hz) if question.key == RATE else row.level


def ticks(rows: Sequence[SweepRow], question: Question) -> list[tuple[float, str]]:
    """Places and words for the axis."""
    if question.key == RATE:
        return sorted({(place(row, question), hertz(round(row.input_hz, 2))) for row in rows})
    return sorted({(row.level, question.say(row.level)) for row in rows})


def bench_table(
    rows: Sequence[SweepRow], question: Question, metric: Column, colours: Mapping[str, int], caption: str = ""
) -> Table:
    """Rows (means over all clips) as a line for each model and level with a column for each way; and how the first way
    compares with the first level."""
    ways = [way for way in WAY if any(row.way == way for row in rows)]
    found = {(row.model, row.r, row.level, row.way): row for row in rows}
    conditions = list(dict.fromkeys((row.model, row.r, row.level) for row in rows))
    columns = [
        Column("hz", "Input", "Hz", "Frame rate of the input", 2, None),
        Column("frames", "Frames", "", "On which the figures stand", 0, None),
        *(Column(way, question.way(way), metric.unit, WAY[way].tip, metric.digits, metric.target) for way in ways),
    ]
    if question.key != RATE:
        scale, unit = (1, "px") if question.key == "noise_px" else (100, "%")
        columns.insert(0, Column("level", question.text, unit, question.tip, 0, None))
    if ways:
        tip = f"{question.way(ways[0])}: its figure over the one in the first line of the same model"
        columns.append(Column("ratio", "Relative", "to first", tip, 2, None, prefix="×"))
    table_rows = []
    for model, r, level in conditions:
        first = next(c for c in conditions if c[0] == model)
        at = {way: found.get((model, r, level, way)) for way in ways}
        known = next(row for row in at.values() if row is not None)
        values = {way: math.nan if row is None else row.figures.get(metric.key, math.nan) for way, row in at.items()}
        start = found.get((*first, ways[0]))
        base = math.nan if start is None else start.figures.get(metric.key, math.nan)
        values |= {"hz": known.input_hz, "frames": float(known.frames)}
        values["ratio"] = values[ways[0]] / base if base else math.nan
        if question.key != RATE:
            values["level"] = scale * level
        cells = tuple(values[column.key] for column in columns)
        table_rows.append(Row(model, cells, colours[model]))
    said = f"{metric.name}{', ' + metric.unit if metric.unit else ''}"
    return Table("Model", tuple(columns), tuple(table_rows), (), f"{said}. {caption}", "rows")


def rows_csv(rows: Sequence[SweepRow]) -> str:
    """All figures, one line for each model, level and way."""
    said = [row.to_json() for row in rows]
    head = list(dict.fromkeys(key for row in said for key in row))
    return csv_text(head, ([row.get(key) for key in head] for row in said))


def _tip(row: SweepRow, question: Question, metric: Column) -> str:
    level = hertz(round(row.input_hz, 2)) if question.key == RATE else f"{question.text} {question.say(row.level)}"
    value = number(row.figures.get(metric.key), metric.digits or 0)
    way = f"{AS_SAMPLED}: it has no Δ" if row.as_sampled else question.way(row.way)
    return f"{row.model}\n{level} · {way}\n{metric.name} {value} {metric.unit}"
