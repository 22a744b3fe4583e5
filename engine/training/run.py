"""A training run from start to end: read the motion capture once, train."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from engine.data.cmu import cache_split
from engine.errors import InputError
from engine.models.card import TrainingData
from engine.models.families import find_model
from engine.models.registry import ModelEntry
from engine.paths import WEIGHTS
from engine.training.checkpoints import FILE, resume_from
from engine.training.data_record import FILE as RECORD
from engine.training.data_record import counted, write_record
from engine.training.loop import TrainConfig, join_group, train
from engine.training.motions import SOURCE_HZ
from engine.training.task import Task
from engine.training.tasks.lifting import LiftingTask, curriculum
from engine.training.variety import VARIETIES

Caches = dict[str, Path]
"""The files of the splits "train" and "val" in a run's folder."""


@dataclass(frozen=True)
class Kind:
    """What the models of one kind of observation and one of prediction are trained by.

    read  fills the caches that are not there from the folder of the data, and says what they hold
    task  of a model, on the caches, for so many steps, started from another model or none
    learning_rate  where none is asked for
    after  what is measured in the run's folder when it is done
    """

    read: Callable[[Path, Caches], None]
    task: Callable[[ModelEntry, Caches, int, str | None], Task]
    learning_rate: float
    after: Callable[[TrainConfig], None] | None = None


