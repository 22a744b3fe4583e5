"""Sizes of SasMamba's and PoseMamba's networks."""

from __future__ import annotations

from dataclasses import dataclass

JOINTS = 17

STRIDES_2_AND_3 = tuple(tuple(j // stride * stride for j in range(JOINTS)) for stride in (2, 3))
"""SasMamba: each joint is joined by the first one of its pair and of its triple."""

NEIGHBOURS = ((0, 0, 1, 2, 3, 0, 4, 5, 6, 8, 11, 12, 13, 8, 14, 15, 16),)
"""PoseMamba: a joint near it on the body; the released list, which is not quite a table of parents."""


@dataclass(frozen=True)
class SasMambaConfig:
    """Sizes of one network.

    width d; depth: pairs of blocks; channels of the input that are read (2: x and y, 3: confidence too); max_frames of
    the position table; drop_path: largest rate at which a block is skipped in training, rising linearly with depth.
    deformable, gathers: SasMamba's by default. legacy_backward leaves the gathers out of the gradient, as the
    hand-written backward pass of the released code does.
    """

    width: int = 64
    depth: int = 5
    channels: int = 2
    max_frames: int = 243
    deformable: bool = True
    gathers: tuple[tuple[int, ...], ...] = STRIDES_2_AND_3
    states: int = 16
    drop_path: float = 0.2
    legacy_backward: bool = False
