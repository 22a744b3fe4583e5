"""The training loop of the lifting models: one CPU, one GPU, or several machines, unchanged.

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
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from engine.errors import InputError
from engine.models.registry import build, find_model
from engine.training.curve import draw_curve
from engine.training.losses import lifting_loss
from engine.training.motions import SOURCE_HZ, Motions, WindowSettings, irregular_gaps, make_batch

DROP, JITTER = 0.6, 0.3
SHORTEST = 4
"""Frames of the shortest window."""


@dataclass(frozen=True)
class Stage:
    """A part of the curriculum, up to `until` steps, on windows at `hz`: one rate, or a range that steps draw from.

    Each step draws one of the window lengths `seconds` and takes as many windows as make up `frames` frames: an SSM
    remembers longer than a short window, so that it has to be trained on long ones too. A range is drawn from
    log-uniformly. `irregular` is the share of the steps whose camera drops up to `DROP` of the frames and takes the
    others up to `JITTER` of a period early or late.
    """

    until: int
    hz: float | tuple[float, float]
    frames: int
    seconds: tuple[float, ...] = (2.0, 4.0, 4.0, 4.0, 8.0, 8.0, 16.0)
    irregular: float = 0.0

    def windows(self, rng: np.random.Generator, *, causal: bool, sharing: int = 1) -> WindowSettings:
        """The windows of one step on one of `sharing` devices."""
        seconds = float(rng.choice(self.seconds))
        hz = float(np.exp(rng.uniform(*np.log(self.hz)))) if isinstance(self.hz, tuple) else self.hz
        drop, gaps = 0.0, None
        irregular = self.irregular > 0 and rng.random() < self.irregular
        if irregular:
            drop = rng.uniform(0, DROP)
        frames = max(SHORTEST, round(seconds * hz * (1 - drop)))
        if irregular:
            gaps = irregular_gaps(frames, drop=drop, jitter=rng.uniform(0, JITTER), rng=rng)
        return WindowSettings(frames, hz, causal, max(1, round(self.frames / (frames * sharing))), gaps=gaps)


@dataclass(frozen=True)
class TrainConfig:
    """What one run is. Rates are given to the model as 60 / hz: the SSM's true Δ, at any stage, frame by frame where
    sampling is irregular. start_from names a model of the same network whose shipped weights the run starts from."""

    preset: str
    train_data: Path
    val_data: Path
    folder: Path
    stages: tuple[Stage, ...]
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
        return self.stages[-1].until

    def stage(self, step: int) -> Stage:
        return next(s for s in self.stages if step < s.until)

    def learning_rate_at(self, step: int) -> float:
        """Share of the full learning rate: linear warm-up, plateau, cosine down to 2 %."""
        start = self.steps * (1 - self.cooldown)
        if step < start:
            return min(1.0, (step + 1) / self.warmup)
        part = (step - start) / max(self.steps - start, 1)
        return 0.02 + 0.98 * 0.5 * (1 + float(np.cos(np.pi * min(part, 1.0))))


@dataclass
class Progress:
    """Where a run stands; `frames` counts training frames shown to the model, over all ranks.

    inherited: those of them that were shown before the run, to the weights that it started from.
    """

    step: int = 0
    frames: int = 0
    inherited: int = 0
    seconds: float = 0.0
    curve: list[dict[str, float]] = field(default_factory=list)


Example = tuple[Tensor, Tensor, float | Tensor]
"""Inputs, targets (B, F, 17, 3) and the rate, a number or (F,), of one step."""


class StepBatches(Dataset[Example]):
    """Batch number `step`, made from (seed, step, rank) alone; as large on every device, so that none waits."""

    def __init__(self, config: TrainConfig, motions: Motions, causal: bool, rank: int, world: int) -> None:
        self.config, self.motions, self.causal, self.rank, self.world = config, motions, causal, rank, world

    def __len__(self) -> int:
        return self.config.steps

    def __getitem__(self, step: int) -> Example:
        of_step = self.config.seed, step
        rng = np.random.default_rng(of_step)
        settings = self.config.stage(step).windows(rng, causal=self.causal, sharing=self.world)
        batch = make_batch(self.motions, settings, np.random.default_rng((*of_step, 1 + self.rank)))
        period = SOURCE_HZ / settings.hz
        rate = period if settings.gaps is None else torch.from_numpy((period * settings.gaps).astype(np.float32))
        return torch.from_numpy(batch.inputs), torch.from_numpy(batch.targets), rate


def train(config: TrainConfig) -> Progress:
    """Run to the end, resuming from the folder's checkpoint if there is one; returns where it stands."""
    rank, world, device = join_group()
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed + rank)
    network = build(config.preset).to(device)
    averaged = build(config.preset).to(device)
    averaged.load_state_dict(network.state_dict())
    optimiser = _optimiser(network, config)
    progress = _resume(config, network, averaged, optimiser, device)
    model: nn.Module = nn.parallel.DistributedDataParallel(network) if world > 1 else network
    causal = find_model(config.preset).causal
    validation = Validation(Motions.load(config.val_data), causal=causal)
    batches = _batches(StepBatches(config, Motions.load(config.train_data), causal, rank, world), progress.step)
    started, running = time.monotonic() - progress.seconds, 0.0
    for step, (inputs, targets, rate) in batches:
        rate = rate.to(device) if isinstance(rate, Tensor) else rate
        share = config.learning_rate_at(step)
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * share
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=config.bfloat16):
            prediction = model(inputs.to(device), rate)
        loss = lifting_loss(prediction.float(), targets.to(device), rate / SOURCE_HZ)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        _average(averaged, network, min(config.average, (step + 1) / (step + 20)))
        running = 0.98 * running + 0.02 * float(loss.detach()) if running else float(loss.detach())
        progress.step, progress.frames = step + 1, progress.frames + world * targets.shape[0] * targets.shape[1]
        progress.seconds = time.monotonic() - started
        last = progress.step == config.steps
        if rank == 0 and (last or progress.step % config.validate_every == 0):
            row = {"step": progress.step, "frames": progress.frames, "seconds": progress.seconds, "loss": running}
            progress.curve.append({**row, **validation.errors_mm(averaged)})
            _report(config, progress)
        if rank == 0 and (last or progress.step % config.checkpoint_every == 0):
            _checkpoint(config, progress, network, averaged, optimiser)
    return progress


