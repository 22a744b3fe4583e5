"""What mixes the tokens of views and joints in a network on keypoints: a learned matrix over joints, the mean over
views, a scan."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.mv_ssm.keypoints_config import JOINTS, KeypointsConfig


class JointMatrix(nn.Module):
    """x + a learned J x J matrix over the joints of x (..., J, d), one for each group of channels."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(groups, JOINTS, JOINTS) / JOINTS)

    def forward(self, x: Tensor) -> Tensor:
        groups = len(self.weight)
        parts = x.reshape(-1, JOINTS, groups, x.shape[-1] // groups).permute(2, 1, 0, 3)
        mixed = (self.weight @ parts.flatten(2)).view(parts.shape).permute(2, 1, 0, 3)
        return x + mixed.reshape(x.shape)


class Mixer(nn.Module):
    """Tokens (N, V, J, d) -> (N, V, J, d): every view's own, and the mean over views, each with its joint matrix."""

    def __init__(self, config: KeypointsConfig) -> None:
        super().__init__()
        d = config.width
        self.own = self._part(config)
        self.mean = self._part(config) if config.view_mean else None
        self.out = nn.Linear(2 * d if config.view_mean else d, d)

    @staticmethod
    def _part(config: KeypointsConfig) -> nn.Sequential:
        linear = nn.Linear(config.width, config.width)
        return nn.Sequential(linear, JointMatrix(config.groups)) if config.joint_matrix else nn.Sequential(linear)

    def forward(self, x: Tensor) -> Tensor:
        mixed = self.own(x)
        if self.mean is not None:
            mean = self.mean(x.mean(1, keepdim=True))  # the mean of a linear layer is the layer of the mean
            mixed = torch.cat([mixed, mean.expand_as(mixed)], -1)
        found: Tensor = self.out(F.gelu(mixed))
        return found
