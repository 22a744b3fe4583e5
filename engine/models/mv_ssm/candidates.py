"""Where people are looked for: T-poses on a lattice (mv_ssm.md, 2.2), in Panoptic-15's order. Metres."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

T_POSE_MM = (
    (-8, -33, 571), (61, 150, 739), (0, 0, 0), (-164, 40, 565), (-241, 31, 321), (-50, 158, 396), (-85, 59, -5),
    (-86, 13, -398), (-74, -31, -712), (143, -101, 584), (250, -103, 365), (193, 82, 452), (85, -59, 5),
    (142, -112, -360), (177, -227, -713),
)  # fmt: skip
"""Offsets from the middle of the hips."""


class Space(NamedTuple):
    """The box in which people are looked for, metres."""

    size: tuple[float, float, float]
    centre: tuple[float, float, float]


PANOPTIC = Space((8.0, 8.0, 2.0), (0.0, -0.5, 0.8))


def lattice(space: Space, candidates: int) -> Tensor:
    """(Nq, 15, 3) T-poses on a square lattice over x and y, their hips at half the box's height.

    ValueError for a number of candidates that is no square.
    """
    side = math.isqrt(candidates)
    if side * side != candidates:
        raise ValueError(f"{candidates} candidates make no square lattice")
    half = torch.linspace(-0.5, 0.5, side) if side > 1 else torch.zeros(1)
    x, y = torch.meshgrid(half * space.size[0], half * space.size[1], indexing="ij")
    roots = torch.stack([x.flatten(), y.flatten(), torch.zeros(candidates)], -1) + torch.tensor(space.centre)
    return roots[:, None] + torch.tensor(T_POSE_MM) / 1000
