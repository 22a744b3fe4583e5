"""Sizes of SSD-Poser's networks."""

from __future__ import annotations

from dataclasses import dataclass

FEATURES, JOINTS = 54, 22
"""Numbers of a headset that the networks read, and joints whose rotations they answer."""


@dataclass(frozen=True)
class SSDPoserConfig:
    """Sizes of one SSD-Poser.

    width d; depth in blocks; heads and inner width of the attention's layers; states N and head_width P of the SSDs;
    frequency_aware: whether the decoder has its two convolutions; frames T of a window, of a causal network of those
    that its attention looks back on, its own included; dropout in the attention's layers.
    """

    width: int = 256
    depth: int = 4
    heads: int = 8
    inner: int = 2048
    states: int = 16
    head_width: int = 64
    chunk: int = 48
    frequency_aware: bool = True
    causal: bool = False
    frames: int = 96
    dropout: float = 0.1
