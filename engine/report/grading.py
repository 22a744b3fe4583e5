"""The figures of a trained model's card, measured by the same functions that anyone can run from the command line.

Validation and test subjects, true 2D, the "front" camera: what `kinestate sweep` prints for those archives. Models of
trackers are measured on the clips whose head and hands were measured in the known convention.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.errors import InputError
from engine.experiment.loaded import LoadedModels
from engine.experiment.rate import REGULAR
from engine.experiment.run import Models, run
from engine.experiment.settings import Experiment, Hands, ModelChoice, Viewpoint
from engine.experiment.sources import sources
from engine.experiment.spread import Spread
from engine.experiment.sweep import SweepTable, sweep
from engine.experiment.worn import worn_body
from engine.metrics.action import confusion, label_of
from engine.metrics.catalogue import mean_over_frames
from engine.models.card import ActionFigures, CardFigures, ModelCard, RateFigure, ViewFigure
from engine.models.families import find_model
from engine.models.labels import LABEL_OF
from engine.models.registry import ModelEntry
from engine.motion.clip import MotionClip
from engine.observation.recording import clip_of
from engine.observation.virtual_camera import CAMERA_PRESETS
from engine.progress import Progress
from engine.report.view_comparison import compare_views
from engine.training.action_clips import take_of
from engine.writing import save_text

MEASURED = {"head", "hands"}
"""What a headset and its controllers are on: `engine.body.retarget.fit.Fitted.trusted`."""
SEEN_HANDS = "{}, seen hands"
"""The summary of a split for models of trackers whose arms are bent to the seen hands (`ModelChoice.hands`)."""
FLIPPED = "{}, flip averaged"
"""The summary of a split for lifting models with flip averaging (`ModelChoice.flip`)."""
LENGTHS = (27, 81, 243, 486, 972)
"""Clip lengths, frames at 60 Hz, over which the error's dependence on length is measured."""


def split_archive(data: Path, split: str) -> Path:
    """The archive of a split in a folder laid out as the CMU data; InputError names it where it is missing."""
    archive = data / f"{split}.tar.xz"
    if not archive.exists():
        raise InputError(f"{data}: there is no {archive.name}; give a folder that holds the motion capture splits.")
    return archive


def split_clips(data: Path, split: str, observes: str = "keypoints") -> list[MotionClip]:
    """The clips of a split that a model can be measured on. Raises InputError where there are none."""
    archive = split_archive(data, split)
    opened = [clip_of(source.open()) for source in sources(str(archive))]
    clips = [clip for clip in opened if clip is not None]
    if observes == "trackers":
        clips = [clip for clip in clips if (worn := worn_body(clip)) is not None and set(worn.trusted) >= MEASURED]
    if not clips:
        raise InputError(f"{archive.name}: it holds no clip for a model of {observes}; give another folder.")
    return clips


def grade(name: str, data: Path, *, progress: Progress | None = None, spread: Spread | None = None) -> ModelCard:
    """Measure the shipped model `name` on the splits in `data` and write the figures into its card.

    spread runs clips at the same time, as `engine.experiment.sweep.sweep`.
    """
    models, entry = LoadedModels(), find_model(name)
    if entry.bare_card.predicts == "scores":
        figures = entry.card.figures.model_copy(
            update={"actions": entry.card.figures.actions | {"test": recognised(name, models, data)}}
        )
        return _write(entry, figures)
    observes = entry.bare_card.observes
    if observes == "views":
        return _write(entry, CardFigures(by_views=view_figures(name, data, progress=progress)))
    test = split_clips(data, "test", observes)
    sees = observes == "keypoints"
    measured_test = sweep(_experiment(name), recordings=test, models=models, progress=progress, spread=spread)
    at_60_hz = known(next(row.figures for row in measured_test.rows if row.r == 1 and row.mode == "auto"))
    val = split_clips(data, "val", observes)
    summary = {"val": measure_clips(name, models, val, spread), "test": at_60_hz}
    if observes == "trackers":
        summary[SEEN_HANDS.format("test")] = _at_its_rate(_experiment(name, hands="seen"), models, test, spread)
    if entry.bare_card.lifts:
        summary[FLIPPED.format("test")] = _at_its_rate(_experiment(name, flip=True), models, test, spread)
    figures = CardFigures(
        summary=summary,
        by_rate=rate_figures(measured_test),
        by_category={
            category: next(row.figures["mpjpe_mm"] for row in rows if row.r == 1 and row.mode == "auto")
            for category, rows in measured_test.by_category().items()
        },
        by_camera={camera: _mpjpe(name, models, test, camera, spread) for camera in CAMERA_PRESETS} if sees else {},
        by_length=by_length(name, models, test) if sees else {},
    )
    return _write(entry, figures)


