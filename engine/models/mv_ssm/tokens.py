"""What a network on keypoints is told of a view's joint, beside the present estimate of the person."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from engine.models.mv_ssm.rays import CAUCHY_M, Rays, distances, spread, to_camera
from engine.motion.skeleton import H36M_17

FEATURES = 26
NEAREST_M = 0.3
UNSEEN_PRIOR = -5.0
"""Logarithm of the weight of a joint that is not seen."""
_MIRROR = tuple(map(int, H36M_17.mirror))
_LEFT_HIP, _RIGHT_HIP, _LEFT, _RIGHT = (
    H36M_17.index(name) for name in ("left hip", "right hip", "left shoulder", "right shoulder")
)


class Told(NamedTuple):
    """features (N, V, J, 26); depth (N, V, J) metres; prior (N, V, J) logarithm of the weights before any learning."""

    features: Tensor
    depth: Tensor
    prior: Tensor


def told(rays: Rays, points: Tensor) -> Told:
    """Of an estimate (N, J, 3) in the person's frame (`heading`). Pixels are metres at the joint's depth."""
    seen = to_camera(rays, points)
    depth = seen[..., 2].clamp_min(NEAREST_M)
    valid = (rays.seen > 0).to(points)
    off = distances(rays.origins, rays.directions, points)
    prior = torch.where(rays.seen > 0, rays.seen.clamp(0.01, 1).log(), torch.full_like(off, UNSEEN_PRIOR))
    prior = prior - torch.log1p((off / CAUCHY_M) ** 2)
    share = prior.softmax(1)
    estimate = seen[..., :2] / depth[..., None]
    own = (rays.flat - estimate) * (depth * valid)[..., None]
    mirror = (rays.flat[:, :, _MIRROR] - estimate) * (depth * valid[:, :, _MIRROR])[..., None]
    from_root = (rays.flat - rays.flat[:, :, :1]) * (depth * valid * valid[:, :, :1])[..., None]
    posed = points - points[:, :1]
    of_joint = torch.cat(
        [1.5 * posed, points[:, :1, 2:].expand(-1, points.shape[1], 1), 2 * spread(rays.directions, share)], -1
    )
    lengths = torch.stack([own.norm(dim=-1), mirror.norm(dim=-1)], -1)
    numbers = torch.stack([depth / 4, rays.seen, 1 - valid, 2 * share, torch.full_like(depth, 1 / depth.shape[1])], -1)
    features = torch.cat(
        [
            torch.asinh(20 * own) / 1.5, torch.asinh(20 * mirror) / 1.5, rays.directions, numbers,
            of_joint[:, None].expand(-1, depth.shape[1], -1, -1), 1.5 * from_root.clamp(-2, 2),
            5 * lengths.clamp_max(1.0),
        ],
        -1,
    )  # fmt: skip
    return Told(features, depth, prior)


def heading(points: Tensor) -> Tensor:
    """(N, 2) cosine and sine of the turn about the vertical that brings a person's left (N, J, 3) to +X."""
    left = points[:, _LEFT_HIP] - points[:, _RIGHT_HIP] + points[:, _LEFT] - points[:, _RIGHT]
    flat = left[:, :2]
    length = flat.norm(dim=-1, keepdim=True)
    nowhere = torch.tensor([1.0, 0.0]).to(flat).expand_as(flat)
    return torch.where(length > 1e-6, flat / length.clamp_min(1e-6), nowhere)


def turned(vectors: Tensor, turn: Tensor) -> Tensor:
    """Vectors (N, ..., 3) turned back by (N, 2) cosine and sine: what pointed along them points along +X."""
    shape = (-1, *[1] * (vectors.ndim - 2))
    c, s = turn[:, 0].view(shape), turn[:, 1].view(shape)
    x, y, z = vectors.unbind(-1)
    return torch.stack([c * x + s * y, c * y - s * x, z], -1)
