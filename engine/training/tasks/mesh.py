"""Mesh recovery: windows of bodies, seen by random cameras, to rotations in the follow camera's axes and proportions.

Losses are MotionBERT's kinds (hummuss.md, 5.2): places, their velocity, rotations, shape. Places and velocities are
those of `engine.training.tasks.lifting`, of joints and vertices in the mesh; the weights are in metres and seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from engine.body import library
from engine.metrics.pose import procrustes
from engine.models.registry import ModelEntry
from engine.motion.skeleton import SMPL_24
from engine.training.answers import asking
from engine.training.body_motions import SOURCE_HZ, BodyMotions
from engine.training.body_windows import BodyWindows
from engine.training.mesh_windows import MeshBatch, mesh_batch, starts
from engine.training.motions import WindowSettings
from engine.training.rotations_torch import angular_velocity, matrices
from engine.training.task import Example, Validate
from engine.training.tasks.lifting import COARSE_HZ, FINE_HZ, FINE_SHARE, VELOCITY_WEIGHT, Stage, StagedTask
from engine.training.worn_points import Points, WornPoints

JOINTS = len(SMPL_24)
POSE, OFFSETS = 9 * JOINTS, 3 * JOINTS
ANSWERED = 6 * JOINTS

ROTATION_WEIGHT = 0.1
"""Metres that a rotation's error counts, the length of the difference of matrices: 1.4 times its angle."""
SHAPE_WEIGHT = 0.05
"""Metres that a proportion's error counts: about a bone's length."""
AT_ONCE = 4
"""Windows that are validated together."""
COARSE_S, FINE_S = (2.0, 4.0, 4.0, 8.0), (1.35, 4.05)
"""Lengths of windows, seconds: clips have to hold them at any speed."""


@dataclass(frozen=True)
class MeshTask(StagedTask):
    """Training on the bodies in `train_data`, caches as `engine.training.body_motions.cache_bodies` writes them."""

    @property
    def title(self) -> str:
        return "validation subjects, true 2D: MPVE, MPJPE, PA-MPJPE in mm; rotation jitter in rad/s2"

    def batches(self, seed: int, rank: int, world: int) -> Dataset[Example]:
        return MeshBatches(self, BodyWindows(BodyMotions.load(self.train_data)), seed, rank, world)

    def loss(self, prediction: Tensor, example: Example) -> Tensor:
        return mesh_loss(points_on(prediction.device), prediction, example)

    def validation(self) -> Validate:
        return Validation(BodyWindows(BodyMotions.load(self.val_data)), causal=self.causal).errors


def mesh_task(entry: ModelEntry, train_data: Path, val_data: Path, steps: int) -> MeshTask:
    """The task of a model: first coarse in time, at the end 60 Hz, as in lifting."""
    stages = (
        Stage(round(steps * (1 - FINE_SHARE)), COARSE_HZ, 640, COARSE_S),
        Stage(steps, FINE_HZ, 960, FINE_S),
    )
    return MeshTask(train_data, val_data, stages, entry.bare_card.causal)


class MeshBatches(Dataset[Example]):
    """`MeshTask.batches`."""

    def __init__(self, task: MeshTask, windows: BodyWindows, seed: int, rank: int, world: int) -> None:
        self.task, self.windows, self.seed, self.rank, self.world = task, windows, seed, rank, world

    def __len__(self) -> int:
        return self.task.steps

    def __getitem__(self, step: int) -> Example:
        of_step = self.seed, step
        stage, rng = self.task.stage(step), np.random.default_rng(of_step)
        settings = stage.windows(rng, causal=self.task.causal, sharing=self.world)
        points = points_on(torch.device("cpu"))
        batch = mesh_batch(self.windows, settings, points, np.random.default_rng((*of_step, 1 + self.rank)))
        return Example(torch.from_numpy(batch.inputs), packed(batch), SOURCE_HZ / settings.hz)


@lru_cache(maxsize=4)
def points_on(device: torch.device) -> WornPoints:
    """The mannequin's points on a device."""
    return WornPoints(library.body()).to(device)


def packed(batch: MeshBatch) -> Tensor:
    """Targets (B, F, 216 + 72 + 24): rotation matrices, rest offsets, and which rotations are known."""
    count, frames = batch.inputs.shape[:2]
    of_person = np.concatenate([batch.offsets.reshape(count, -1), batch.known.astype(np.float32)], -1)
    turned = batch.rotations.reshape(count, frames, -1)
    spread = np.broadcast_to(of_person[:, None], (count, frames, of_person.shape[-1]))
    return torch.from_numpy(np.concatenate([turned, spread], -1))


@dataclass(frozen=True, eq=False)
class Compared:
    """A prediction and its truth: rotations (B, F, 24, 3, 3), points (B * F, ...), proportions (B, F, 10).

    known (B, F, 24): which of the truth's rotations are.
    """

    rotations: Tensor
    true_rotations: Tensor
    points: Points
    true_points: Points
    proportions: Tensor
    true_proportions: Tensor
    known: Tensor


