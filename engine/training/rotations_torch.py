"""Rotations as losses need them, batched and with gradients; `engine.motion.rotations` is the reference."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def matrices(six_d: Tensor) -> Tensor:
    """6D (..., 6) -> rotation matrices (..., 3, 3) by Gram-Schmidt."""
    x = nn.functional.normalize(six_d[..., :3], dim=-1)
    b = six_d[..., 3:]
    y = nn.functional.normalize(b - (x * b).sum(-1, keepdim=True) * x, dim=-1)
    return torch.stack([x, y, torch.linalg.cross(x, y)], -1)


def angular_velocity(six_d: Tensor) -> Tensor:
    """log(R(t+1)ᵀ R(t)) of 6D rotations (B, F, J, 6) as rotation vectors (B, F - 1, J, 3), radians a frame."""
    matrix = matrices(six_d)
    turn = matrix[:, 1:].transpose(-1, -2) @ matrix[:, :-1]
    twice = torch.stack(
        [
            turn[..., 2, 1] - turn[..., 1, 2],
            turn[..., 0, 2] - turn[..., 2, 0],
            turn[..., 1, 0] - turn[..., 0, 1],
        ],
        -1,
    )
    sine = (0.25 * twice.square().sum(-1, keepdim=True) + 1e-12).sqrt()
    cosine = (turn.diagonal(dim1=-2, dim2=-1).sum(-1, keepdim=True) - 1) / 2
    return 0.5 * twice * torch.atan2(sine, cosine) / sine