def run_training(
    model: str,
    data: Path,
    folder: Path,
    *,
    steps: int = 10_000,
    threads: int = 1,
    workers: int = 0,
    seed: int = 0,
    continue_shipped: bool = False,
    start_from: str | None = None,
    learning_rate: float | None = None,
    bfloat16: bool = TrainConfig.bfloat16,
) -> None:
    """Train `model` on the CMU splits in `data`, in `folder` (resumed when it already holds a run).

    continue_shipped starts from the checkpoint beside the shipped weights: raise `steps` beyond what it has seen.
    start_from starts at step 0 from the shipped weights of another model with the same network, up to its head, or
    of two HumMUSS of half the width, "A,B".
    learning_rate None: that of `KINDS`.
    Under torchrun every process calls this; the first one prepares the folder.
    """
    entry = find_model(model)
    if entry.bare_card.analytic:
        raise InputError(f"{model} has nothing to learn: its answer is a formula; choose another model.")
    observes, predicts = entry.bare_card.observes, entry.bare_card.predicts
    kind = KINDS.get((observes, predicts))
    if kind is None:
        raise InputError(f"{model} observes {observes} and predicts {predicts}, for which there is no training here.")
    caches = {split: folder / f"{split}.npz" for split in ("train", "val")}
    rank, world, _ = join_group()
    if rank == 0:
        folder.mkdir(parents=True, exist_ok=True)
        if continue_shipped and not (folder / FILE).exists():
            resume_from(WEIGHTS / f"{model}.checkpoint.pt", folder)
        kind.read(data, caches)
    if world > 1:
        torch.distributed.barrier()
    config = TrainConfig(
        preset=model,
        task=kind.task(entry, caches, steps, start_from),
        folder=folder,
        threads=threads,
        workers=workers,
        seed=seed,
        start_from=start_from,
        warmup=max(1, min(TrainConfig.warmup, steps // 10)),
        learning_rate=kind.learning_rate if learning_rate is None else learning_rate,
        bfloat16=bfloat16,
    )
    train(config)
    if kind.after is not None and rank == 0:
        kind.after(config)


def _lifting_task(entry: ModelEntry, caches: Caches, steps: int, start_from: str | None) -> Task:
    card = entry.bare_card
    stages = curriculum(steps, card.window, across_rates=entry.across_rates, variety=VARIETIES[entry.variety])
    return LiftingTask(caches["train"], caches["val"], stages, causal=card.causal)


def _tracker_task(entry: ModelEntry, caches: Caches, steps: int, start_from: str | None) -> Task:
    from engine.training.tasks.trackers import tracker_task

    return tracker_task(entry, caches["train"], caches["val"], steps)


def _mesh_task(entry: ModelEntry, caches: Caches, steps: int, start_from: str | None) -> Task:
    from engine.training.tasks.mesh import mesh_task

    return mesh_task(entry, caches["train"], caches["val"], steps)


def _action_task(entry: ModelEntry, caches: Caches, steps: int, start_from: str | None) -> Task:
    from engine.training.tasks.action import action_task

    return action_task(entry, caches["train"], caches["val"], steps, start_from)


def _view_task(entry: ModelEntry, caches: Caches, steps: int, start_from: str | None) -> Task:
    from engine.training.tasks.multiview import MultiViewTask

    return MultiViewTask(caches["train"], caches["val"], steps, over_time=entry.across_rates)


def _hold_apart(config: TrainConfig) -> None:
    from engine.training.held_apart import measure_held_apart

    measure_held_apart(config)


def _read_keypoints(data: Path, caches: Caches, said: str = "seen by random virtual cameras") -> None:
    for split, cache in caches.items():
        if not cache.exists():
            print(f"reading the {split} split of {data} (once)", flush=True)
            cache_split(data, split, cache)
    folder = caches["train"].parent
    if not (folder / RECORD).exists():
        name = data.resolve().name
        about = {split: f"{split} split of {name}, {said}" for split in caches}
        write_record(folder, {split: counted(cache, about[split]) for split, cache in caches.items()})


def _read_actions(data: Path, caches: Caches) -> None:
    from engine.training.action_clips import action_clips, joined

    folder = caches["train"].parent
    recorded = (folder / RECORD).exists()
    _read_keypoints(data, caches)
    if recorded:
        return
    train, val = action_clips(caches["train"], generated=True), action_clips(caches["val"])
    said = "labelled clips of {} of {}{}, seen by random virtual cameras; nothing was chosen by the validation's"
    counts = {}
    for split, clips, which, more in (
        ("train", joined(train, val), "train and val", " and of the generator"),
        ("val", val, "val", ""),
    ):
        minutes = round(len(clips.positions) / SOURCE_HZ / 60, 2)
        description = said.format(which, data.resolve().name, more)
        counts[split] = TrainingData(description=description, clips=len(clips), minutes=minutes)
    write_record(folder, counts)


def _read_bodies(said: str, trusted: bool, data: Path, caches: Caches) -> None:
    """said: how they are shown, of the split and the name of the data; trusted: whether head and hands have to be."""
    from engine.training import body_motions

    for split, cache in caches.items():
        if not cache.exists():
            print(f"fitting bodies to the {split} split of {data} (once)", flush=True)
            body_motions.cache_bodies(body_motions.body_motions(data, split), cache)
    folder, name = caches["train"].parent, data.resolve().name
    if not (folder / RECORD).exists():
        counts = {
            split: body_motions.counted(cache, said.format(split, name), trusted=trusted)
            for split, cache in caches.items()
        }
        write_record(folder, counts)


_WORN = "{} split of {}, as bodies that wear a headset and two controllers; head and hands trusted"
_VIEWED = "seen by random virtual rigs of two to eight cameras through the measured errors of a detector"
_FILMED = "{} split of {}, as bodies that random virtual cameras see"

KINDS: dict[tuple[str, str], Kind] = {
    ("keypoints", "joints"): Kind(_read_keypoints, _lifting_task, TrainConfig.learning_rate),
    ("keypoints", "scores"): Kind(_read_actions, _action_task, 1e-3, _hold_apart),
    ("keypoints", "body"): Kind(partial(_read_bodies, _FILMED, False), _mesh_task, 1e-3),
    ("views", "joints"): Kind(partial(_read_keypoints, said=_VIEWED), _view_task, 2e-3),
    ("trackers", "body"): Kind(partial(_read_bodies, _WORN, True), _tracker_task, 3e-4),
}
"""By `ModelCard.observes` and `predicts`. The learning rate of trackers is KineST's."""