def view_figures(name: str, data: Path, *, progress: Progress | None = None) -> tuple[ViewFigure, ...]:
    """Compare a model of several views with triangulation, under every condition, on the test split."""
    rows = compare_views(data, [name], progress=progress)
    best = {(r.condition, r.views): math.inf for r in rows}
    for row in rows:
        if row.method != name:
            best[row.condition, row.views] = min(best[row.condition, row.views], row.mpjpe_mm)
    return tuple(
        ViewFigure(
            condition=row.condition,
            views=row.views,
            world_mm=row.mpjpe_mm,
            relative_mm=row.relative_mm,
            median_mm=row.median_mm,
            triangulation_mm=best[row.condition, row.views],
        )
        for row in rows
        if row.method == name
    )


def recognised(name: str, models: Models, data: Path) -> ActionFigures:
    """Count how the clips of the test split are labelled, of those whose category has a label, each take once."""
    labels = find_model(name).bare_card.labels
    takes = {(take_of(clip.name), clip.subject): clip for clip in split_clips(data, "test")}
    asked = [clip for clip in takes.values() if LABEL_OF.get(clip.category) in labels]
    true, found = [], []
    for clip in asked:
        scores = run(_experiment(name), recording=clip, models=models).models[0].scores
        assert scores is not None  # the card says so
        true.append(labels.index(LABEL_OF[clip.category]))
        found.append(label_of(scores))
    counts = confusion(true, found, len(labels))
    people = len({clip.subject for clip in asked})
    return ActionFigures(labels=labels, confusion=tuple(map(tuple, counts.tolist())), people=people)


def measure_clips(
    name: str, models: Models, clips: Sequence[MotionClip], spread: Spread | None = None
) -> dict[str, float]:
    """Measure every metric over clips at the model's own rate, means over frames."""
    return _at_its_rate(_experiment(name), models, clips, spread)


def known(figures: Mapping[str, float]) -> dict[str, float]:
    """Leave out NaN, which a card cannot hold: metrics of frames that are not there, such as those of resting feet."""
    return {key: value for key, value in figures.items() if not math.isnan(value)}


def rate_figures(table: SweepTable) -> tuple[RateFigure, ...]:
    """List the errors of a sweep over the frame rate, by mode."""
    return tuple(
        RateFigure(mode=row.mode, hz=float(f"{row.input_hz:.4g}"), mpjpe_mm=row.figures["mpjpe_mm"])
        for mode in REGULAR
        for row in table.rows
        if row.mode == mode
    )


def by_length(name: str, models: Models, clips: Sequence[MotionClip]) -> dict[int, float]:
    """MPJPE (mm) over the same frames cut into pieces of each length: the start of every clip that is long enough."""
    experiment = _experiment(name)
    rate_hz = models(experiment.models[0]).card.rate_hz
    found: dict[int, float] = {}
    for length in LENGTHS:
        rows = []
        for clip in clips:
            step = max(1, round(clip.rate_hz / rate_hz))
            if len(clip) < max(LENGTHS) * step:
                continue
            for start in range(0, max(LENGTHS) // length * length, length):
                cut = experiment.with_source(frames=(start * step, (start + length) * step))
                results = run(cut.with_input(subsample=step), recording=clip, models=models)
                rows.append((results.frames, results.models[0].summary))
        if rows:
            found[length] = mean_over_frames(rows)["mpjpe_mm"]
    return found


def _write(entry: ModelEntry, figures: CardFigures) -> ModelCard:
    card = entry.card.model_copy(update={"figures": figures})
    save_text(card.model_dump_json(indent=2) + "\n", entry.weights.with_suffix(".json"))
    return card


def _experiment(name: str, camera: str = "front", hands: Hands = "as predicted", flip: bool = False) -> Experiment:
    choice = ModelChoice(name=name, hands=hands, flip=flip)
    return Experiment(models=(choice,), viewpoint=Viewpoint(camera=camera))


def _at_its_rate(
    experiment: Experiment, models: Models, clips: Sequence[MotionClip], spread: Spread | None = None
) -> dict[str, float]:
    table = sweep(experiment, rates=(1,), modes=("auto",), recordings=clips, models=models, spread=spread)
    return known(table.rows[0].figures)


def _mpjpe(name: str, models: Models, clips: Sequence[MotionClip], camera: str, spread: Spread | None) -> float:
    return _at_its_rate(_experiment(name, camera), models, clips, spread)["mpjpe_mm"]
