"""A training run from start to end: read the motion capture once, train, ship."""

from __future__ import annotations

from pathlib import Path

import torch

from engine.data.cmu import cache_split
from engine.errors import InputError
from engine.models.registry import build, find_model
from engine.paths import WEIGHTS
from engine.training.loop import Stage, TrainConfig, join_group, train
from engine.training.ship import resume_from

COARSE_HZ, FINE_HZ = 10.0, 60.0
FINE_SHARE = 1 / 9
"""Share of the steps at 60 Hz, at the end; they show as many frames as the others but a sixth of the time."""
ANY_HZ = (3.0, 60.0)
IRREGULAR_SHARE = 0.4
"""Share of the steps with dropped frames and an unsteady clock, in training across frame rates."""


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
    if entry.analytic:
        raise InputError(f"{model} has nothing to learn: its answer is a formula; choose another model.")
    caches = {split: folder / f"{split}.npz" for split in ("train", "val")}
    rank, world, _ = join_group()
    if rank == 0:
        folder.mkdir(parents=True, exist_ok=True)
        if continue_shipped and not (folder / "checkpoint.pt").exists():
            resume_from(WEIGHTS / f"{model}.checkpoint.pt", folder)
        for split, cache in caches.items():
            if not cache.exists():
                print(f"reading the {split} split of {data} (once)", flush=True)
                cache_split(data, split, cache)
    if world > 1:
        torch.distributed.barrier()
    train(
        TrainConfig(
            preset=model,
            train_data=caches["train"],
            val_data=caches["val"],
            folder=folder,
            stages=curriculum(steps, getattr(build(model), "max_frames", None), across_rates=entry.across_rates),
            threads=threads,
            workers=workers,
            seed=seed,
            start_from=start_from,
            learning_rate=learning_rate,
            bfloat16=bfloat16,
        )
    )


def curriculum(steps: int, max_frames: int | None = None, *, across_rates: bool = False) -> tuple[Stage, ...]:
    """First coarse in time, where a second of motion costs a sixth; at the end 60 Hz.

    A network that knows frames by their place in a table of `max_frames` stays at the coarse rate: 60 Hz made it much
    worse at slower rates and hardly better at its own (docs/results.md, "While training"). Its longest windows fill
    the table: attention does not recover for places that it meets late.
    across_rates: every rate from `ANY_HZ` from start to end instead, and irregular sampling (an own extension).
    """
    if across_rates:
        return (Stage(steps, ANY_HZ, 640, irregular=IRREGULAR_SHARE),)
    if max_frames is None:
        return (
            Stage(round(steps * (1 - FINE_SHARE)), COARSE_HZ, 640),
            Stage(steps, FINE_HZ, 960, (1.35, 4.05, 8.0)),
        )
    longest = max_frames / COARSE_HZ
    return (Stage(steps, COARSE_HZ, 640, (*(s for s in Stage.seconds[:-1] if s < longest), longest)),)
