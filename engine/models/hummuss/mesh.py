"""Mesh recovery: a head on HumMUSS's motion representation that answers rotations and proportions of a body.

MotionBERT's mesh head, which the paper adopts (hummuss.md, 5.2): one branch reads every frame's representation, the
joints side by side, and answers 24 rotations in 6D; the other reads its mean over the clip and answers ten numbers of
the person's shape. Both add to a body at rest that faces the camera.

Three things are different. LayerNorm stands for BatchNorm, with as many parameters: a batch's statistics mean nothing
to a stream. The ten numbers are a person's proportions (`engine.body.proportions`) and not SMPL's coefficients: fitted
bodies are worn on bones. A causal network has no clip to look back on from its first frame, and a body keeps its shape:
there they are ten learned numbers, the training's mean person.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.body.proportions import GROUPS
from engine.models.hummuss.config import MeshConfig
from engine.models.hummuss.network import HumMUSS
from engine.models.packed_linear import PackedLinear
from engine.motion.skeleton import SMPL_24
from engine.ssm.diagonal import Rate, irregular

POSE, SHAPE = 6 * len(SMPL_24), len(GROUPS)
"""Numbers of a frame's rotations, and of a person's proportions."""
FACING_CAMERA = ((1.0, 0.0), (0.0, 0.0), (0.0, 1.0))
"""First two columns of the rotation of an upright person who faces a level camera, in its axes."""


class MeshHead(nn.Module):
    """The representation (..., J, R) -> (..., POSE + SHAPE).

    In between, the clip's mean is missing: `forward` works on every frame by itself, and `over_time` does the rest.
    """

    rest: Tensor

    def __init__(self, config: MeshConfig) -> None:
        super().__init__()
        read, hidden = config.trunk.joints * config.trunk.representation, config.hidden
        self.dropout = nn.Dropout(config.dropout)
        self.pose_in, self.pose_norm = nn.Linear(read, hidden), nn.LayerNorm(hidden)
        self.pose_out = _small(nn.Linear(hidden, POSE))
        self.causal = config.trunk.causal
        if self.causal:
            self.shape = nn.Parameter(0.01 * torch.randn(SHAPE))
        else:
            self.shape_in, self.shape_norm = nn.Linear(read, hidden), nn.LayerNorm(hidden)
            self.shape_out = _small(nn.Linear(hidden, SHAPE))
        rest = torch.eye(3)[:, :2].repeat(len(SMPL_24), 1, 1)
        rest[0] = torch.tensor(FACING_CAMERA)
        self.register_buffer("rest", rest.transpose(1, 2).flatten(), persistent=False)

    def forward(self, representation: Tensor) -> Tensor:
        """(..., POSE + SHAPE) of a causal head, else (..., POSE + hidden) for `over_time`."""
        flat = representation.flatten(-2)
        pose = self._pose(self.pose_in(self.dropout(flat)))
        shape = self.shape.expand(*pose.shape[:-1], -1) if self.causal else self.shape_in(self.dropout(flat))
        return torch.cat([pose, shape], -1)

    def over_time(self, found: Tensor, rate: Rate) -> Tensor:
        """Answers (B, F, POSE + SHAPE) from what `forward` found of every frame; the mean is one over real time.

        The mean behind the linear layer is that in front of it, which would take a clip's whole representation.
        """
        if self.causal:
            return found
        pose, seen = found[..., :POSE], found[..., POSE:]
        weight = rate / rate.sum() if irregular(rate) else torch.full_like(seen[0, :, 0], 1 / seen.shape[1])
        mean = torch.einsum("bfh,f->bh", seen, weight.to(seen))
        shape = self.shape_out(F.relu(self.shape_norm(mean)))
        return torch.cat([pose, shape[:, None].expand(-1, pose.shape[1], -1)], -1)

    def packed(self, dtype: torch.dtype | None) -> Callable[[Tensor], Tensor]:
        """A causal head for inference on a CPU: (B, J, R) -> (B, POSE + SHAPE)."""
        enter, leave = (PackedLinear.of(layer, dtype=dtype) for layer in (self.pose_in, self.pose_out))

        def read(representation: Tensor) -> Tensor:
            hidden = F.relu(self.pose_norm(enter(representation.flatten(-2))))
            return torch.cat([leave(hidden) + self.rest, self.shape.expand(len(hidden), -1)], -1)

        return read

    def _pose(self, hidden: Tensor) -> Tensor:
        found: Tensor = self.pose_out(F.relu(self.pose_norm(hidden))) + self.rest
        return found


class HumMUSSMesh(HumMUSS):
    """The network of bodies: (B, F, J, 3) = (x, y, confidence) -> (B, F, POSE + SHAPE).

    Its trunk is `HumMUSS`, whose trained weights fit in; only the head is another.
    """

    answers = (POSE + SHAPE,)

    def __init__(self, config: MeshConfig) -> None:
        super().__init__(config.trunk)
        self.head: MeshHead = MeshHead(config)

    def forward(self, u: Tensor, rate: Rate = 1.0, *, return_representation: bool = False) -> Tensor:
        found = super().forward(u, rate, return_representation=return_representation)
        return found if return_representation else self.head.over_time(found, rate)

    def packed_head(self, dtype: torch.dtype | None) -> Callable[[Tensor], Tensor]:
        return self.head.packed(dtype)


def _small(layer: nn.Linear) -> nn.Linear:
    """The last layer of a branch: it begins near the body at rest, as in MotionBERT."""
    nn.init.xavier_uniform_(layer.weight, gain=0.01)
    nn.init.zeros_(layer.bias)
    return layer
