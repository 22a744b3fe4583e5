"""The rate table: what a model does at frame rates that it was not trained at, under several rate policies.

Rate r means one frame in r of the model's own rate: a 120 Hz clip and a model of 60 Hz keep one frame in 2 r.
At each rate the level of one stress can be varied as well: irregular sampling, hidden joints, noise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from engine.errors import InputError
from engine.experiment.clips import WORKER, Openers, openers
from engine.experiment.loaded import LoadedModels
from engine.experiment.prepared import Memory
from engine.experiment.rate import IRREGULAR, MODES, REGULAR, Mode, RatePolicy
from engine.experiment.results import without_nan
from engine.experiment.row_file import RowFile
from engine.experiment.run import Models, run
from engine.experiment.settings import Experiment, ModelChoice
from engine.experiment.spread import Spread, stopped
from engine.metrics.catalogue import mean_over_frames
from engine.motion.clip import rate_hz
from engine.observation.recording import Recording
from engine.progress import Cancel, Cancelled, Progress
from engine.stress.catalogue import STRESSES

RATES = (1, 2, 4, 8, 16)

AS_SAMPLED = "as sampled"
"""What every mode but resampling is called for a model without Δ."""


def modes_of(vary: str | None) -> tuple[Mode, ...]:
    """The modes that tell something when a stress is varied; None: only the frame rate."""
    if vary is None:
        return REGULAR
    return IRREGULAR if STRESSES[vary].irregular else ("auto",)


def mode_labels(modes: Sequence[Mode]) -> dict[Mode, str]:
    """What the modes are called beside each other."""
    return {mode: "Δ per frame" if mode == "auto" and "nominal" in modes else MODES[mode].label for mode in modes}


@dataclass(frozen=True)
class SweepRow:
    """One model, rate, level and mode: on one clip, or (clip "") on several, where figures are means over frames.

    number, clips  the clip's place in the source, and of how many clips the figures are means
    varied, level  the stress that was varied, and its level; "" where only the rate is varied
    has_delta      as in the model's card; without it all modes but resampling are the same
    assumed        as in the clip's `engine.experiment.results.Results`; of several, whatever is assumed of any
    """

    model: str
    r: int
    mode: Mode
    input_hz: float
    frames: int
    figures: dict[str, float]
    clip: str = ""
    category: str = ""
    varied: str = ""
    level: float = 0.0
    has_delta: bool = True
    number: int = 0
    clips: int = 1
    assumed: tuple[str, ...] = ()

    @property
    def as_sampled(self) -> bool:
        """Whether the model, having no Δ, was given the input as it was sampled: every mode but resampling."""
        return not self.has_delta and self.mode != "resample"

    def to_json(self) -> dict[str, Any]:
        given = {"clip": self.clip, "category": self.category} if self.clip else {}
        head = {
            "model": self.model,
            "rate": self.r,
            "mode": self.mode,
            "input_hz": self.input_hz,
            "frames": self.frames,
        }
        level = {self.varied: self.level} if self.varied else {}
        several = {} if self.clip else {"clips": self.clips}
        return given | head | level | several | without_nan(self.figures)


@dataclass(frozen=True)
class SweepTable:
    """rows: means over all clips, by model, rate, level and mode; clips: the same for each; failed: clip -> why."""

    rows: tuple[SweepRow, ...]
    clips: tuple[SweepRow, ...]
    failed: dict[str, str]

    @property
    def modes(self) -> tuple[Mode, ...]:
        return tuple(mode for mode in MODES if any(row.mode == mode for row in self.rows))

    @property
    def varied(self) -> str:
        return self.rows[0].varied

    @property
    def assumed(self) -> dict[str, tuple[str, ...]]:
        """What the figures depend on that the clips do not say, by clip; those that say all are left out."""
        return {row.clip: row.assumed for row in self.clips if row.assumed}

    def by_category(self) -> dict[str, tuple[SweepRow, ...]]:
        """The rows of each motion category, means over its frames; clips without one are under ""."""
        names = dict.fromkeys(row.category for row in self.clips)
        return {name: pool([row for row in self.clips if row.category == name]) for name in names}

    def to_json(self) -> dict[str, Any]:
        return {
            "rows": [row.to_json() for row in self.rows],
            "categories": {k: [row.to_json() for row in rows] for k, rows in self.by_category().items()},
            "clips": [row.to_json() for row in self.clips],
            "failed": self.failed,
            "assumed": {clip: list(texts) for clip, texts in self.assumed.items()},
        }


@dataclass(frozen=True)
class Plan:
    """What is run on every clip: `choices` are the experiment's models, each once. It can be pickled."""

    experiment: Experiment
    choices: tuple[ModelChoice, ...]
    rates: tuple[int, ...]
    modes: tuple[Mode, ...]
    vary: str | None
    levels: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        """What decides the rows."""
        plain = {"rates": self.rates, "modes": self.modes, "vary": self.vary, "levels": self.levels}
        return {"experiment": self.experiment.model_dump(mode="json")} | plain


