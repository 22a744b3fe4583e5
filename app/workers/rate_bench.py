"""The rate bench without its window: what is asked, what runs in the worker, and the rows as lines and as a table."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from app.present.tables import SIZES, metric_columns
from app.present.tabular import Column, Row, Table, csv_text
from app.present.wording import count_of, hertz, number
from app.state.clip import LoadedClip
from app.workers.inference import ServedModel
from engine.experiment.rate import MODES, Mode
from engine.experiment.settings import Experiment, ModelChoice
from engine.experiment.sweep import (
    AS_SAMPLED,
    RATES,
    SweepRow,
    SweepTable,
    assumed_in,
    distinct,
    mode_labels,
    modes_of,
    sweep,
)
from engine.stress.catalogue import STRESSES

if TYPE_CHECKING:
    from app.workers.ticket import Ticket

Dash = Literal["solid", "dash", "dot"]
RATE = ""
"""The question of the frame rate; the others are fields of stresses."""
ALL_RATES = tuple(range(1, 17))


DASHES: dict[Mode, Dash] = {"auto": "solid", "trained": "dash", "nominal": "dash", "resample": "dot"}
"""How the lines of each rate policy are drawn, in the order of the table's columns."""


@dataclass(frozen=True)
class Question:
    """One thing that the bench can vary. key: `RATE` or a stress's field; say puts a level into words."""

    key: str
    group: str
    text: str
    tip: str
    levels: tuple[float, ...]
    chosen: tuple[float, ...]
    modes: tuple[Mode, ...]
    say: Callable[[float], str]
    axis: str

    def said(self, mode: Mode) -> str:
        """What a mode is called here."""
        return mode_labels(self.modes)[mode]


def _in_order(modes: Sequence[Mode]) -> tuple[Mode, ...]:
    return tuple(mode for mode in DASHES if mode in modes)


def _rate() -> Question:
    tip = "One frame in 1 to 16 of the rate that the models were trained at"
    every, usual = tuple(map(float, ALL_RATES)), tuple(map(float, RATES))
    axis, name = "frame rate of the input", "Frame rate"
    return Question(RATE, name, name, tip, every, usual, _in_order(modes_of(None)), "{:.0f}".format, axis)


def measures(rows: Sequence[SweepRow] = ()) -> tuple[Column, ...]:
    """The figures that can be shown: every model's and those that rows have; none that is the same at every level."""
    known = {key for row in rows for key in row.figures}
    return tuple(column for column in metric_columns(known) if column.key not in SIZES)


def questions() -> dict[str, Question]:
    """Everything that can be varied, by key: the frame rate, and every stress."""
    found = {RATE: _rate()}
    for key, stress in STRESSES.items():
        asked, levels, modes = stress.question, stress.levels, _in_order(modes_of(key))
        found[key] = Question(key, asked.group, asked.text, asked.tip, levels, levels, modes, stress.text, asked.axis)
    return found


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
    modes: tuple[Mode, ...]
    clip: LoadedClip | None = None
    r: int = 1
    caption: str = ""


class BenchJob:
    """Runs a plan; called on a worker, which hands over each clip's `SweepRow`."""

    def __init__(self, plan: Plan, models: Callable[[ModelChoice], ServedModel]) -> None:
        self.plan, self.models = plan, models

    def __call__(self, ticket: Ticket) -> SweepTable:
        plan = self.plan
        ticket.report(0.0, "loading the models")
        question = plan.question.key
        return sweep(
            plan.experiment,
            rates=[round(level) for level in plan.levels] if question == RATE else [plan.r],
            vary=question or None,
            levels=None if question == RATE else plan.levels,
            modes=plan.modes,
            recordings=None if plan.clip is None else [plan.clip.as_read],
            models=self.models,
            progress=ticket.report,
            cancel=ticket.cancelled,
            on_row=ticket.hand_over,
        )


@dataclass(frozen=True, eq=False)
class Line:
    """One model under one rate policy: x and y with a word about each point."""

    model: str
    mode: Mode
    colour: int
    x: tuple[float, ...]
    y: tuple[float, ...]
    tips: tuple[str, ...]


