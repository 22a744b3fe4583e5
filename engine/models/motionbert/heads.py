"""MotionBERT's action and mesh networks (ICCV 2023, sections 4.3 and 4.4): its trunk with another head.

Names of the parameters are those of the released code behind `head.` (specification baselines.md, section 1.3), so
that its checkpoints fit; its dropout, which inference does not have, is left out.

Shapes: B batch, F frames, J joints, R representation.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.motionbert.config import ActionConfig, MeshConfig
from engine.models.motionbert.network import MotionBERT
from engine.motion.skeleton import SMPL_24
from engine.ssm.diagonal import Rate

POSE, SHAPE = 6 * len(SMPL_24), 10
"""Numbers of a frame's rotations in 6D, and of SMPL's shape."""


class ActionHead(nn.Module):
    """The mean of the representation over frames and persons (B, J R) -> scores (B, classes) before the softmax."""

    def __init__(self, config: ActionConfig) -> None:
        super().__init__()
        self.fc1 = nn.Linear(config.trunk.joints * config.trunk.representation, config.hidden)
        self.bn = nn.BatchNorm1d(config.hidden)
        self.fc2 = nn.Linear(config.hidden, config.classes)

    def forward(self, mean: Tensor) -> Tensor:
        found: Tensor = self.fc2(F.relu(self.bn(self.fc1(mean))))
        return found


class MotionBERTAction(MotionBERT):
    """The network of actions: (B, F, J, 3) = (x, y, confidence) -> (B, F, classes), the same at every frame.

    Everybody is scored as in NTU RGB+D: one person beside an empty second one, whose keypoints are zeros.
    """

    def __init__(self, config: ActionConfig) -> None:
        super().__init__(config.trunk)
        self.head: ActionHead = ActionHead(config)
        self.answers = (config.classes,)

    def forward(self, u: Tensor, rate: Rate = 1.0, *, return_representation: bool = False) -> Tensor:
        found = super().forward(torch.cat([u, torch.zeros_like(u)]), return_representation=True)
        if return_representation:
            return found[: len(u)]
        mean = found.flatten(-2).mean(1).view(2, len(u), -1).mean(0)
        return self.head(mean)[:, None].expand(-1, u.shape[1], -1)


class MeshHead(nn.Module):
    """The representation (B, F, J, R) -> (B, F, POSE + SHAPE); the shape is found from its mean over the frames."""

    init_pose: Tensor
    init_shape: Tensor

    def __init__(self, config: MeshConfig) -> None:
        super().__init__()
        read, hidden = config.trunk.joints * config.trunk.representation, config.hidden
        self.fc1, self.bn1 = nn.Linear(read, hidden), nn.BatchNorm1d(hidden)
        self.fc2, self.bn2 = nn.Linear(read, hidden), nn.BatchNorm1d(hidden)
        self.head_pose, self.head_shape = nn.Linear(hidden, POSE), nn.Linear(hidden, SHAPE)
        self.register_buffer("init_pose", torch.zeros(1, POSE))
        self.register_buffer("init_shape", torch.zeros(1, SHAPE))

    def forward(self, representation: Tensor) -> Tensor:
        batch, frames = representation.shape[:2]
        flat = representation.flatten(-2)
        pose = self.head_pose(F.relu(self.bn1(self.fc1(flat.flatten(0, 1))))) + self.init_pose
        shape = self.head_shape(F.relu(self.bn2(self.fc2(flat.mean(1))))) + self.init_shape
        return torch.cat([pose.view(batch, frames, -1), shape[:, None].expand(-1, frames, -1)], -1)


class MotionBERTMesh(MotionBERT):
    """The network of bodies: (B, F, J, 3) = (x, y, confidence) -> (B, F, POSE + SHAPE), SMPL's own numbers."""

    answers = (POSE + SHAPE,)

    def __init__(self, config: MeshConfig) -> None:
        super().__init__(config.trunk)
        self.head: MeshHead = MeshHead(config)

    def forward(self, u: Tensor, rate: Rate = 1.0, *, return_representation: bool = False) -> Tensor:
        found = super().forward(u, return_representation=True)
        return found if return_representation else self.head(found)
