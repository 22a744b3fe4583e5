"""The figures of a trained model's card, measured by the same functions that anyone can run from the command line.

Validation and test subjects, true 2D, the "front" camera: what `kinestate sweep` prints for those archives.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.errors import InputError
from engine.experiment.pipeline import LiftingModel, open_source, run, sources
from engine.experiment.settings import Experiment, ModelChoice
from engine.experiment.sweep import SweepTable, sweep
from engine.metrics.summary import mean_over_frames
from engine.models.card import ModelCard
from engine.models.registry import find_model, load_model
from engine.motion.clip import MotionClip
from engine.observation.virtual_camera import CAMERA_PRESETS
from engine.progress import Progress

LENGTHS = (27, 81, 243, 486, 972)
"""Clip lengths, frames at 60 Hz, over which the error's dependence on length is measured."""


def split_archive(data: Path, split: str) -> Path:
    """The archive of a split in a folder laid out as the CMU data; InputError names it where it is missing."""
    archive = data / f"{split}.tar.xz"
    if not archive.exists():
        raise InputError(f"{data}: there is no {archive.name}; give a folder that holds the motion capture splits.")
    return archive


def grade(name: str, data: Path, *, progress: Progress | None = None) -> ModelCard:
    """Measure the shipped model `name` on the splits in `data` and write the figures into its card."""
    model = load_model(name)
    experiment = Experiment(models=(ModelChoice(name=name),))
    test = _clips(experiment, split_archive(data, "test"))
    measured_test = sweep(experiment, clips=test, models={name: model}, progress=progress)
    at_60_hz = _row(measured_test, 1, "rescaled")
    metrics = {
        "val": measure_split(name, model, split_archive(data, "val")),
        "test": at_60_hz,
        "test mpjpe_mm by category": {
            category: next(row.figures["mpjpe_mm"] for row in rows if row.r == 1 and row.way == "rescaled")
            for category, rows in measured_test.by_category().items()
        },
        **{
            f"test mpjpe_mm by rate, {way}": {
                f"{row.input_hz:.4g} Hz": row.figures["mpjpe_mm"] for row in measured_test.rows if row.way == way
            }
            for way in ("trained", "rescaled", "resampled")
        },
        "test mpjpe_mm by camera": {
            camera: at_60_hz["mpjpe_mm"]
            if camera == experiment.camera
            else _mean_mpjpe(
                sweep(
                    experiment.model_copy(update={"camera": camera}),
                    rates=(1,),
                    ways=("rescaled",),
                    clips=test,
                    models={name: model},
                )
            )
            for camera in CAMERA_PRESETS
        },
        "test mpjpe_mm by clip length": by_length(experiment, model, test),
    }
    entry = find_model(name)
    card = entry.card.model_copy(update={"metrics": metrics})
    entry.weights.with_suffix(".json").write_text(card.model_dump_json(indent=2) + "\n")
    return card


def measure_split(name: str, model: LiftingModel, archive: Path) -> dict[str, float]:
    """Every metric over a split's clips at the trained rate, means over frames."""
    experiment = Experiment(models=(ModelChoice(name=name),))
    clips = _clips(experiment, archive)
    return sweep(experiment, rates=(1,), ways=("rescaled",), clips=clips, models={name: model}).rows[0].figures


def by_length(experiment: Experiment, model: LiftingModel, clips: Sequence[MotionClip]) -> dict[str, float]:
    """MPJPE (mm) over the same frames cut into pieces of each length: the start of every clip that is long enough."""
    name = experiment.models[0].name
    found: dict[str, float] = {}
    for length in LENGTHS:
        rows = []
        for clip in clips:
            step = max(1, round(clip.rate_hz / model.card.trained_hz))
            if len(clip) < max(LENGTHS) * step:
                continue
            for start in range(0, max(LENGTHS) // length * length, length):
                piece = experiment.model_copy(
                    update={
                        "frames": (start * step, (start + length) * step),
                        "input": experiment.input.model_copy(update={"subsample": step}),
                    }
                )
                results = run(piece, clip=clip, models={name: model})
                rows.append((results.frames, results.models[0].summary))
        if rows:
            found[f"{length} frames"] = mean_over_frames(rows)["mpjpe_mm"]
    return found


def _clips(experiment: Experiment, archive: Path) -> list[MotionClip]:
    held = experiment.model_copy(update={"clip": str(archive)})
    opened = [open_source(source, held) for source in sources(held)]
    return [clip for clip in opened if isinstance(clip, MotionClip)]


def _row(table: SweepTable, r: int, way: str) -> dict[str, float]:
    return next(row.figures for row in table.rows if row.r == r and row.way == way)


def _mean_mpjpe(table: SweepTable) -> float:
    return table.rows[0].figures["mpjpe_mm"]
