"""Several views: random rigs see people through a detector's errors; a network finds the joints in the world.

The recipe is the specification's (mv_keypoints.md, section 2): rigs are never seen twice, one sample in seven has a
camera that exchanges left and right, one in two cameras whose calibration is a little off, one in five a camera that
was turned; few views are shown more often. Networks over time are shown windows at any rate, some with frames dropped
and an unsteady clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from engine.observation.detector_noise import Noise
from engine.training.answers import asking
from engine.training.motions import SOURCE_HZ, Motions
from engine.training.task import Example, Validate
from engine.training.tasks.lifting import ANY_HZ, IRREGULAR_SHARE, Stage
from engine.training.view_windows import ViewSettings, view_batch

VIEWS = (2, 2, 2, 3, 3, 3, 4, 4, 5, 6, 8)
"""A step draws one of them."""
SHOWN = 512
"""Views of a step: as many frames as make them up."""
SHOWN_OVER_TIME, SECONDS = 2048, (0.5, 1.0, 2.0, 2.0, 4.0)
"""The same of a network over time, and how long its windows are."""
NOISE = Noise(swapping=0.3, exchanged=0.5, blind=0.05)
TURNED, DEGREES = 0.2, (0.5, 5.0)
FARTHEST_M = 1.0
"""Errors count up to it."""
EARLIER = 0.5
"""Weight of the layers before the last."""
OVER_TIME_HZ = 30.0
STEADY = 1.0
"""Weight of the errors' changes from frame to frame, over time."""


@dataclass(frozen=True)
class MultiViewTask:
    """Training on the motions in `train_data`, caches as `engine.data.cmu.cache_split` writes them.

    over_time  whether frames are shown in windows, at any rate, and not one by one
    """

    train_data: Path
    val_data: Path
    steps: int
    over_time: bool = False

    @property
    def title(self) -> str:
        said = ", windows of a second at 30 Hz, 4 also at 7.5" if self.over_time else ""
        return f"MPJPE in mm, validation subjects, 2, 3, 4 and 8 views, 4 with a camera turned by 3 degrees{said}"

    def batches(self, seed: int, rank: int, world: int) -> Dataset[Example]:
        return ViewBatches(Motions.load(self.train_data), self.steps, seed, rank, world, over_time=self.over_time)

    def loss(self, prediction: Tensor, example: Example) -> Tensor:
        loss = view_loss(prediction, example.targets)
        return loss + STEADY * unsteady(prediction[:, :, -1], example.targets) if self.over_time else loss

    def validation(self) -> Validate:
        return Validation(Motions.load(self.val_data), over_time=self.over_time).errors_mm


class ViewBatches(Dataset[Example]):
    """`MultiViewTask.batches`."""

    def __init__(
        self, motions: Motions, steps: int, seed: int, rank: int, world: int, *, over_time: bool = False
    ) -> None:
        self.motions, self.steps, self.seed, self.rank, self.world = motions, steps, seed, rank, world
        self.over_time = over_time

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> Example:
        rng = np.random.default_rng((self.seed, step))
        settings = self._windows(int(rng.choice(VIEWS)), rng)
        batch = view_batch(self.motions, settings, np.random.default_rng((self.seed, step, 1 + self.rank)))
        period = SOURCE_HZ / settings.hz
        rate = period if settings.gaps is None else torch.from_numpy((period * settings.gaps).astype(np.float32))
        return Example(torch.from_numpy(batch.inputs), torch.from_numpy(batch.targets), rate)

    def _windows(self, views: int, rng: np.random.Generator) -> ViewSettings:
        shown = ViewSettings(views, max(1, round(SHOWN / (views * self.world))), noise=NOISE, turned=TURNED,
                             degrees=DEGREES, varied=True)  # fmt: skip
        if not self.over_time:
            return shown
        stage = Stage(self.steps, ANY_HZ, SHOWN_OVER_TIME // views, SECONDS, irregular=IRREGULAR_SHARE)
        drawn = stage.windows(rng, causal=True, sharing=self.world)
        return replace(shown, batch=drawn.batch, frames=drawn.frames, hz=drawn.hz, gaps=drawn.gaps)


class Validation:
    """Fixed frames of the validation subjects through the measured noise, in rigs of their own.

    over_time  in windows of a second
    """

    def __init__(self, motions: Motions, *, frames: int = 400, over_time: bool = False) -> None:
        seen = ViewSettings(4, frames)
        if over_time:
            seen = replace(seen, frames=round(OVER_TIME_HZ), hz=OVER_TIME_HZ, batch=max(1, round(frames / 10)))
        named = [(f"{views}", replace(seen, views=views)) for views in (2, 3, 4, 8)]
        named.append(("4_turned", replace(seen, turned=1.0)))
        if over_time:
            named.append(("4_slow", replace(seen, hz=OVER_TIME_HZ / 4)))
        rng = np.random.default_rng(7)
        self.sets = [(name, SOURCE_HZ / settings.hz, view_batch(motions, settings, rng)) for name, settings in named]

    def errors_mm(self, network: nn.Module) -> dict[str, float]:
        """{"val_mm_2": ..., "val_mm_4_turned": ...}: where the joints are in the world."""
        errors = {}
        with asking(network) as device:
            for name, rate, batch in self.sets:
                found = network(torch.from_numpy(batch.inputs).to(device), rate).cpu()
                errors[f"val_mm_{name}"] = 1000 * float((found - torch.from_numpy(batch.targets)).norm(dim=-1).mean())
        return errors


def view_loss(prediction: Tensor, target: Tensor) -> Tensor:
    """Mean distance in metres, each up to `FARTHEST_M`, of every layer (B, F, layers, J, 3) from (B, F, J, 3)."""
    error = (prediction - target[:, :, None]).norm(dim=-1).clamp_max(FARTHEST_M).mean((0, 1, 3))
    return error[-1] + EARLIER * error[:-1].sum()


def unsteady(prediction: Tensor, target: Tensor) -> Tensor:
    """Mean change, in metres, of the errors of (B, F, J, 3) from frame to frame, each up to `FARTHEST_M`."""
    if target.shape[1] < 2:
        return prediction.new_zeros(())
    return torch.diff(prediction - target, dim=1).norm(dim=-1).clamp_max(FARTHEST_M).mean()
