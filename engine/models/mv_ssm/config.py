"""Sizes of MV-SSM's networks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MVSSMConfig:
    """Sizes of one published MV-SSM, for pictures of `network_size` (width, height).

    width d; candidates Nq, the square of a number; heads and points of the projective attention, on `levels` feature
    maps; inner width of the feed-forward; directions (4 or 2) and states N of the SS2D, whose inner width is
    `expansion` times d; threshold: the least score of a person.
    legacy_layout reads the attention's offsets as MVGFormer's code does, which mixes heads with levels.
    svd: triangulation by singular vectors, else by normal equations, whose gradient is steadier.
    """

    width: int = 256
    joints: int = 15
    candidates: int = 1024
    depth: int = 4
    heads: int = 8
    points: int = 8
    levels: int = 3
    inner: int = 1024
    directions: int = 4
    d_state: int = 16
    expansion: int = 2
    dropout: float = 0.1
    threshold: float = 0.1
    network_size: tuple[int, int] = (960, 512)
    legacy_layout: bool = False
    svd: bool = True
