"""The rate table: what a model does at frame rates that it was not trained on, done several ways.

    trained    Δ as trained, whatever the input's rate          (what happens if nobody thinks of it)
    rescaled   Δ follows the timestamps, frame by frame         (what a state space model offers)
    nominal    Δ follows the median frame period                (the same where sampling is regular)
    resampled  the input interpolated to the trained rate       (the honest alternative for any model)

Rate r means one frame in r of the trained rate: a 120 Hz clip and a model of 60 Hz keep one frame in 2 r.
At each rate one kind of stress can be varied as well (`VARIATIONS`): irregular sampling, hidden joints, noise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.errors import InputError
from engine.experiment.pipeline import LiftingModel, load, open_source, run, sources
from engine.experiment.results import without_nan
from engine.experiment.settings import DeltaSetting, Experiment, ModelChoice
from engine.metrics.summary import mean_over_frames
from engine.motion.clip import MotionClip, rate_hz
from engine.observation.keypoints import Keypoints2D
from engine.progress import Cancel, Cancelled, Progress

RATES = (1, 2, 4, 8, 16)
WAYS: dict[str, tuple[DeltaSetting, bool]] = {
    "trained": (DeltaSetting(mode="trained"), False),
    "rescaled": (DeltaSetting(mode="auto"), False),
    "nominal": (DeltaSetting(mode="nominal"), False),
    "resampled": (DeltaSetting(mode="auto"), True),
}
REGULAR_WAYS = ("trained", "rescaled", "resampled")
IRREGULAR_WAYS = ("rescaled", "nominal", "resampled")


@dataclass(frozen=True)
class Variation:
    """A field of `InputSettings` that a sweep can vary: its name for a person, levels and ways that tell something."""

    label: str
    levels: tuple[float, ...]
    ways: tuple[str, ...] = ("rescaled",)


VARIATIONS: dict[str, Variation] = {
    "drop": Variation("frames dropped", (0.0, 0.1, 0.2, 0.3, 0.4, 0.6), IRREGULAR_WAYS),
    "clock_jitter": Variation("clock jitter, periods", (0.0, 0.1, 0.2, 0.3, 0.4), IRREGULAR_WAYS),
    "mask": Variation("joints masked", (0.0, 0.15, 0.2, 0.3, 0.4, 0.5)),
    "limbs": Variation("limbs hidden", (0.0, 0.15, 0.2, 0.3, 0.4, 0.5)),
    "bar": Variation("bar, share of the picture", (0.0, 0.05, 0.1, 0.2, 0.3)),
    "noise_px": Variation("noise, px", (0.0, 1.0, 2.0, 5.0, 10.0, 20.0)),
}


AS_SAMPLED = "as sampled"
"""What every way but resampling is called for a model without Δ."""


def way_labels(ways: Sequence[str]) -> dict[str, str]:
    """What the ways are called beside each other."""
    follows = "Δ per frame" if "nominal" in ways else "Δ rescaled"
    labels = {"trained": "Δ as trained", "rescaled": follows, "nominal": "Δ nominal", "resampled": "input resampled"}
    return {way: labels[way] for way in ways}


@dataclass(frozen=True)
class SweepRow:
    """One model, rate, level and way: on one clip, or (clip "") on all, where figures are means over frames.

    varied, level  the field of `InputSettings` that was set, and to what; "" where only the rate is varied
    has_delta      as in the model's card; without it all ways but resampling are the same
    """

    model: str
    r: int
    way: str
    input_hz: float
    frames: int
    figures: dict[str, float]
    clip: str = ""
    category: str = ""
    varied: str = ""
    level: float = 0.0
    has_delta: bool = True

    @property
    def as_sampled(self) -> bool:
        """Whether the model, having no Δ, was given the input as it was sampled: every way but resampling."""
        return not self.has_delta and self.way != "resampled"

    def to_json(self) -> dict[str, Any]:
        given = {"clip": self.clip, "category": self.category} if self.clip else {}
        head = {"model": self.model, "rate": self.r, "way": self.way, "input_hz": self.input_hz, "frames": self.frames}
        level = {self.varied: self.level} if self.varied else {}
        return given | head | level | without_nan(self.figures)


@dataclass(frozen=True)
class SweepTable:
    """rows: means over all clips, by model, rate, level and way. clips: the same for each clip. failed: clip -> why."""

    rows: tuple[SweepRow, ...]
    clips: tuple[SweepRow, ...]
    failed: dict[str, str]

    @property
    def ways(self) -> tuple[str, ...]:
        return tuple(way for way in WAYS if any(row.way == way for row in self.rows))

    @property
    def varied(self) -> str:
        return self.rows[0].varied

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
    ways: Sequence[str] | None = None,
    vary: str | None = None,
    levels: Sequence[float] | None = None,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
    clips: Iterable[MotionClip | Keypoints2D] | None = None,
    models: Mapping[str, LiftingModel] | None = None,
    on_row: Callable[[SweepRow], None] | None = None,
) -> SweepTable:
    """The rate table of the experiment's models over everything that its clip (a file, folder or archive) holds.

    Camera, stress, seed and height are the experiment's; its sub-sampling and Δ are what is swept, and the field of
    its input that `vary` names in `VARIATIONS`, which has the levels and ways of a sweep that names none. clips
    (H36M-17) and models, by `ModelChoice.key`, spare loading them. A clip that cannot be opened is listed in `failed`.
    on_row is called with each clip's row as soon as it is known; `pool` makes means of those so far.
    Raises InputError when no clip can be, and Cancelled.
    """
    variation = None if vary is None else VARIATIONS[vary]
    if ways is None:
        ways = variation.ways if variation else REGULAR_WAYS
    if levels is None:
        levels = variation.levels if variation else (0.0,)
    each_once = {choice.name: choice for choice in reversed(experiment.models)}  # on the first choice's device
    choices = [choice for choice in experiment.models if each_once[choice.name] is choice]
    conditions = [(choice, r, level) for choice in choices for r in rates for level in levels]
    loaded: dict[str, LiftingModel] = dict(models or {})
    for choice in choices:
        if choice.key not in loaded:
            loaded[choice.key] = load(choice.name, choice.device)
    opened = list(clips) if clips is not None else sources(experiment)
    failed: dict[str, str] = {}
    rows: list[SweepRow] = []
    for number, item in enumerate(opened):
        try:
            clip = item if isinstance(item, MotionClip | Keypoints2D) else open_source(item, experiment)
            for k, (choice, r, level) in enumerate(conditions):
                if cancel is not None and cancel():
                    raise Cancelled
                if progress is not None:
                    share = (number + k / len(conditions)) / len(opened)
                    progress(share, f"{clip.name}, {choice.name}, 1 frame in {r}")
                at_level = experiment if vary is None else _with_input(experiment, **{vary: level})
                for row in _rows(at_level, clip, choice, r, ways, loaded):
                    row = replace(row, varied=vary or "", level=level)
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
    """Rows of several clips -> one row for each model, rate, level and way, with means over frames; ordered so."""
    groups: dict[tuple[str, int, float, str], list[SweepRow]] = {}
    for row in rows:
        groups.setdefault((row.model, row.r, row.level, row.way), []).append(row)
    models = list(dict.fromkeys(row.model for row in rows))
    pooled = []
    for key in sorted(groups, key=lambda key: (models.index(key[0]), *key[1:3], tuple(WAYS).index(key[3]))):
        mine = groups[key]
        figures = mean_over_frames([(row.frames, {"input_hz": row.input_hz} | row.figures) for row in mine])
        frames = sum(row.frames for row in mine)
        pooled.append(
            replace(mine[0], input_hz=figures.pop("input_hz"), frames=frames, figures=figures, clip="", category="")
        )
    return tuple(pooled)


def distinct(rows: Sequence[SweepRow]) -> list[SweepRow]:
    """The rows without those that say the same once more: a model without Δ is `as_sampled` in one way only."""
    first: dict[str, str] = {}
    return [row for row in rows if not row.as_sampled or first.setdefault(row.model, row.way) == row.way]


def _rows(
    experiment: Experiment,
    clip: MotionClip | Keypoints2D,
    choice: ModelChoice,
    r: int,
    ways: Sequence[str],
    models: Mapping[str, LiftingModel],
) -> list[SweepRow]:
    step = max(1, round(r * rate_hz(clip.times) / models[choice.key].card.trained_hz))
    done = [
        choice.model_copy(update={"delta": delta, "resample": resample})
        for delta, resample in map(WAYS.__getitem__, ways)
    ]
    at_rate = _with_input(experiment, subsample=step).model_copy(update={"models": tuple(done)})
    results = run(at_rate, clip=clip, models=models)
    category = clip.category if isinstance(clip, MotionClip) else ""
    return [
        SweepRow(
            choice.name,
            r,
            way,
            results.input_hz,
            results.frames,
            result.summary,
            clip.name,
            category,
            has_delta=result.card.has_delta,
        )
        for way, result in zip(ways, results.models, strict=True)
    ]


def _with_input(experiment: Experiment, **changes: float) -> Experiment:
    return experiment.model_copy(update={"input": experiment.input.model_copy(update=changes)})
