"""Several views: random rigs see people through a detector's errors; a network finds the joints in the world.

The recipe is the specification's (mv_keypoints.md, section 2): rigs are never seen twice, one sample in seven has a
camera that exchanges left and right, one in two cameras whose calibration is a little off, one in five a camera that
was turned; few views are shown more often.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from engine.observation.detector_noise import Noise
from engine.training.answers import asking
from engine.training.motions import Motions
from engine.training.task import Example, Validate
from engine.training.view_windows import ViewSettings, view_batch

VIEWS = (2, 2, 2, 3, 3, 3, 4, 4, 5, 6, 8)
"""A step draws one of them."""
SHOWN = 512
"""Views of a step: as many frames as make them up."""
NOISE = Noise(swapping=0.3, exchanged=0.5, blind=0.05)
TURNED, DEGREES = 0.2, (0.5, 5.0)
FARTHEST_M = 1.0
"""Errors count up to it."""
EARLIER = 0.5
"""Weight of the layers before the last."""


@dataclass(frozen=True)
class MultiViewTask:
    """Training on the motions in `train_data`, caches as `engine.data.cmu.cache_split` writes them."""

    train_data: Path
    val_data: Path
    steps: int

    @property
    def title(self) -> str:
        return "MPJPE in mm, validation subjects, 2, 3, 4 and 8 views, 4 with a camera turned by 3 degrees"

    def batches(self, seed: int, rank: int, world: int) -> Dataset[Example]:
        return ViewBatches(Motions.load(self.train_data), self.steps, seed, rank, world)

    def loss(self, prediction: Tensor, example: Example) -> Tensor:
        return view_loss(prediction, example.targets)

    def validation(self) -> Validate:
        return Validation(Motions.load(self.val_data)).errors_mm


class ViewBatches(Dataset[Example]):
    """`MultiViewTask.batches`."""

    def __init__(self, motions: Motions, steps: int, seed: int, rank: int, world: int) -> None:
        self.motions, self.steps, self.seed, self.rank, self.world = motions, steps, seed, rank, world

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> Example:
        views = int(np.random.default_rng((self.seed, step)).choice(VIEWS))
        frames = max(1, round(SHOWN / (views * self.world)))
        settings = ViewSettings(views, frames, noise=NOISE, turned=TURNED, degrees=DEGREES, varied=True)
        batch = view_batch(self.motions, settings, np.random.default_rng((self.seed, step, 1 + self.rank)))
        return Example(torch.from_numpy(batch.inputs), torch.from_numpy(batch.targets), 1.0)


class Validation:
    """Fixed frames of the validation subjects through the measured noise, in rigs of their own."""

    def __init__(self, motions: Motions, *, frames: int = 400) -> None:
        named = [(f"{views}", ViewSettings(views, frames)) for views in (2, 3, 4, 8)]
        named.append(("4_turned", ViewSettings(4, frames, turned=1.0)))
        rng = np.random.default_rng(7)
        self.sets = [(name, view_batch(motions, settings, rng)) for name, settings in named]

    def errors_mm(self, network: nn.Module) -> dict[str, float]:
        """{"val_mm_2": ..., "val_mm_4_turned": ...}: where the joints are in the world."""
        errors = {}
        with asking(network) as device:
            for name, batch in self.sets:
                found = network(torch.from_numpy(batch.inputs).to(device)).cpu()
                errors[f"val_mm_{name}"] = 1000 * float((found - torch.from_numpy(batch.targets)).norm(dim=-1).mean())
        return errors


def view_loss(prediction: Tensor, target: Tensor) -> Tensor:
    """Mean distance in metres, each up to `FARTHEST_M`, of every layer (B, F, layers, J, 3) from (B, F, J, 3)."""
    error = (prediction - target[:, :, None]).norm(dim=-1).clamp_max(FARTHEST_M).mean((0, 1, 3))
    return error[-1] + EARLIER * error[:-1].sum()
