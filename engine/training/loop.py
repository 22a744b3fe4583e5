"""The training loop: one CPU, one GPU, or several machines, unchanged; what is trained is a `Task`.

Several devices: start it under `torchrun` (plain torch.distributed). It was chosen over Lightning Fabric because the
whole of it is a dozen lines here, needs nothing installed that inference does not, and the loop stays readable.

A run is a folder: `checkpoint.pt` (everything needed to go on, written atomically), `curve.csv`, `curve.png`. Batches
are drawn from (seed, step, rank), so a run that was killed continues exactly where its last checkpoint stood. Devices
share a step's frames, in whole windows, at least one each.
The learning rate warms up, stays, and cools down over the last `cooldown` of the steps (so a finished run can go on:
raise `steps`, and it warms back to the plateau's rate). What is validated and shipped is an average of the weights.
"""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from engine.models.families import build
from engine.models.network import Network
from engine.training.checkpoints import RunState, resume, save
from engine.training.curve import draw_curve
from engine.training.task import Example, Task
from engine.writing import written_beside


@dataclass(frozen=True)
class TrainConfig:
    """What one run is. start_from names the model or the two whose shipped weights the run starts from."""

    preset: str
    task: Task
    folder: Path
    learning_rate: float = 3e-3
    ssm_learning_rate: float = 1e-3
    weight_decay: float = 0.01
    warmup: int = 300
    cooldown: float = 0.3
    average: float = 0.998
    seed: int = 0
    threads: int = 1
    workers: int = 0
    bfloat16: bool = True
    validate_every: int = 500
    checkpoint_every: int = 100
    start_from: str | None = None

    @property
    def steps(self) -> int:
        return self.task.steps

    def learning_rate_at(self, step: int) -> float:
        """Share of the full learning rate: linear warm-up, plateau, cosine down to 2 %."""
        start = self.steps * (1 - self.cooldown)
        if step < start:
            return min(1.0, (step + 1) / self.warmup)
        part = (step - start) / max(self.steps - start, 1)
        return 0.02 + 0.98 * 0.5 * (1 + float(np.cos(np.pi * min(part, 1.0))))


def train(config: TrainConfig) -> RunState:
    """Run to the end, resuming from the folder's checkpoint if there is one; returns where it stands."""
    rank, world, device = join_group()
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed + rank)
    network = build(config.preset).to(device)
    averaged = build(config.preset).to(device)
    averaged.load_state_dict(network.state_dict())
    optimiser = _optimiser(network, config)
    state = resume(config.folder, config.start_from, network, averaged, optimiser, device)
    model: nn.Module = nn.parallel.DistributedDataParallel(network) if world > 1 else network
    validate = config.task.validation()
    batches = _batches(config, config.task.batches(config.seed, rank, world), state.step)
    started, running = time.monotonic() - state.seconds, 0.0
    for step, example in batches:
        example = example.to(device)
        share = config.learning_rate_at(step)
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * share
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=config.bfloat16):
            prediction = model(example.inputs, example.rate)
        loss = config.task.loss(prediction.float(), example)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        _average(averaged, network, min(config.average, (step + 1) / (step + 20)))
        running = 0.98 * running + 0.02 * float(loss.detach()) if running else float(loss.detach())
        state.step, state.frames = step + 1, state.frames + world * example.frames
        state.seconds = time.monotonic() - started
        last = state.step == config.steps
        if rank == 0 and (last or state.step % config.validate_every == 0):
            row = {"step": state.step, "frames": state.frames, "seconds": state.seconds, "loss": running}
            state.curve.append({**row, **validate(averaged)})
            _report(config, state)
        if rank == 0 and (last or state.step % config.checkpoint_every == 0):
            save(config, state, network, averaged, optimiser)
    return state


def join_group() -> tuple[int, int, torch.device]:
    """(rank, world size, device); joins torchrun's process group when there is one, and this process has not yet."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    cuda = torch.cuda.is_available()
    if world == 1:
        return 0, 1, torch.device("cuda" if cuda else "cpu")
    if not torch.distributed.is_initialized():
        torch.distributed.init_process_group("nccl" if cuda else "gloo")
    local = int(os.environ.get("LOCAL_RANK", "0"))
    device = torch.device("cuda", local) if cuda else torch.device("cpu")
    if cuda:
        torch.cuda.set_device(device)
    return torch.distributed.get_rank(), world, device


def _optimiser(network: Network, config: TrainConfig) -> torch.optim.AdamW:
    """AdamW; SSM parameters and every vector without weight decay, SSM parameters at most at 1e-3."""
    rates = {"ssm": min(config.learning_rate, config.ssm_learning_rate)}
    return torch.optim.AdamW(
        [
            {
                "params": parameters,
                "peak": rates.get(kind, config.learning_rate),
                "weight_decay": config.weight_decay if kind == "decayed" else 0.0,
            }
            for kind, parameters in network.parameter_groups().items()
        ],
        lr=config.learning_rate,
        betas=(0.9, 0.99),
        fused=True,
    )


@torch.no_grad()
def _average(averaged: nn.Module, network: nn.Module, keep: float) -> None:
    # not on `.data`, whose changes no version of a parameter counts: layers remember by those what they computed
    torch._foreach_lerp_(list(averaged.parameters()), list(network.parameters()), 1.0 - keep)
    for mine, theirs in zip(averaged.buffers(), network.buffers(), strict=True):
        mine.copy_(theirs)  # statistics of BatchNorm, which are averages already


def _batches(config: TrainConfig, batches: Dataset[Example], first: int) -> Iterator[tuple[int, Example]]:
    loader = DataLoader(
        batches,
        batch_size=None,
        sampler=range(first, config.steps),
        num_workers=config.workers,
        prefetch_factor=4 if config.workers else None,
    )
    return zip(range(first, config.steps), loader, strict=True)


def _report(config: TrainConfig, state: RunState) -> None:
    with written_beside(config.folder / "curve.csv") as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(state.curve[-1]))
        writer.writeheader()
        writer.writerows(state.curve)
    draw_curve(state.curve, config.folder / "curve.png", f"{config.preset}: {config.task.title}")
    row = state.curve[-1]
    rate = (row["frames"] - state.inherited) / max(row["seconds"], 1e-9)
    errors = "  ".join(f"{key} {value:.1f}" for key, value in row.items() if key.startswith("val"))
    print(
        f"{config.preset}  step {state.step}/{config.steps}  {row['frames'] / 1e6:.2f} M frames  "
        f"{rate:.0f} frames/s  loss {row['loss']:.4f}  {errors}",
        flush=True,
    )