class Validation:
    """Fixed windows of the validation subjects, clean 2D: MPJPE in mm at `RATES_HZ` with the true Δ."""

    RATES_HZ = (60.0, 15.0, 7.5)

    def __init__(self, motions: Motions, *, causal: bool, windows: int = 24, seconds: float = 4.05) -> None:
        self.sets = []
        for hz in self.RATES_HZ:
            settings = WindowSettings(round(seconds * hz), hz, causal, windows, clean=1.0, warp=1.0)
            self.sets.append((hz, make_batch(motions, settings, np.random.default_rng(7))))

    def errors_mm(self, network: nn.Module) -> dict[str, float]:
        """{"val_mm_60": ..., ...}: error in statures times 1.6 m, a plain average stature, for the curve only."""
        device = next(network.parameters()).device
        errors = {}
        with torch.inference_mode():
            for hz, batch in self.sets:
                predictions = [
                    network(torch.from_numpy(part).to(device), SOURCE_HZ / hz).cpu()
                    for part in np.array_split(batch.inputs, 6)
                ]
                predicted = torch.cat(predictions)
                predicted = predicted - predicted[:, :, :1]
                error = (predicted - torch.from_numpy(batch.targets)).norm(dim=-1).mean()
                errors[f"val_mm_{hz:g}"] = 1600 * float(error)
        return errors


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


def _optimiser(network: nn.Module, config: TrainConfig) -> torch.optim.AdamW:
    """AdamW; SSM parameters and every vector without weight decay, SSM parameters at most at 1e-3."""
    diagonal = ("log_decay", "frequency", "output", "log_step", "skip")
    selective = ("A_log", "A_logs", "D", "Ds", "dt_bias", "dt_projs_bias")
    ssm_names = (*diagonal, *selective)
    groups: dict[str, list[nn.Parameter]] = {"ssm": [], "plain": [], "decayed": []}
    for name, parameter in network.named_parameters():
        kind = "ssm" if name.rsplit(".", 1)[-1] in ssm_names else "plain" if parameter.ndim < 2 else "decayed"
        groups[kind].append(parameter)
    rates = {"ssm": min(config.learning_rate, config.ssm_learning_rate)}
    return torch.optim.AdamW(
        [
            {
                "params": parameters,
                "peak": rates.get(kind, config.learning_rate),
                "weight_decay": config.weight_decay if kind == "decayed" else 0.0,
            }
            for kind, parameters in groups.items()
        ],
        lr=config.learning_rate,
        betas=(0.9, 0.99),
        fused=True,
    )


