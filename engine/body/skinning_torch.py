"""Skinning in torch: batched and differentiable, equal to `engine.body.skinning`.

Imported only where torch is wanted.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.body.model import Body
from engine.motion.skeleton import SMPL_24


class Posed(NamedTuple):
    """vertices (B, V, 3) and joints (B, 24, 3), metres."""

    vertices: Tensor
    joints: Tensor


class TorchBody(nn.Module):
    """A body's arrays as buffers, in Kinestate's axes; it has no parameters.

    forward(rotations, shape, root, offsets) -> `Posed`. Leading axes B of all of them broadcast.
    vertices: indices (N,) of those that are wanted, V below is then N; None: all.
    """

    template: Tensor
    shape_directions: Tensor
    pose_directions: Tensor
    rest_joints: Tensor
    joint_directions: Tensor
    weights: Tensor

    def __init__(
        self, body: Body, dtype: torch.dtype = torch.float32, vertices: NDArray[np.intp] | None = None
    ) -> None:
        super().__init__()
        chosen = np.arange(len(body)) if vertices is None else vertices
        corrected = np.flatnonzero(np.isin(chosen, body.corrected))
        arrays = {
            "template": body.template[chosen],
            "shape_directions": body.shape_directions[chosen],
            "pose_directions": body.pose_directions[chosen[corrected]],
            "rest_joints": body.joint_regressor @ body.template,
            "joint_directions": np.einsum("jv,vcs->jcs", body.joint_regressor, body.shape_directions),
            "weights": body.weights[chosen],
        }
        for name, array in arrays.items():
            self.register_buffer(name, torch.tensor(array, dtype=dtype), persistent=False)
        self.register_buffer("corrected", torch.tensor(corrected), persistent=False)
        self.corrected: Tensor

    def shaped(self, shape: Tensor) -> Tensor:
        """Shape coefficients (B, S), of which the last may be left out -> rest vertices (B, V, 3)."""
        return self.template + torch.einsum("vcs,bs->bvc", self.shape_directions[..., : shape.shape[-1]], shape)

    def forward(
        self, rotations: Tensor, shape: Tensor, root: Tensor | None = None, offsets: Tensor | None = None
    ) -> Posed:
        """Vertices and joints of a pose.

        rotations  (B, 24, 3, 3) of each joint in its parent's axes; joint 0 in the world's
        shape      (B, S) or (1, S)
        root       (B, 3) place of joint 0; None: the origin
        offsets    (B, 24, 3) or (24, 3) of each joint from its parent at rest; None: those of the body in that shape
        """
        rest = self.shaped(shape)
        rest_joints = self.rest_joints + torch.einsum(
            "jcs,bs->bjc", self.joint_directions[..., : shape.shape[-1]], shape
        )
        joints, turned = self._kinematics(rotations, _offsets(rest_joints) if offsets is None else offsets, root)
        shifts = joints - (turned @ rest_joints[..., None])[..., 0]
        placed = rest.expand(len(rotations), -1, -1)
        if len(self.corrected):
            eye = torch.eye(3, dtype=rotations.dtype, device=rotations.device)
            features = (rotations[:, 1:] - eye).flatten(1)
            moved = torch.einsum("vcf,bf->bvc", self.pose_directions, features)
            placed = placed.index_add(1, self.corrected, moved)
        blended = (self.weights @ turned.flatten(2)).reshape(len(rotations), -1, 3, 3)
        return Posed((blended @ placed[..., None])[..., 0] + self.weights @ shifts, joints)

    @staticmethod
    def _kinematics(rotations: Tensor, offsets: Tensor, root: Tensor | None) -> tuple[Tensor, Tensor]:
        """Joints (B, 24, 3) and global rotations (B, 24, 3, 3)."""
        count = len(rotations)
        offsets = offsets.expand(count, -1, -1)
        places = [rotations.new_zeros(count, 3) if root is None else root.expand(count, -1)]
        turned = [rotations[:, 0]]
        for joint, parent in list(enumerate(SMPL_24.parents))[1:]:
            places.append(places[parent] + (turned[parent] @ offsets[:, joint, :, None])[..., 0])
            turned.append(turned[parent] @ rotations[:, joint])
        return torch.stack(places, 1), torch.stack(turned, 1)


def _offsets(joints: Tensor) -> Tensor:
    parents = list(SMPL_24.parents)
    parents[0] = 0
    return joints - joints[:, parents]
