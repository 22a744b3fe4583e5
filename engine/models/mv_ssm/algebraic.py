"""Differentiable algebraic triangulation of weighted views (Iskakov et al. 2019; mv_ssm.md, 2.6).

Gradients of the published network pass through it. `engine.cameras.triangulation_plain.linear_point`, without any, has
the same rows, but multiplies them by the square roots of the weights.

Image points are undistorted x/z, y/z: rows are those of pixels divided by the focal length. V views.
"""

from __future__ import annotations

import torch
from torch import Tensor


def triangulate(rotation: Tensor, centre: Tensor, flat: Tensor, weights: Tensor, *, svd: bool = True) -> Tensor:
    """Points (N, 3) in the world that V views see at flat (V, N, 2), whose rows are weighted by weights (V, N).

    rotation (V, 3, 3) world -> camera; centre (V, 3). svd: the smallest right singular vector of the 2V x 4 rows
    c (u P3 - P1), c (v P3 - P2); else the least squares of the same rows with the last coordinate 1, by 3 x 3 normal
    equations. In float64; gradients that are not finite are 0.
    """
    dtype = flat.dtype
    rotation, centre, flat, weights = (x.double() for x in (rotation, centre, flat, weights))
    middle = centre.mean(0)
    rows = _rows(rotation, centre - middle, flat) * weights[..., None, None]  # (V, N, 2, 4)
    rows = rows.transpose(0, 1).flatten(1, 2)  # (N, 2V, 4)
    if svd:
        homogeneous = torch.linalg.svd(rows, full_matrices=False).Vh[:, -1]
        last = homogeneous[:, 3:]
        far = last.abs() < 1e-9
        found = homogeneous[:, :3] / torch.where(far, torch.full_like(last, 1e-9), last)
    else:
        a, b = rows[..., :3], -rows[..., 3:]
        normal = a.mT @ a
        damping = 1e-12 * normal.diagonal(dim1=-2, dim2=-1).sum(-1).clamp_min(1e-12)
        found = torch.linalg.solve(normal + damping[:, None, None] * torch.eye(3).to(normal), a.mT @ b)[..., 0]
    found = found + middle
    if found.requires_grad:
        found.register_hook(_finite)
    if rows.requires_grad:
        rows.register_hook(_finite)  # type: ignore[no-untyped-call]
    return found.to(dtype)


def _rows(rotation: Tensor, centre: Tensor, flat: Tensor) -> Tensor:
    """(V, N, 2, 4) of the homogeneous system, unweighted."""
    projection = torch.cat([rotation, -(rotation @ centre[..., None])], -1)  # (V, 3, 4)
    return flat[..., None] * projection[:, None, 2:] - projection[:, None, :2]


def _finite(gradient: Tensor) -> Tensor:
    return torch.nan_to_num(gradient, nan=0.0, posinf=0.0, neginf=0.0)