def sweep(
    experiment: Experiment,
    *,
    rates: Sequence[int] = RATES,
    modes: Sequence[Mode] | None = None,
    vary: str | None = None,
    levels: Sequence[float] | None = None,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
    clips: Openers | None = None,
    recordings: Iterable[Recording] | None = None,
    models: Models | None = None,
    on_row: Callable[[SweepRow], None] | None = None,
    spread: Spread | None = None,
    row_file: Path | None = None,
) -> SweepTable:
    """The rate table of the experiment's models over everything that its source (a file, folder or archive) holds.

    Camera, stresses, seed and height are the experiment's; its sub-sampling and rate policy are what is swept, and the
    level of the stress that `vary` names, which has the levels of a sweep that names none. clips (`openers`) spares
    listing what the source holds; recordings spares opening it; models spares loading them. A recording that cannot be
    opened is listed in `failed`.
    A clip that fails in one row is in none. on_row is called with each clip's row as soon as it is known; `pool` of
    those `in_common` makes means of them.
    spread runs clips at the same time (`engine.experiment.spread`), with models that each worker loads: the table is
    the same but for times. row_file gets each clip's rows when they are done; clips that it holds already are not run.
    Raises InputError when no recording can be opened, and Cancelled.
    """
    modes = modes or modes_of(vary)
    if levels is None:
        levels = STRESSES[vary].levels if vary is not None else (0.0,)
    each_once = {choice.variant: choice for choice in reversed(experiment.models)}  # on the first choice's device
    choices = tuple(choice for choice in experiment.models if each_once[choice.variant] is choice)
    plan = Plan(experiment, choices, tuple(rates), tuple(modes), vary, tuple(levels))
    if recordings is not None:
        clips = [(recording.name, partial(_same, recording)) for recording in recordings]
    opened = openers(experiment) if clips is None else clips
    names = [name for name, _ in opened]
    kept = None if row_file is None else RowFile(row_file, plan.to_json() | {"clips": names})
    done: dict[int, list[SweepRow]] = {} if kept is None else dict(kept.rows)
    failed: dict[str, str] = {}
    if on_row is not None:
        for row in (row for held in done.values() for row in held):
            on_row(row)
    left = [(number, open_it) for number, (_, open_it) in enumerate(opened) if number not in done]
    if spread is None:
        found = _here(plan, left, names, models or LoadedModels(), progress, cancel, on_row)
    else:
        tasks = [(number, open_it() if recordings is not None else None) for number, open_it in left]
        found = spread(partial(_in_worker, plan), tasks, cancel)
    for number, rows in found:
        if isinstance(rows, str):
            failed[names[number]] = rows
            continue
        done[number] = rows
        if kept is not None:
            kept.add(rows)
        if spread is not None:
            if on_row is not None:
                for row in rows:
                    on_row(row)
            if progress is not None:
                progress(len(done) / len(opened), names[number])
    if not done:
        raise InputError(next(iter(failed.values()), "There is nothing to sweep; name a clip and a model."))
    if progress is not None:
        progress(1.0, "done")
    all_rows = [row for number in sorted(done) for row in done[number]]
    return SweepTable(pool(all_rows), tuple(all_rows), {name: failed[name] for name in names if name in failed})


def _here(
    plan: Plan,
    left: Sequence[tuple[int, Callable[[], Recording]]],
    names: Sequence[str],
    models: Models,
    progress: Progress | None,
    cancel: Cancel | None,
    on_row: Callable[[SweepRow], None] | None,
) -> Iterator[tuple[int, list[SweepRow] | str]]:
    """Each clip's rows, or why there are none, one clip after the other in this process."""
    for choice in plan.choices:
        models(choice)
    for number, open_it in left:

        def say(share: float, text: str, number: int = number) -> None:
            if progress is not None:
                progress((number + share) / len(names), text)

        try:
            yield number, _clip_rows(plan, number, open_it(), models, say, cancel, on_row)
        except InputError as error:
            yield number, str(error)


