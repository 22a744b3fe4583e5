"""Lifting: windows of motion capture, seen by random cameras, to root-relative poses in the follow camera's axes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from engine.models.lifting.layout import COUNTED_HZ
from engine.training.answers import asking
from engine.training.motions import SOURCE_HZ, Motions, WindowSettings, irregular_gaps, make_batch
from engine.training.task import Example, Validate
from engine.training.variety import PLAIN, Variety

DROP, JITTER = 0.6, 0.3
SHORTEST = 4
"""Frames of the shortest window."""


@dataclass(frozen=True)
class Stage:
    """A part of the curriculum, up to `until` steps, on windows at `hz`: one rate, or a range that steps draw from.

    Each step draws one of the window lengths `seconds` and takes as many windows as make up `frames` frames: an SSM
    remembers longer than a short window, so that it has to be trained on long ones too. A range is drawn from
    log-uniformly. `irregular` is the share of the steps whose camera drops up to `DROP` of the frames and takes the
    others up to `JITTER` of a period early or late. variety is what else lifting shows.
    """

    until: int
    hz: float | tuple[float, float]
    frames: int
    seconds: tuple[float, ...] = (2.0, 4.0, 4.0, 4.0, 8.0, 8.0, 16.0)
    irregular: float = 0.0
    variety: Variety = PLAIN

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
        batch = max(1, round(self.frames / (frames * sharing)))
        return WindowSettings(frames, hz, causal, batch, gaps=gaps, variety=self.variety)


@dataclass(frozen=True)
class StagedTask:
    """A training in stages.

    Rates are given to the model as 60 / hz: the SSM's true Δ, at any stage. causal decides which way the follow camera
    looks.
    """

    train_data: Path
    val_data: Path
    stages: tuple[Stage, ...]
    causal: bool

    @property
    def steps(self) -> int:
        return self.stages[-1].until

    def stage(self, step: int) -> Stage:
        return next(s for s in self.stages if step < s.until)


@dataclass(frozen=True)
class LiftingTask(StagedTask):
    """Training on the motions in `train_data`, caches as `engine.data.cmu.cache_split` writes them.

    Rates are given frame by frame where sampling is irregular.
    """

    @property
    def title(self) -> str:
        return "MPJPE in mm, validation subjects, true 2D"

    def batches(self, seed: int, rank: int, world: int) -> Dataset[Example]:
        return LiftingBatches(self, Motions.load(self.train_data), seed, rank, world)

    def loss(self, prediction: Tensor, example: Example) -> Tensor:
        weight = self.stages[-1].variety.acceleration
        return lifting_loss(prediction, example.targets, example.rate / SOURCE_HZ, acceleration=weight)

    def validation(self) -> Validate:
        varied = self.stages[-1].variety != PLAIN
        return Validation(Motions.load(self.val_data), causal=self.causal, varied=varied).errors_mm


class LiftingBatches(Dataset[Example]):
    """`LiftingTask.batches`."""

    def __init__(self, task: LiftingTask, motions: Motions, seed: int, rank: int, world: int) -> None:
        self.task, self.motions, self.seed, self.rank, self.world = task, motions, seed, rank, world

    def __len__(self) -> int:
        return self.task.steps

    def __getitem__(self, step: int) -> Example:
        of_step = self.seed, step
        rng = np.random.default_rng(of_step)
        settings = self.task.stage(step).windows(rng, causal=self.task.causal, sharing=self.world)
        batch = make_batch(self.motions, settings, np.random.default_rng((*of_step, 1 + self.rank)))
        period = SOURCE_HZ / settings.hz
        rate = period if settings.gaps is None else torch.from_numpy((period * settings.gaps).astype(np.float32))
        return Example(torch.from_numpy(batch.inputs), torch.from_numpy(batch.targets), rate)


class Validation:
    """Fixed windows of the validation subjects: MPJPE in mm at `RATES_HZ` with the true Δ, clean 2D.

    varied: at `VARIED_HZ` also each kind of `VARIED`, and the jitter of predictions behind a detector, in the truth's.
    """

    RATES_HZ = (60.0, 15.0, 7.5)
    VARIED_HZ = 30.0

    def __init__(
        self, motions: Motions, *, causal: bool, varied: bool = False, windows: int = 24, seconds: float = 4.05
    ) -> None:
        asked = [(f"{hz:g}", hz, PLAIN) for hz in self.RATES_HZ]
        if varied:
            asked += [(name, self.VARIED_HZ, variety) for name, variety in VARIED.items()]
        self.sets = []
        for name, hz, variety in asked:
            settings = WindowSettings(round(seconds * hz), hz, causal, windows, clean=1.0, warp=1.0, variety=variety)
            self.sets.append((name, hz, make_batch(motions, settings, np.random.default_rng(7))))

    def errors_mm(self, network: nn.Module) -> dict[str, float]:
        """{"val_mm_60": ..., ...}: error in statures times 1.6 m, a plain average stature, for the curve only."""
        errors = {}
        with asking(network) as device:
            for name, hz, batch in self.sets:
                predictions = [
                    network(torch.from_numpy(part).to(device), SOURCE_HZ / hz).cpu()
                    for part in np.array_split(batch.inputs, 6)
                ]
                predicted = torch.cat(predictions)
                predicted = predicted - predicted[:, :, :1]
                targets = torch.from_numpy(batch.targets)
                error = (predicted - targets).norm(dim=-1).mean()
                errors[f"val_mm_{name}"] = 1600 * float(error)
                if name == "detected":
                    rough, true = (float(torch.diff(p, n=3, dim=1).norm(dim=-1).mean()) for p in (predicted, targets))
                    errors["val_jitter_detected"] = rough / true
        return errors


VARIED = {
    "detected": Variety(detected=1.0),
    "tumbled": Variety(tumbled=1.0),
    "anywhere": Variety(anywhere=1.0),
    "eyes": Variety(eyes=1.0),
}
"""What a varied validation asks besides."""
VELOCITY_WEIGHT = 0.1
"""Weight of the velocity term, in seconds: MotionBERT's 20 per frame would be 0.33 s at 60 Hz. On real time, so that
windows of any rate count alike; smaller than theirs because short runs otherwise learn to stand still first."""


def lifting_loss(prediction: Tensor, target: Tensor, gaps: float | Tensor, *, acceleration: float = 0.0) -> Tensor:
    """MPJPE + 0.5 N-MPJPE + velocity + acceleration; prediction and target (B, F, J, 3) root-relative, any one unit.

    gaps: seconds between frames, one number, or (F,) the time before each frame. The velocity error is a mean over
    time, so that two frames a moment apart do not count more than two far apart; so is that of acceleration, the change
    of velocity from gap to gap.
    """
    position = (prediction - target).norm(dim=-1).mean()
    scale = (prediction * target).sum((-1, -2), keepdim=True) / prediction.square().sum(
        (-1, -2), keepdim=True
    ).clamp_min(1e-8)
    scaled = (scale * prediction - target).norm(dim=-1).mean()
    seconds = gaps[1:].mean() if isinstance(gaps, Tensor) else gaps
    velocity = (torch.diff(prediction, dim=1) - torch.diff(target, dim=1)).norm(dim=-1).mean() / seconds
    loss = position + 0.5 * scaled + VELOCITY_WEIGHT * velocity
    if acceleration:
        steps = gaps[1:] if isinstance(gaps, Tensor) else torch.full_like(prediction[0, 1:, 0, 0], gaps)
        speed = torch.diff(prediction - target, dim=1) / steps[:, None, None].clamp_min(1e-3)
        loss = loss + acceleration * torch.diff(speed, dim=1).norm(dim=-1).mean() / seconds
    return loss


COARSE_HZ, FINE_HZ = 10.0, 60.0
FINE_SHARE = 1 / 9
"""Share of the steps at 60 Hz, at the end; they show as many frames as the others but a sixth of the time."""
ANY_HZ = (3.0, 60.0)
IRREGULAR_SHARE = 0.4
"""Share of the steps with dropped frames and an unsteady clock, in training across frame rates."""


def curriculum(
    steps: int, max_frames: int | None = None, *, across_rates: bool = False, variety: Variety = PLAIN
) -> tuple[Stage, ...]:
    """First coarse in time, where a second of motion costs a sixth; at the end 60 Hz.

    A network that knows frames by their place in a table of `max_frames` stays at the coarse rate: 60 Hz made it much
    worse at slower rates and hardly better at its own (docs/results.md, "While training"). Its longest windows fill
    the table: attention does not recover for places that it meets late.
    across_rates: every rate from `ANY_HZ` from start to end instead, and irregular sampling (an own extension), of
    people, cameras and detectors as varied as `variety` says.
    """
    if across_rates:
        return (Stage(steps, ANY_HZ, 640, irregular=IRREGULAR_SHARE, variety=variety),)
    if max_frames is None:
        return (
            Stage(round(steps * (1 - FINE_SHARE)), COARSE_HZ, 640),
            Stage(steps, FINE_HZ, 960, (1.35, 4.05, 8.0)),
        )
    longest = max_frames / COUNTED_HZ
    return (Stage(steps, COUNTED_HZ, 640, (*(s for s in Stage.seconds[:-1] if s < longest), longest)),)
