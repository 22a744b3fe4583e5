"""Whole bodies from trackers: windows of a headset's 54 numbers to 22 rotations in 6D.

Losses as the specification reads them out of the papers (ssd_poser.md, section 3): the mean length of the joints'
errors in 6D, and 0.02 of the root's again (AvatarPoser, KineST). Networks of the own form also learn angular velocities
(KineST's L1 distance), and places of the joints around the head with their velocities: an own extension, as clips of
twenty minutes leave them three times as rough as the truth without.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import Dataset

from engine.body import library
from engine.body.model import FROM_SMPL
from engine.metrics.rotation import rotation_error_deg
from engine.metrics.world import world_error_cm, world_jitter_100_m_s3
from engine.models.registry import ModelEntry
from engine.models.smpl_form import from_smpl_form
from engine.models.ssd_poser.config import JOINTS, SSDPoserConfig
from engine.models.ssd_poser.encodings import OWN, PUBLISHED
from engine.models.ssd_poser.whole_body import head_from_root
from engine.motion.kinematics import forward_kinematics
from engine.motion.rotations import IDENTITY, multiply
from engine.motion.skeleton import SMPL_24
from engine.observation.virtual_trackers import JOINTS as WORN
from engine.training.answers import asking
from engine.training.body_motions import SOURCE_HZ, BodyMotions
from engine.training.body_windows import BodyWindows, BodyWindowSettings
from engine.training.motions import irregular_gaps
from engine.training.rotations_torch import angular_velocity, matrices
from engine.training.task import Example, Validate

Float = NDArray[np.float64]

ROOT_WEIGHT = 0.02
PUBLISHED_WINDOWS = 256
"""KineST's batch."""
CAUSAL_FRAMES = 2
"""Windows of a causal network, in spans of its attention: it has to be trained beyond the first one."""
SMOOTH, PLACES = 1.0, 2.0
"""Weights of angular velocities and, a metre, of places; for networks of the own form."""
PLACES_VELOCITY_S = 0.1
"""Metres that an error of one metre a second counts."""
ANY_HZ = (10.0, 60.0)
IRREGULAR_SHARE, DROP, JITTER = 0.4, 0.6, 0.3
"""Of training across frame rates: the share of steps whose trackers drop frames, up to so many, and come late."""


@dataclass(frozen=True)
class TrackerTask:
    """Training on the bodies in `train_data`, caches as `engine.training.body_motions.cache_bodies` writes them.

    frames  of a window at 60 Hz;  windows of a step, over all devices
    own     whether the network reads the own form of the 54 numbers
    smooth  weight of the angular velocities' error, radians a frame
    places  weight of the joints' errors around the head, metres on the mannequin's bones
    across_rates  every step at a rate of `ANY_HZ`, some with dropped frames, the model told by its rate
    """

    train_data: Path
    val_data: Path
    steps: int
    frames: int
    own: bool
    windows: int = 32
    smooth: float = 0.0
    places: float = 0.0
    across_rates: bool = False

    @property
    def title(self) -> str:
        return "validation subjects: MPJRE in degrees, MPJPE in cm, jitter in 100 m/s3"

    def batches(self, seed: int, rank: int, world: int) -> Dataset[Example]:
        return TrackerBatches(self, BodyWindows(BodyMotions.load(self.train_data)), seed, rank, world)

    def loss(self, prediction: Tensor, example: Example) -> Tensor:
        return tracker_loss(prediction, example.targets, self.smooth, self.places)

    def validation(self) -> Validate:
        return Validation(BodyWindows(BodyMotions.load(self.val_data)), frames=self.frames, own=self.own).errors


def tracker_task(entry: ModelEntry, train_data: Path, val_data: Path, steps: int) -> TrackerTask:
    """The task of a model, on its window, or `CAUSAL_FRAMES` spans of a causal one; published ones in their batches."""
    card = entry.bare_card
    frames = card.window or CAUSAL_FRAMES * SSDPoserConfig.frames
    windows = PUBLISHED_WINDOWS if card.encoding == PUBLISHED else TrackerTask.windows
    own = card.encoding == OWN
    smooth, places = (SMOOTH, PLACES) if own else (0.0, 0.0)
    return TrackerTask(
        train_data,
        val_data,
        steps,
        frames,
        own,
        windows=windows,
        smooth=smooth,
        places=places,
        across_rates=entry.across_rates,
    )