def _in_worker(plan: Plan, task: tuple[int, Recording | None]) -> tuple[int, list[SweepRow] | str]:
    """The same of one clip, opened from the plan's source where it is not given, in a worker's process."""
    number, recording = task
    try:
        if recording is None:
            recording = WORKER.open(plan.experiment, number)
        return number, _clip_rows(plan, number, recording, WORKER.models, None, stopped, None)
    except InputError as error:
        return number, str(error)


def _clip_rows(
    plan: Plan,
    number: int,
    recording: Recording,
    models: Models,
    progress: Progress | None,
    cancel: Cancel | None,
    on_row: Callable[[SweepRow], None] | None,
) -> list[SweepRow]:
    """All rows of one clip. Raises InputError and Cancelled."""
    conditions = [(choice, r, level) for choice in plan.choices for r in plan.rates for level in plan.levels]
    memory, rows = Memory(), list[SweepRow]()
    for k, (choice, r, level) in enumerate(conditions):
        if cancel is not None and cancel():
            raise Cancelled
        if progress is not None:
            progress(k / len(conditions), f"{recording.name}, {choice.variant}, 1 frame in {r}")
        at_level = plan.experiment
        if plan.vary is not None:
            levels = {plan.vary: level}
            at_level = at_level.model_copy(update={"input": at_level.input.with_levels(levels)})
        for row in _rows(at_level, recording, choice, r, plan.modes, models, memory, cancel):
            row = replace(row, varied=plan.vary or "", level=level, number=number)
            rows.append(row)
            if on_row is not None:
                on_row(row)
    return rows


def _same(recording: Recording) -> Recording:
    return recording


Condition = tuple[str, int, float, Mode]


def by_condition(rows: Sequence[SweepRow]) -> dict[Condition, list[SweepRow]]:
    """Rows by what they were run under: model, rate, level and mode."""
    groups: dict[Condition, list[SweepRow]] = {}
    for row in rows:
        groups.setdefault((row.model, row.r, row.level, row.mode), []).append(row)
    return groups


def in_common(rows: Sequence[SweepRow]) -> list[SweepRow]:
    """The rows of those clips that every condition has: means over others would compare different clips."""
    held = [{row.number for row in mine} for mine in by_condition(rows).values()]
    shared = set.intersection(*held) if held else set()
    return [row for row in rows if row.number in shared]


def pool(rows: Sequence[SweepRow]) -> tuple[SweepRow, ...]:
    """Rows of several clips -> one row for each model, rate, level and mode, with means over frames; ordered so."""
    groups = by_condition(rows)
    models = list(dict.fromkeys(row.model for row in rows))
    pooled = []
    for key in sorted(groups, key=lambda key: (models.index(key[0]), *key[1:3], tuple(MODES).index(key[3]))):
        mine = groups[key]
        figures = mean_over_frames([(row.frames, {"input_hz": row.input_hz} | row.figures) for row in mine])
        frames = sum(row.frames for row in mine)
        hz, clips = figures.pop("input_hz"), sum(row.clips for row in mine)
        pooled.append(
            replace(
                mine[0], input_hz=hz, frames=frames, figures=figures, clip="", category="", number=0, clips=clips,
                assumed=assumed_in(mine),
            )
        )  # fmt: skip
    return tuple(pooled)


def assumed_in(rows: Iterable[SweepRow]) -> tuple[str, ...]:
    """What any of the rows' figures depend on that its clip does not say, each once."""
    return tuple(dict.fromkeys(text for row in rows for text in row.assumed))


def distinct(rows: Sequence[SweepRow]) -> list[SweepRow]:
    """The rows without those that say the same once more: a model without Δ is `as_sampled` in one mode only."""
    first: dict[str, str] = {}
    return [row for row in rows if not row.as_sampled or first.setdefault(row.model, row.mode) == row.mode]


def _rows(
    experiment: Experiment,
    recording: Recording,
    choice: ModelChoice,
    r: int,
    modes: Sequence[Mode],
    models: Models,
    memory: Memory,
    cancel: Cancel | None,
) -> list[SweepRow]:
    card = models(choice).card
    step = max(1, round(r * rate_hz(recording.times) / card.rate_hz))
    under = tuple(choice.model_copy(update={"rate": RatePolicy(mode=mode)}) for mode in modes)
    at_rate = experiment.with_input(subsample=step).model_copy(update={"models": under})
    results = run(at_rate, recording=recording, models=models, memory=memory, cancel=cancel)
    return [
        SweepRow(
            choice.variant,
            r,
            mode,
            results.input_hz,
            results.frames,
            dict(result.summary),
            recording.name,
            recording.category,
            has_delta=card.has_delta,
            assumed=results.assumed,
        )
        for mode, result in zip(modes, results.models, strict=True)
    ]
