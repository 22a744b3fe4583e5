"""Recognition of people who are held apart: for each person of the training, a head that has not seen them.

Every head is a training run of its own, in `people/NAME` of the run's folder, as the shipped one is but for that
person's clips. The trunk has seen the people of its own training, without labels. A clip's label is that of the largest
mean probability over its moments.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from engine.metrics.action import confusion
from engine.models.card import ActionFigures
from engine.models.families import build
from engine.models.labels import MOTIONS
from engine.training.action_features import Features
from engine.training.checkpoints import FILE
from engine.training.loop import TrainConfig, train
from engine.training.tasks.action import ActionTask
from engine.writing import save_text

RECORD = "held_apart.json"


def measure_held_apart(config: TrainConfig) -> None:
    """Train the heads of a run that is done, ask all, and write `RECORD` into its folder."""
    task = config.task
    assert isinstance(task, ActionTask)
    clips, features = task.clips(), task.features("plain")
    true, found = [], []
    for person in clips.captured:
        of_person = replace(config, task=replace(task, without=person), folder=config.folder / "people" / person)
        train(of_person)
        theirs = np.flatnonzero(clips.people == person)
        true += clips.labels[theirs].tolist()
        found += asked(of_person, features, theirs)
    counts = confusion(true, found, len(MOTIONS))
    figures = ActionFigures(labels=MOTIONS, confusion=tuple(map(tuple, counts.tolist())), people=len(clips.captured))
    save_text(figures.model_dump_json(indent=2) + "\n", config.folder / RECORD)
    print(f"people held apart: {figures}", flush=True)


def asked(config: TrainConfig, features: Features, clips: NDArray[np.int64]) -> list[int]:
    """The labels that a run's head gives to clips, by their features."""
    saved = torch.load(config.folder / FILE, map_location="cpu", weights_only=True)
    network = build(config.preset).eval()
    network.load_state_dict(saved["averaged"])
    labels = []
    for clip in clips:
        means = torch.from_numpy(features.means[features.clips == clip].astype(np.float32))
        with torch.inference_mode():
            labels.append(int(torch.softmax(network(means[:, None])[:, 0], -1).mean(0).argmax()))
    return labels


def held_apart(folder: Path) -> ActionFigures | None:
    """What was measured in a run's folder; None where nothing was."""
    file = folder / RECORD
    return ActionFigures.model_validate(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else None