class TrackerBatches(Dataset[Example]):
    """`TrackerTask.batches`."""

    def __init__(self, task: TrackerTask, windows: BodyWindows, seed: int, rank: int, world: int) -> None:
        self.task, self.windows, self.seed, self.rank, self.world = task, windows, seed, rank, world

    def __len__(self) -> int:
        return self.task.steps

    def __getitem__(self, step: int) -> Example:
        of_step = self.seed, step
        periods = self._periods(np.random.default_rng(of_step))
        settings = BodyWindowSettings(
            self.task.frames, max(1, self.task.windows // self.world), self.task.own, periods=periods
        )
        batch = self.windows.draw(settings, np.random.default_rng((*of_step, 1 + self.rank)))
        rate = 1.0 if periods is None else torch.from_numpy(periods.astype(np.float32))
        return Example(torch.from_numpy(batch.inputs), torch.from_numpy(batch.targets), rate)

    def _periods(self, rng: np.random.Generator) -> Float | None:
        """The periods of the model before each frame of a step's windows; None: one."""
        if not self.task.across_rates:
            return None
        longest = SOURCE_HZ / np.exp(rng.uniform(*np.log(ANY_HZ)))
        frames = self.task.frames
        if rng.random() >= IRREGULAR_SHARE:
            return np.full(frames, longest)
        drop = rng.uniform(0, DROP)
        gaps = irregular_gaps(frames, drop=drop, jitter=rng.uniform(0, JITTER), rng=rng)
        return gaps * longest * (1 - drop)


def tracker_loss(prediction: Tensor, target: Tensor, smooth: float = 0.0, places: float = 0.0) -> Tensor:
    """Of 6D rotations (B, F, 132); where the target is NaN nothing is learnt. Weights: see `TrackerTask`."""
    predicted, wanted = (torch.unflatten(each, -1, (JOINTS, 6)) for each in (prediction, target))
    known = ~wanted.isnan().any(-1)
    wanted = torch.where(known[..., None], wanted, predicted.detach())
    error = (predicted - wanted).norm(dim=-1)
    loss = error[known].mean() + ROOT_WEIGHT * error[..., 0].mean()
    if smooth:
        difference = (angular_velocity(predicted) - angular_velocity(wanted)).abs().mean(-1)
        loss = loss + smooth * difference[known[:, 1:]].mean()
    if places:
        off = around_head(predicted) - around_head(wanted)
        velocity = torch.diff(off, dim=1) * SOURCE_HZ
        loss = loss + places * (off.norm(dim=-1).mean() + PLACES_VELOCITY_S * velocity.norm(dim=-1).mean())
    return loss


def around_head(six_d: Tensor) -> Tensor:
    """Places (B, F, 22, 3) of the joints around the head, metres: `forward_kinematics` on the bones of the mannequin.

    six_d (B, F, 22, 6) in the networks' form.
    """
    turned = matrices(six_d)
    offsets = _mannequin_offsets(six_d.device, six_d.dtype)
    in_world, places = [turned[..., 0, :, :]], [torch.zeros_like(six_d[..., 0, :3])]
    for joint in range(1, JOINTS):
        parent = SMPL_24.parents[joint]
        in_world.append(in_world[parent] @ turned[..., joint, :, :])
        places.append(places[parent] + in_world[parent] @ offsets[joint])
    found = torch.stack(places, -2)
    return found - found[..., WORN[:1], :]


@lru_cache(maxsize=4)
def _mannequin_offsets(device: torch.device, dtype: torch.dtype) -> Tensor:
    with torch.inference_mode(False):  # whoever asks first: gradients pass through products with them
        return torch.tensor(library.body().offsets(np.zeros(0)) @ FROM_SMPL, dtype=dtype, device=device)


class Validation:
    """Fixed windows of the validation subjects as they moved, on their own bones; head and hands trusted.

    MPJRE in the public code's form, MPJPE with the head where it was seen, jitter of the prediction (specification
    data_and_metrics.md, section 4). The truth's jitter is there to compare with.
    """

    def __init__(self, windows: BodyWindows, *, frames: int, own: bool, count: int = 48) -> None:
        starts = windows.starts(frames + 2)
        if not len(starts):
            raise ValueError(f"no validation clip holds {frames + 2} good frames whose head and hands can be trusted")
        chosen = starts[np.linspace(0, len(starts) - 1, min(count, len(starts))).astype(int)]
        settings = BodyWindowSettings(frames, len(chosen), own, beginning=0.0, plain=True)
        self.batch = windows.seen(settings, chosen, np.ones(len(chosen)), np.random.default_rng(7))
        self.truth = local_rotations(self.batch.targets, self.batch.heading)
        self.places = self._joints(self.truth, self.batch.root)
        self.head = self.places[:, :, WORN[0]]

    def errors(self, network: nn.Module) -> dict[str, float]:
        """{"val_mpjre_deg": ..., "val_mpjpe_cm": ..., "val_jitter": ...}, and "val_jitter_true" of the truth."""
        with asking(network) as device:
            outputs = [
                network(torch.from_numpy(part).to(device), 1.0).cpu().double().numpy()
                for part in np.array_split(self.batch.inputs, max(1, len(self.batch.inputs) // 8))
            ]
        rotations = local_rotations(np.concatenate(outputs), self.batch.heading)
        root = self.head - np.stack([head_from_root(r, o) for r, o in zip(rotations, self.batch.offsets, strict=True)])
        places = self._joints(rotations, root)
        return {
            "val_mpjre_deg": float(
                rotation_error_deg(rotations.reshape(-1, 24, 4), self.truth.reshape(-1, 24, 4)).mean()
            ),
            "val_mpjpe_cm": float(world_error_cm(places.reshape(-1, 24, 3), self.places.reshape(-1, 24, 3)).mean()),
            "val_jitter": self._jitter(places),
            "val_jitter_true": self._jitter(self.places),
        }

    def _joints(self, rotations: Float, root: Float) -> Float:
        """(B, F, 24, 3) metres."""
        frames = rotations.shape[1]
        offsets = np.repeat(self.batch.offsets, frames, 0)
        found, _ = forward_kinematics(SMPL_24, rotations.reshape(-1, 24, 4), offsets, root.reshape(-1, 3))
        return found.reshape(len(rotations), frames, -1, 3)

    @staticmethod
    def _jitter(places: Float) -> float:
        """In 10² m/s³."""
        times = np.arange(places.shape[1]) / SOURCE_HZ
        return float(np.mean([world_jitter_100_m_s3(window, times) for window in places]))


def local_rotations(six_d: NDArray[np.floating], heading: Float) -> Float:
    """The network's form (B, F, 132) along a heading (B, F, 4) -> local rotations (B, F, 24, 4), the hands at rest."""
    rotations = np.tile(IDENTITY, (*six_d.shape[:2], len(SMPL_24), 1))
    rotations[:, :, :JOINTS] = from_smpl_form(np.asarray(six_d, float).reshape(*six_d.shape[:2], JOINTS, 6))
    rotations[:, :, 0] = multiply(heading, rotations[:, :, 0])
    return rotations
