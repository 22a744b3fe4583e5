"""Record of a run's training data, counted as it was read, beside its checkpoint: `data.json`."""

from __future__ import annotations

import json
from pathlib import Path

from engine.models.card import TrainingData
from engine.training.damaged import reading
from engine.training.motions import SOURCE_HZ, Motions
from engine.writing import save_json

FILE = "data.json"


def counted(cache: Path, description: str) -> TrainingData:
    """Clips and minutes in a cache of motions."""
    motions = Motions.load(cache)
    minutes = len(motions.positions) / SOURCE_HZ / 60
    return TrainingData(description=description, clips=len(motions.starts) - 1, minutes=round(minutes, 2))


def write_record(folder: Path, splits: dict[str, TrainingData]) -> None:
    """Write what each split of a run's folder holds."""
    said = {split: data.model_dump() for split, data in splits.items()}
    save_json(said, folder / FILE)


def trained_on(folder: Path) -> TrainingData:
    """The training split of a run's folder; counted from its cache where no record was written, else not known."""
    file, cache = folder / FILE, folder / "train.npz"
    if file.exists():
        with reading(file):
            return TrainingData.model_validate(json.loads(file.read_text(encoding="utf-8"))["train"])
    return counted(cache, "") if cache.exists() else TrainingData()
