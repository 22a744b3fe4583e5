"""Sizes of MotionBERT's networks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MotionBERTConfig:
    """Sizes of one DSTformer: width d, depth, mlp_ratio, heads, representation; max_frames of the position table."""

    width: int = 256
    depth: int = 5
    mlp_ratio: int = 4
    heads: int = 8
    representation: int = 512
    joints: int = 17
    max_frames: int = 243
    causal: bool = False


@dataclass(frozen=True)
class ActionConfig:
    """Sizes of the released action network: a trunk, the hidden layer of its head, and how many classes it scores."""

    classes: int
    trunk: MotionBERTConfig = MotionBERTConfig()
    hidden: int = 2048


@dataclass(frozen=True)
class MeshConfig:
    """Sizes of the released mesh network: a trunk, and the hidden layers of its head's two branches."""

    trunk: MotionBERTConfig = MotionBERTConfig()
    hidden: int = 1024
