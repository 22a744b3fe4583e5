"""Initial Δ of a selective SSM: Mamba's (Gu & Dao 2023, section 3.6)."""

from __future__ import annotations

import math

import torch
from torch import Tensor

STEP_FLOOR = 1e-4
"""Smallest Δ at initialisation."""


def step_bias(*shape: int, step_min: float, step_max: float) -> Tensor:
    """(shape) biases whose softplus is log-uniform in [step_min, step_max] and at least STEP_FLOOR."""
    span = math.log(step_max) - math.log(step_min)
    step = torch.exp(math.log(step_min) + span * torch.rand(shape)).clamp(min=STEP_FLOOR)
    return step + torch.log(-torch.expm1(-step))
