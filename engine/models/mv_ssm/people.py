"""People among candidates: those with a score, without duplicates (mv_ssm.md, 3, "NMS")."""

from __future__ import annotations

import torch
from torch import Tensor

NEAR, MORE_THAN = 0.3, 7
"""Two candidates are one person where more than 7 joints are closer than 0.3 diagonals of the pose's box."""


def kept(scores: Tensor, threshold: float) -> Tensor:
    """Indices of the candidates (N,) above the threshold, and always the best."""
    above = scores > threshold
    above[scores.argmax()] = True
    return above.nonzero().flatten()


def suppress(joints: Tensor, scores: Tensor) -> Tensor:
    """Indices of (N, J, 3) candidates by falling score, without those that are near a better one."""
    left, chosen = scores.argsort(descending=True), []
    while len(left):
        best, left = left[0], left[1:]
        chosen.append(best)
        pose = joints[best]
        diagonal = (pose.amax(0) - pose.amin(0)).norm()
        same = ((joints[left] - pose).norm(dim=-1) < NEAR * diagonal).sum(-1) > MORE_THAN
        left = left[~same]
    return torch.stack(chosen) if chosen else left
