"""Where weighted rays meet, in closed form, and robustly: the classical answer that networks on keypoints start from.

`engine.cameras.triangulation` is the answer in its own right: in pixels, with lenses, sides set right, views dropped.
This one is where a network starts and how its layers answer: differentiable, batched over rigs, in a fixed number of
rounds on any device, in metres from the rays.

Everything in float32 relative to the middle of the cameras. N frames, V views, J joints. Sums over the axes of space
are written out: small matrices are slow on a CPU.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

DAMPING = 1e-3
"""Pull towards the estimate before, in shares of the weights: a direction that views leave open stays as it was."""
CAUCHY_M = 0.04
"""Distance from a ray at which its weight is halved."""
ROUNDS = 8
UNSEEN = 0.005
"""Weight of a joint that is not seen."""
REACH_M = 1.3
"""Of a person: joints lie within it around the median joint, along every axis."""


class Rays(NamedTuple):
    """Rays of N frames.

    axes      (N, V, 3, 3) world -> camera; origins (N, V, 3)
    flat      (N, V, J, 2) x/z, y/z; directions (N, V, J, 3) of length one in the world
    seen      (N, V, J) confidence, 0 = not seen
    """

    axes: Tensor
    origins: Tensor
    flat: Tensor
    directions: Tensor
    seen: Tensor


def from_camera(axes: Tensor, flat: Tensor) -> Tensor:
    """Directions (N, V, J, 3) of length one in the world of x/z, y/z (N, V, J, 2)."""
    x, y = flat[..., :1], flat[..., 1:]
    right, down, forward = axes[:, :, None].unbind(-2)
    found = x * right + y * down + forward
    return found / found.norm(dim=-1, keepdim=True).clamp_min(1e-6)


def to_camera(rays: Rays, points: Tensor) -> Tensor:
    """Points (N, J, 3) in each camera's axes (N, V, J, 3)."""
    relative = points[:, None] - rays.origins[:, :, None]
    x, y, z = relative.unsqueeze(-2).unbind(-1)
    a, b, c = rays.axes[:, :, None].unbind(-1)
    return x * a + y * b + z * c


def distances(origins: Tensor, directions: Tensor, points: Tensor) -> Tensor:
    """(N, V, J) of points (N, J, 3) from their rays, metres."""
    relative = points[:, None] - origins[:, :, None]
    along = (relative * directions).sum(-1, keepdim=True)
    return (relative - along * directions).square().sum(-1).clamp_min(1e-12).sqrt()


def spread(directions: Tensor, weights: Tensor) -> Tensor:
    """(N, J, 6) xx, yy, zz, xy, xz, yz of the sum over views of weights (N, V, J) times I - d dᵀ."""
    x, y, z = directions.unbind(-1)
    total = weights.sum(1)
    xx, yy, zz, xy, xz, yz = ((weights * p).sum(1) for p in (x * x, y * y, z * z, x * y, x * z, y * z))
    return torch.stack([total - xx, total - yy, total - zz, -xy, -xz, -yz], -1)


def meet(origins: Tensor, directions: Tensor, weights: Tensor, before: Tensor) -> Tensor:
    """(N, J, 3) the least squares of weighted distances to rays, drawn to the estimate before by `DAMPING`."""
    total = DAMPING * weights.sum(1)
    matrix = spread(directions, weights)
    along = (origins[:, :, None] * directions).sum(-1, keepdim=True)
    given = (weights[..., None] * (origins[:, :, None] - along * directions)).sum(1) + total[..., None] * before
    a, b, c = (matrix[..., k] + total for k in range(3))
    d, e, f = (matrix[..., k] for k in range(3, 6))
    u, v, w = given.unbind(-1)
    aa, bb, cc = b * c - f * f, a * c - e * e, a * b - d * d
    dd, ee, ff = e * f - d * c, d * f - e * b, d * e - a * f
    determinant = (a * aa + d * dd + e * ee).clamp_min(1e-12)
    found = torch.stack([aa * u + dd * v + ee * w, dd * u + bb * v + ff * w, ee * u + ff * v + cc * w], -1)
    return found / determinant[..., None]


def start(rays: Rays) -> Tensor:
    """(N, J, 3) where the rays meet: least squares, weighted anew `ROUNDS` times by Cauchy's rule."""
    prior = torch.where(rays.seen > 0, rays.seen, torch.full_like(rays.seen, UNSEEN))
    before = (rays.origins[:, :, None] + 4 * rays.directions).mean(1)
    found = meet(rays.origins, rays.directions, prior, before)
    for _ in range(ROUNDS):
        off = distances(rays.origins, rays.directions, found)
        found = meet(rays.origins, rays.directions, prior / (1 + (off / CAUCHY_M) ** 2), found)
    middle = found.median(1, keepdim=True).values
    return middle + (found - middle).clamp(-REACH_M, REACH_M)