def _average(averaged: nn.Module, network: nn.Module, keep: float) -> None:
    torch._foreach_lerp_([p.data for p in averaged.parameters()], [p.data for p in network.parameters()], 1.0 - keep)


def _batches(batches: StepBatches, first: int) -> Iterator[tuple[int, Example]]:
    config = batches.config
    loader = DataLoader(
        batches,
        batch_size=None,
        sampler=range(first, config.steps),
        num_workers=config.workers,
        prefetch_factor=4 if config.workers else None,
    )
    return zip(range(first, config.steps), loader, strict=True)


def _resume(
    config: TrainConfig, network: nn.Module, averaged: nn.Module, optimiser: torch.optim.Optimizer, device: torch.device
) -> Progress:
    file = config.folder / "checkpoint.pt"
    if not file.exists():
        return _started_from(config.start_from, network, averaged) if config.start_from else Progress()
    saved: dict[str, Any] = torch.load(file, map_location=device, weights_only=True)
    network.load_state_dict(saved["network"])
    averaged.load_state_dict(saved["averaged"])
    peaks = [(g["peak"], g["weight_decay"]) for g in optimiser.param_groups]
    optimiser.load_state_dict(saved["optimiser"])
    for group, (peak, decay) in zip(optimiser.param_groups, peaks, strict=True):
        group["peak"], group["weight_decay"] = peak, decay  # this run's settings, not the saved ones
    return Progress(**saved["progress"])


def _started_from(name: str, network: nn.Module, averaged: nn.Module) -> Progress:
    """Give both networks the shipped weights of the model `name`; the frames that it was shown count."""
    entry = find_model(name)
    if not entry.trained:
        raise InputError(f"--start-from {name}: that model has no shipped weights; choose a trained one.")
    weights, own = load_file(entry.weights), network.state_dict()
    if {k: v.shape for k, v in weights.items()} != {k: v.shape for k, v in own.items()}:
        raise InputError(f"--start-from {name}: its network is another one; choose a model with the same network.")
    network.load_state_dict(weights)
    averaged.load_state_dict(weights)
    return Progress(frames=entry.card.trained_frames, inherited=entry.card.trained_frames)


def _checkpoint(
    config: TrainConfig, progress: Progress, network: nn.Module, averaged: nn.Module, optimiser: torch.optim.Optimizer
) -> None:
    config.folder.mkdir(parents=True, exist_ok=True)
    partial = config.folder / "checkpoint.part"
    torch.save(
        {
            "network": network.state_dict(),
            "averaged": averaged.state_dict(),
            "optimiser": optimiser.state_dict(),
            "progress": asdict(progress),
            "config": json.dumps(asdict(config), default=str),
        },
        partial,
    )
    os.replace(partial, config.folder / "checkpoint.pt")


def _report(config: TrainConfig, progress: Progress) -> None:
    config.folder.mkdir(parents=True, exist_ok=True)
    with open(config.folder / "curve.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, list(progress.curve[-1]))
        writer.writeheader()
        writer.writerows(progress.curve)
    draw_curve(progress.curve, config.folder / "curve.png", config.preset)
    row = progress.curve[-1]
    rate = (row["frames"] - progress.inherited) / max(row["seconds"], 1e-9)
    errors = "  ".join(f"{key} {value:.1f}" for key, value in row.items() if key.startswith("val"))
    print(
        f"{config.preset}  step {progress.step}/{config.steps}  {row['frames'] / 1e6:.2f} M frames  "
        f"{rate:.0f} frames/s  loss {row['loss']:.4f}  {errors}",
        flush=True,
    )