def compared(points: WornPoints, prediction: Tensor, targets: Tensor) -> Compared:
    """The network's answers (B, F, 154), on a person of the true stature, and the truth."""
    frames = prediction.shape[1]
    rotations = matrices(torch.unflatten(prediction[..., :ANSWERED], -1, (JOINTS, 6)))
    true_rotations = torch.unflatten(targets[..., :POSE], -1, (JOINTS, 3, 3))
    offsets = torch.unflatten(targets[:, 0, POSE : POSE + OFFSETS], -1, (JOINTS, 3))
    with torch.no_grad():
        height_m, true_proportions = points.stature(offsets), points.proportions_of(offsets)
        true_points = points(true_rotations.flatten(0, 1), offsets.repeat_interleave(frames, 0))
    proportions = prediction[..., ANSWERED:]
    own = points.offsets_of(proportions.mean(1), height_m)
    found = points(rotations.flatten(0, 1), own.repeat_interleave(frames, 0))
    known = targets[..., POSE + OFFSETS :] > 0
    return Compared(
        rotations,
        true_rotations,
        found,
        true_points,
        proportions,
        true_proportions[:, None].expand_as(proportions),
        known,
    )


def mesh_loss(points: WornPoints, prediction: Tensor, example: Example) -> Tensor:
    """Places of joints and vertices, their velocities, rotations and their velocities, proportions."""
    both = compared(points, prediction, example.targets)
    gaps = example.rate / SOURCE_HZ
    seconds = gaps[1:].mean() if isinstance(gaps, Tensor) else gaps
    shape = prediction.shape[:2]

    def error(found: Tensor, true: Tensor) -> Tensor:
        """Mean length of the errors, and of those of the velocities, of (B, F, N, C)."""
        velocity = (torch.diff(found, dim=1) - torch.diff(true, dim=1)).norm(dim=-1).mean() / seconds
        return (found - true).norm(dim=-1).mean() + VELOCITY_WEIGHT * velocity

    places = [
        error(torch.unflatten(found, 0, shape), torch.unflatten(true, 0, shape))
        for found, true in zip(both.points[:2], both.true_points[:2], strict=True)
    ]
    known = both.known[..., None]
    turned = error(both.rotations.flatten(-2) * known, both.true_rotations.flatten(-2) * known)
    proportions = (both.proportions - both.true_proportions).abs().mean()
    return places[0] + places[1] + ROTATION_WEIGHT * turned + SHAPE_WEIGHT * proportions


class Validation:
    """Fixed windows of the validation subjects as they moved, on their own bones, 60 Hz, clean 2D."""

    HZ = 60.0

    def __init__(self, windows: BodyWindows, *, causal: bool, count: int = 24, seconds: float = 4.05) -> None:
        settings = WindowSettings(round(seconds * self.HZ), self.HZ, causal, clean=1.0)
        found = starts(windows, settings.frames + 1)
        first = np.sort(found)[np.linspace(0, len(found) - 1, min(count, len(found))).astype(int)]
        batch = mesh_batch(windows, settings, points_on(torch.device("cpu")), np.random.default_rng(7), first=first)
        self.inputs, self.targets = torch.from_numpy(batch.inputs), packed(batch)

    def errors(self, network: nn.Module) -> dict[str, float]:
        """{"val_mpve_mm", "val_mpjpe_mm", "val_pa_mpjpe_mm", "val_jitter", "val_jitter_true"}.

        MPVE over `VERTICES` of the mesh. Jitter is the mean angular acceleration of the joints, rad/s².
        """
        rows, pieces = [], torch.split(self.inputs, AT_ONCE)
        with asking(network) as device:
            for inputs, targets in zip(pieces, torch.split(self.targets, AT_ONCE), strict=True):
                rows.append(self._errors(network(inputs.to(device), SOURCE_HZ / self.HZ).cpu().float(), targets))
        weights = [len(piece) for piece in pieces]
        return {key: float(np.average([row[key] for row in rows], weights=weights)) for key in rows[0]}

    def _errors(self, prediction: Tensor, targets: Tensor) -> dict[str, float]:
        both = compared(points_on(torch.device("cpu")), prediction, targets)
        found, true = (each.joints.double().numpy() for each in (both.points, both.true_points))
        vertices = (both.points.vertices - both.true_points.vertices).norm(dim=-1).mean()
        return {
            "val_mpve_mm": 1000 * float(vertices),
            "val_mpjpe_mm": 1000 * float(np.linalg.norm(found - true, axis=-1).mean()),
            "val_pa_mpjpe_mm": 1000 * float(np.linalg.norm(procrustes(found, true) - true, axis=-1).mean()),
            "val_jitter": self._jitter(both.rotations),
            "val_jitter_true": self._jitter(both.true_rotations),
        }

    def _jitter(self, rotations: Tensor) -> float:
        six_d = rotations[..., :2].transpose(-1, -2).flatten(-2)
        return float(torch.diff(angular_velocity(six_d) * self.HZ, dim=1).norm(dim=-1).mean() * self.HZ)
