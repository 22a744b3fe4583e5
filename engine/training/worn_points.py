"""Points on the mesh of a body that is worn on a person's bones, batched and with gradients.

`engine.body.skinning` and `engine.body.proportions` are the references.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from engine.body.model import Body
from engine.body.proportions import group_of_joint, points_at_rest
from engine.body.skinning_torch import TorchBody
from engine.motion.roles import hangs_on
from engine.motion.skeleton import H36M_17, SMPL_24
from engine.motion.stature import ANKLE_HEIGHT_M, CHAINS

VERTICES = 256
"""How many of the mesh are looked at, evenly taken from its list."""
_STEP = 0.05


class Points(NamedTuple):
    """H36M-17 in the mesh (N, 17, 3) and vertices (N, VERTICES, 3), metres, around the former's pelvis.

    pelvis (N, 3) is where that is, seen from joint 0.
    """

    joints: Tensor
    vertices: Tensor
    pelvis: Tensor


class WornPoints(nn.Module):
    """A body's arrays as buffers; it has no parameters. KeyError for a body without a regressor of H36M-17."""

    regressor: Tensor
    mean: Tensor
    rest: Tensor
    carried: Tensor
    group: Tensor

    def __init__(self, body: Body) -> None:
        super().__init__()
        regressor = body.regressors[H36M_17.name]
        used = np.flatnonzero(np.abs(regressor).max(0) > 0)
        even = np.linspace(0, len(body) - 1, VERTICES).astype(np.intp)
        self.skin = TorchBody(body, vertices=np.concatenate([used, even]))
        points, carried = points_at_rest(body)
        below = [[hangs_on(child, joint, SMPL_24.parents) for joint in range(24)] for child in range(24)]
        along = np.array(below) + np.eye(24)
        mean = body.offsets(np.zeros(0))
        for name, array in {
            "regressor": regressor[:, used],
            "mean": mean,
            "rest": points - carried @ along @ mean,
            "carried": carried @ along,
        }.items():
            self.register_buffer(name, torch.tensor(array, dtype=torch.float32), persistent=False)
        self.register_buffer("group", torch.tensor(group_of_joint()), persistent=False)

    def forward(self, rotations: Tensor, offsets: Tensor) -> Points:
        """Of local rotations (N, 24, 3, 3) on rest offsets (N, 24, 3)."""
        skin = self.skin(rotations, rotations.new_zeros(1, 1), None, offsets).vertices
        count = self.regressor.shape[1]
        joints = self.regressor @ skin[:, :count]
        pelvis = joints[:, :1]
        return Points(joints - pelvis, skin[:, count:] - pelvis, pelvis[:, 0])

    def stature(self, offsets: Tensor) -> Tensor:
        """Statures (B,), metres, of people of rest offsets (B, 24, 3)."""
        points = self.rest + self.carried @ offsets
        trunk, right, left = (sum((points[:, a] - points[:, b]).norm(dim=-1) for a, b in chain) for chain in CHAINS)
        total: Tensor = trunk + (right + left) / 2 + ANKLE_HEIGHT_M
        return total

    def offsets_of(self, proportions: Tensor, height_m: Tensor) -> Tensor:
        """Rest offsets (B, 24, 3), metres, of proportions (B, 10) and statures (B,)."""
        factors = torch.where(self.group >= 0, proportions[:, self.group.clamp_min(0)].exp(), 1.0)
        return self._of_stature(self.mean * factors[..., None], height_m)

    def proportions_of(self, offsets: Tensor) -> Tensor:
        """Proportions (B, 10) of rest offsets (B, 24, 3)."""
        height_m = self.stature(self.mean[None]).expand(len(offsets))
        lengths = [self._lengths(each) for each in (self._of_stature(offsets, height_m), self.mean[None])]
        return (lengths[0] / lengths[1]).log()

    def _of_stature(self, offsets: Tensor, height_m: Tensor) -> Tensor:
        factor = torch.ones_like(height_m)
        for _ in range(2):  # nearly linear
            now, then = (self.stature(offsets * f[:, None, None]) for f in (factor, factor + _STEP))
            factor = factor + _STEP * (height_m - now) / (then - now)
        return offsets * factor[:, None, None]

    def _lengths(self, offsets: Tensor) -> Tensor:
        """Summed over the bones of each group: (B, 24, 3) -> (B, 10)."""
        each = offsets.norm(dim=-1)[:, 1:]
        return each.new_zeros(len(each), int(self.group.max()) + 1).index_add(1, self.group[1:], each)
