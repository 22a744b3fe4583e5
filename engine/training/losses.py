"""Losses of the lifting models (specification data_and_metrics.md, section 5; MotionBERT's form)."""

from __future__ import annotations

import torch
from torch import Tensor

VELOCITY_WEIGHT = 0.1
"""Weight of the velocity term, in seconds: MotionBERT's 20 per frame would be 0.33 s at 60 Hz. On real time, so that
windows of any rate count alike; smaller than theirs because short runs otherwise learn to stand still first."""


def lifting_loss(prediction: Tensor, target: Tensor, gaps: float | Tensor) -> Tensor:
    """MPJPE + 0.5 N-MPJPE + velocity; prediction and target (B, F, J, 3) root-relative, any one unit.

    gaps: seconds between frames, one number, or (F,) the time before each frame. The velocity error is a mean over
    time, so that two frames a moment apart do not count more than two far apart.
    """
    position = (prediction - target).norm(dim=-1).mean()
    scale = (prediction * target).sum((-1, -2), keepdim=True) / prediction.square().sum(
        (-1, -2), keepdim=True
    ).clamp_min(1e-8)
    scaled = (scale * prediction - target).norm(dim=-1).mean()
    seconds = gaps[1:].mean() if isinstance(gaps, Tensor) else gaps
    velocity = (torch.diff(prediction, dim=1) - torch.diff(target, dim=1)).norm(dim=-1).mean() / seconds
    return position + 0.5 * scaled + VELOCITY_WEIGHT * velocity
