"""SSD-Poser's length ablation: one small network trained on windows of several lengths, and measured alike.

The paper (arXiv 2504.18332) names lengths of 41, 96, 144 and 196 frames; of its figures only those at 96 are known.
Each run has as many steps, and as many frames in a step, so that what differs is the length alone.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from engine.experiment.loaded import LoadedModels
from engine.export.chart import save_chart
from engine.export.text_tables import markdown_table
from engine.metrics.catalogue import METRICS
from engine.models.registry import add
from engine.models.ssd_poser.config import SSDPoserConfig
from engine.models.ssd_poser.presets import small_of
from engine.report.grading import measure_clips, split_archive, split_clips
from engine.report.length_chart import PANELS, TRUTH, length_chart
from engine.training.data_record import FILE as RECORD
from engine.training.loop import TrainConfig, train
from engine.training.run import KINDS
from engine.training.ship import ship
from engine.training.tasks.trackers import TrackerTask, tracker_task
from engine.writing import save_json

FIGURES = "figures.json"
"""In a run's folder, once it was measured."""


@dataclass(frozen=True)
class LengthFigures:
    """One run. figures: of the test split, by the keys of `engine.metrics.catalogue`."""

    frames: int
    steps: int
    trained_frames: int
    figures: dict[str, float]


def ablate_length(
    data: Path,
    folder: Path,
    lengths: Sequence[int],
    *,
    steps: int,
    threads: int = 1,
    seed: int = 0,
    bfloat16: bool = TrainConfig.bfloat16,
) -> list[LengthFigures]:
    """Train, measure and draw every length; `folder` gets a run's folder for each, `lengths.json` and `lengths.svg`.

    What is done already is not done again; a run that was stopped, or has more steps now, goes on. Bodies are fitted
    once for all runs; `train.npz` and `val.npz` in `folder` serve, those of another run of trackers too. Raises
    InputError where the data lacks the test split.
    """
    split_archive(data, "test")  # asked before anything is trained
    kind = KINDS["trackers", "body"]
    caches = {split: folder / f"{split}.npz" for split in ("train", "val")}
    folder.mkdir(parents=True, exist_ok=True)
    kind.read(data, caches)
    found = []
    for frames in lengths:
        run = folder / f"t{frames}"
        run.mkdir(exist_ok=True)
        shutil.copyfile(folder / RECORD, run / RECORD)
        name = small_of(frames).name
        entry = replace(small_of(frames), given=run / f"{name}.safetensors")
        add(entry)
        task = tracker_task(entry, caches["train"], caches["val"], steps)
        task = replace(task, windows=max(1, round(TrackerTask.windows * SSDPoserConfig.frames / frames)))
        config = TrainConfig(
            preset=name, task=task, folder=run, learning_rate=kind.learning_rate,
            threads=threads, seed=seed, bfloat16=bfloat16,
        )  # fmt: skip
        found.append(_measured(config, frames, data))
        written = [asdict(each) for each in found]
        save_json(written, folder / "lengths.json")
        save_chart(length_chart({each.frames: each.figures for each in found}), folder / "lengths.svg")
    return found


def _measured(config: TrainConfig, frames: int, data: Path) -> LengthFigures:
    """A run's figures; it is trained and measured where it has not been, as far."""
    file = config.folder / FIGURES
    if file.exists():
        known = LengthFigures(**json.loads(file.read_text(encoding="utf-8")))
        if known.steps >= config.steps:
            return known
    train(config)
    card = ship(config.folder, config.preset, to=config.folder)
    figures = measure_clips(config.preset, LoadedModels(), split_clips(data, "test", "trackers"))
    found = LengthFigures(frames, config.steps, card.trained_frames, figures)
    save_json(asdict(found), file)
    return found


def length_table(found: Sequence[LengthFigures]) -> str:
    """Tabulate the figures of the chart, a row per length, as Markdown."""
    keys = [*PANELS, TRUTH]
    rows = [
        [
            str(each.frames),
            f"{each.trained_frames / 1e6:.2f}",
            *(f"{each.figures[key]:.{METRICS[key].digits}f}" for key in keys),
        ]
        for each in found
    ]
    return markdown_table(["frames of a window", "trained on, M frames", *(METRICS[key].title for key in keys)], rows)
