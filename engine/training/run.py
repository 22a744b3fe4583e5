"""A training run from start to end: read the motion capture once, train, ship."""

from __future__ import annotations

from pathlib import Path

import torch

from engine.data.cmu import cache_split
from engine.errors import InputError
from engine.models.families import find_model
from engine.paths import WEIGHTS
from engine.training.checkpoints import FILE, resume_from
from engine.training.data_record import FILE as RECORD
from engine.training.data_record import counted, write_record
from engine.training.loop import TrainConfig, join_group, train
from engine.training.tasks.lifting import LiftingTask, curriculum


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
    learning_rate: float = TrainConfig.learning_rate,
    bfloat16: bool = TrainConfig.bfloat16,
) -> None:
    """Train `model` on the CMU splits in `data`, in `folder` (resumed when it already holds a run).

    continue_shipped starts from the checkpoint beside the shipped weights: raise `steps` beyond what it has seen.
    start_from starts at step 0 from the shipped weights of another model with the same network.
    Under torchrun every process calls this; the first one prepares the folder.
    """
    entry = find_model(model)
    if entry.bare_card.analytic:
        raise InputError(f"{model} has nothing to learn: its answer is a formula; choose another model.")
    caches = {split: folder / f"{split}.npz" for split in ("train", "val")}
    rank, world, _ = join_group()
    if rank == 0:
        folder.mkdir(parents=True, exist_ok=True)
        if continue_shipped and not (folder / FILE).exists():
            resume_from(WEIGHTS / f"{model}.checkpoint.pt", folder)
        _read(data, caches)
    if world > 1:
        torch.distributed.barrier()
    task = LiftingTask(
        caches["train"],
        caches["val"],
        curriculum(steps, entry.bare_card.window, across_rates=entry.across_rates),
        causal=entry.bare_card.causal,
    )
    train(
        TrainConfig(
            preset=model,
            task=task,
            folder=folder,
            threads=threads,
            workers=workers,
            seed=seed,
            start_from=start_from,
            learning_rate=learning_rate,
            bfloat16=bfloat16,
        )
    )


def _read(data: Path, caches: dict[str, Path]) -> None:
    """Read the splits that are not cached yet, and record what they hold."""
    for split, cache in caches.items():
        if not cache.exists():
            print(f"reading the {split} split of {data} (once)", flush=True)
            cache_split(data, split, cache)
    folder = caches["train"].parent
    if not (folder / RECORD).exists():
        name = data.resolve().name
        said = {split: f"{split} split of {name}, seen by random virtual cameras" for split in caches}
        write_record(folder, {split: counted(cache, said[split]) for split, cache in caches.items()})