def lines(rows: Sequence[SweepRow], question: Question, metric: Column, colours: Mapping[str, int]) -> list[Line]:
    """Rows (means over the same clips) as lines; colours are indices into the palette by model."""
    found: dict[tuple[str, Mode], list[SweepRow]] = {}
    for row in distinct(rows):
        found.setdefault((row.model, row.mode), []).append(row)
    return [
        Line(
            model,
            mode,
            colours[model],
            tuple(place(row, question) for row in held),
            tuple(row.figures.get(metric.key, math.nan) for row in held),
            tuple(_tip(row, question, metric) for row in held),
        )
        for (model, mode), held in found.items()
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
    """Rows (means over the same clips) as a line for each model and level with a column for each mode.

    The last column says how the first mode compares with the first level.
    """
    modes = [mode for mode in DASHES if any(row.mode == mode for row in rows)]
    found = {(row.model, row.r, row.level, row.mode): row for row in rows}
    conditions = list(dict.fromkeys((row.model, row.r, row.level) for row in rows))
    columns = [
        Column("hz", "Input", "Hz", "Frame rate of the input", 2, None),
        Column("frames", "Frames", "", "On which the figures stand", 0, None),
        *(Column(m, question.said(m), metric.unit, MODES[m].tip, metric.digits, metric.target) for m in modes),
    ]
    if any(row.clips > 1 for row in rows):
        columns.insert(1, Column("clips", "Clips", "", "On which the figures stand: the same in every row", 0, None))
    if question.key != RATE:
        stress = STRESSES[question.key]
        columns.insert(0, Column("level", question.text, stress.unit, question.tip, 0, None))
    if modes:
        tip = f"{question.said(modes[0])}: its figure over the one in the first line of the same model"
        columns.append(Column("ratio", "Relative", "to first", tip, 2, None, prefix="×"))
    table_rows = []
    for model, r, level in conditions:
        first = next(c for c in conditions if c[0] == model)
        at = {mode: found.get((model, r, level, mode)) for mode in modes}
        known = next(row for row in at.values() if row is not None)
        values: dict[str, float] = {
            mode: math.nan if row is None else row.figures.get(metric.key, math.nan) for mode, row in at.items()
        }
        start = found.get((*first, modes[0]))
        base = math.nan if start is None else start.figures.get(metric.key, math.nan)
        values |= {"hz": known.input_hz, "clips": float(known.clips), "frames": float(known.frames)}
        values["ratio"] = values[modes[0]] / base if base else math.nan
        if question.key != RATE:
            values["level"] = STRESSES[question.key].scale * level
        cells = tuple(values[column.key] for column in columns)
        table_rows.append(Row(model, cells, colours[model]))
    said = f"{metric.name}{', ' + metric.unit if metric.unit else ''}"
    assumed = "; ".join(assumed_in(rows))
    return Table("Model", tuple(columns), tuple(table_rows), (), f"{said}. {caption}", "rows", assumed=assumed)


def rows_csv(rows: Sequence[SweepRow]) -> str:
    """All figures, one line for each model, level and mode, with what they depend on that the clips do not say."""
    said = [row.to_json() | {"assumed": "; ".join(row.assumed)} for row in rows]
    head = list(dict.fromkeys(key for row in said for key in row))
    return csv_text(head, ([row.get(key) for key in head] for row in said))


def _tip(row: SweepRow, question: Question, metric: Column) -> str:
    level = hertz(round(row.input_hz, 2)) if question.key == RATE else f"{question.text} {question.say(row.level)}"
    value = number(row.figures.get(metric.key), metric.digits or 0)
    mode = f"{AS_SAMPLED}: it has no Δ" if row.as_sampled else question.said(row.mode)
    on = f"\n{count_of(row.clips, 'clip')}" if row.clips > 1 else ""
    return f"{row.model}\n{level} · {mode}\n{metric.name} {value} {metric.unit}{on}"
