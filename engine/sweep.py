"""The rate table: what a model does at frame rates that it was not trained on, done three ways.

    trained    Δ as trained, whatever the input's rate        (what happens if nobody thinks of it)
    rescaled   Δ follows the timestamps                       (what a state space model offers)
    resampled  the input interpolated to the trained rate     (the honest alternative for any model)

Rate r means one frame in r of the trained rate: a 120 Hz clip and a model of 60 Hz keep one frame in 2 r.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import InputError
from engine.experiment import (
    Cancel,
    Cancelled,
    DeltaSetting,
    Experiment,
    LiftingModel,
    ModelChoice,
    Progress,
    load,
    open_source,
    rate_hz,
    run,
    sources,
    without_nan,
)
from engine.metrics.summary import mean_over_frames
from engine.motion.clip import Keypoints2D, MotionClip

RATES = (1, 2, 4, 8, 16)
WAYS: dict[str, tuple[DeltaSetting, bool]] = {
    "trained": (DeltaSetting(mode="trained"), False),
    "rescaled": (DeltaSetting(mode="auto"), False),
    "resampled": (DeltaSetting(mode="auto"), True),
}


@dataclass(frozen=True)
class SweepRow:
    """One model, rate and way: on one clip, or (clip "") on all of them, where figures are means over frames."""

    model: str
    r: int
    way: str
    input_hz: float
    frames: int
    figures: dict[str, float]
    clip: str = ""
    category: str = ""

    def to_json(self) -> dict[str, Any]:
        given = {"clip": self.clip, "category": self.category} if self.clip else {}
        head = {"model": self.model, "rate": self.r, "way": self.way, "input_hz": self.input_hz, "frames": self.frames}
        return given | head | without_nan(self.figures)


@dataclass(frozen=True)
class SweepTable:
    """rows: means over all clips, by model, then rate, then way. clips: the same for each clip. failed: clip -> why."""

    rows: tuple[SweepRow, ...]
    clips: tuple[SweepRow, ...]
    failed: dict[str, str]

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
        }


def sweep(
    experiment: Experiment,
    *,
    rates: Sequence[int] = RATES,
    ways: Sequence[str] = tuple(WAYS),
    progress: Progress | None = None,
    cancel: Cancel | None = None,
    clips: Iterable[MotionClip | Keypoints2D] | None = None,
    models: Mapping[str, LiftingModel] | None = None,
    on_row: Callable[[SweepRow], None] | None = None,
) -> SweepTable:
    """The rate table of the experiment's models over everything that its clip (a file, folder or archive) holds.

    Camera, noise, mask, seed and height are the experiment's; its sub-sampling and Δ are what is swept. clips
    (H36M-17) and models, by name, spare loading them. A clip that cannot be opened is listed in `failed`.
    on_row is called with each clip's row as soon as it is known; `pool` makes means of those so far.
    Raises InputError when no clip can be, and Cancelled.
    """
    loaded: dict[str, LiftingModel] = dict(models or {})
    for choice in experiment.models:
        if choice.name not in loaded:
            loaded[choice.name] = load(choice.name)
    opened = list(clips) if clips is not None else sources(experiment)
    failed: dict[str, str] = {}
    rows: list[SweepRow] = []
    for number, item in enumerate(opened):
        try:
            clip = item if isinstance(item, MotionClip | Keypoints2D) else open_source(item, experiment)
            for name in dict.fromkeys(choice.name for choice in experiment.models):
                for k, r in enumerate(rates):
                    if cancel is not None and cancel():
                        raise Cancelled
                    if progress is not None:
                        share = (number + k / len(rates)) / len(opened)
                        progress(share, f"{clip.name}, {name}, 1 frame in {r}")
                    for row in _rows(experiment, clip, name, r, ways, loaded):
                        rows.append(row)
                        if on_row is not None:
                            on_row(row)
        except InputError as error:
            failed[item.name] = str(error)
    if not rows:
        raise InputError(next(iter(failed.values()), "There is nothing to sweep; name a clip and a model."))
    if progress is not None:
        progress(1.0, "done")
    return SweepTable(pool(rows), tuple(rows), failed)


def pool(rows: Sequence[SweepRow]) -> tuple[SweepRow, ...]:
    """Rows of several clips -> one row for each model, rate and way, with means over frames; ordered so."""
    keys = sorted(
        {(row.model, row.r, row.way) for row in rows},
        key=lambda key: (_first(rows, key[0]), key[1], tuple(WAYS).index(key[2])),
    )
    pooled = []
    for model, r, way in keys:
        mine = [row for row in rows if (row.model, row.r, row.way) == (model, r, way)]
        figures = mean_over_frames([(row.frames, {"input_hz": row.input_hz} | row.figures) for row in mine])
        pooled.append(SweepRow(model, r, way, figures.pop("input_hz"), sum(row.frames for row in mine), figures))
    return tuple(pooled)


def _rows(
    experiment: Experiment,
    clip: MotionClip | Keypoints2D,
    name: str,
    r: int,
    ways: Sequence[str],
    models: Mapping[str, LiftingModel],
) -> list[SweepRow]:
    step = max(1, round(r * rate_hz(clip.times) / models[name].card.trained_hz))
    choices = [ModelChoice(name=name, delta=WAYS[way][0], resample=WAYS[way][1]) for way in ways]
    at_rate = experiment.model_copy(
        update={
            "models": tuple(choices),
            "input": experiment.input.model_copy(update={"subsample": step}),
        }
    )
    results = run(at_rate, clip=clip, models=models)
    category = clip.category if isinstance(clip, MotionClip) else ""
    return [
        SweepRow(name, r, way, results.input_hz, results.frames, result.summary, clip.name, category)
        for way, result in zip(ways, results.models, strict=True)
    ]


def _first(rows: Sequence[SweepRow], model: str) -> int:
    return next(k for k, row in enumerate(rows) if row.model == model)
