"""Lifting networks of two kinds of blocks in turn, with tables of positions: PoseMamba's trunk and its successors'.

    x = W u + joint's position
    x = LN_S(S_i(x)), x = LN_T(T_i(x)) for every depth i; before T_0 the frame's position is added
    output = W LN(x)

LN_S and LN_T are one for all depths. Parameters are named as in the released code. "Spatial" and "temporal" are its
words: of PoseMamba's and SasMamba's blocks, which are of one kind, they are historic.

Shapes: B batch, F frames, J joints, d width.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from engine.models.lifting.layout import LAYOUT
from engine.models.network import Network
from engine.ssm.cross_scan import CrossScan
from engine.ssm.diagonal import Rate

JOINTS = len(LAYOUT)

RECOMPUTE_ABOVE = 40_000_000
"""Activations (tokens x inner width x blocks) above which training keeps only what enters each block.

About 100 bytes of memory stand behind each of them; a third more time is what recomputing costs."""


class Sizes(Protocol):
    """Width d, depth in pairs of blocks, channels of the input that are read, and the length of the position table.

    drop_path is the largest rate at which a block is skipped in training, rising linearly with depth.
    """

    @property
    def width(self) -> int: ...
    @property
    def depth(self) -> int: ...
    @property
    def channels(self) -> int: ...
    @property
    def max_frames(self) -> int: ...
    @property
    def drop_path(self) -> float: ...


class Residual(nn.Module):
    """A block whose branches may each be skipped in training, by itself for every element of the batch (drop-path)."""

    def __init__(self, drop: float) -> None:
        super().__init__()
        self.drop = drop

    def _added(self, x: Tensor, branch: Callable[[Tensor], Tensor]) -> Tensor:
        """x + branch(x), in which an element that is left out costs nothing."""
        if not self.training or self.drop == 0:
            return x + branch(x)
        kept = x.new_empty(len(x)).bernoulli_(1 - self.drop).nonzero().flatten()
        if not len(kept):
            return x + 0 * branch(x)  # several devices that train together expect a gradient of every parameter
        return x.index_add(0, kept, branch(x[kept]).to(x.dtype), alpha=1 / (1 - self.drop))


class MLP(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, 2 * width)
        self.fc2 = nn.Linear(2 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(x)))


class ScanBlock(Residual):
    """x + op(LN(x)), then x + MLP(LN(x)); op is a scan over (B, F, J, d) that is given the rate."""

    def __init__(self, width: int, op: nn.Module, drop: float) -> None:
        super().__init__(drop)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.op = op
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = MLP(width)

    def forward(self, x: Tensor, rate: Rate = 1.0) -> Tensor:
        x = self._added(x, lambda h: self.op(self.norm(h), rate))
        return self._added(x, lambda h: self.mlp(self.norm2(h)))


class Alternating(Network):
    """(B, F, 17, 3) = (x, y, confidence) -> (B, F, 17, 3) root-relative positions.

    space and time make the blocks of a drop-path rate; only the latter are given the frame rate. With two channels the
    network does not see the confidence: a hidden joint, which the follow camera puts at the body's centre with
    confidence 0, looks like one that is there.
    """

    def __init__(self, sizes: Sizes, space: Callable[[float], nn.Module], time: Callable[[float], nn.Module]) -> None:
        super().__init__()
        self.max_frames = sizes.max_frames
        width, depth = sizes.width, sizes.depth
        self.Spatial_patch_to_embedding = nn.Linear(sizes.channels, width)
        self.Spatial_pos_embed = nn.Parameter(torch.zeros(1, JOINTS, width))
        self.Temporal_pos_embed = nn.Parameter(torch.zeros(1, sizes.max_frames, width))
        drops = [sizes.drop_path * number / max(depth - 1, 1) for number in range(depth)]
        self.STEblocks = nn.ModuleList(space(drop) for drop in drops)
        self.TTEblocks = nn.ModuleList(time(drop) for drop in drops)
        self.Spatial_norm = nn.LayerNorm(width, eps=1e-6)
        self.Temporal_norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 3))

    def forward(self, u: Tensor, rate: Rate = 1.0) -> Tensor:
        """u (B, F, 17, 3) -> (B, F, 17, 3).

        ValueError for more than `max_frames` frames (they have no position) or another number of joints.
        """
        frames, joints = u.shape[1:3]
        table = self.Temporal_pos_embed
        if joints != JOINTS:
            raise ValueError(f"{type(self).__name__} is built for {JOINTS} joints, got {joints}")
        if frames > table.shape[1]:
            raise ValueError(f"{frames} frames exceed the position table of {table.shape[1]}")
        embedding = self.Spatial_patch_to_embedding
        x = embedding(u[..., : embedding.in_features]) + self.Spatial_pos_embed
        for depth, (space, time) in enumerate(zip(self.STEblocks, self.TTEblocks, strict=True)):
            x = self.Spatial_norm(self._block(space, x))
            if depth == 0:
                x = x + table[:, :frames, None]
            x = self.Temporal_norm(self._block(time, x, rate))
        return self.head(x)

    def ssm_parameters(self) -> Iterator[nn.Parameter]:
        for _, scan in self._scans():
            yield from scan.pace_parameters()

    def macs_per_frame(self, frames: int) -> int:
        return super().macs_per_frame(frames) + JOINTS * sum(scan.macs_per_place for _, scan in self._scans())

    def _scans(self) -> list[tuple[str, CrossScan]]:
        """The paths of all scans, and the scans."""
        return [(path, module) for path, module in self.named_modules() if isinstance(module, CrossScan)]

    def _block(self, block: nn.Module, x: Tensor, *rate: Rate) -> Tensor:
        activations = x.numel() * 2 * 2 * len(self.STEblocks)
        if self.training and torch.is_grad_enabled() and activations > RECOMPUTE_ABOVE:
            recomputed: Tensor = checkpoint(block, x, *rate, use_reentrant=False)
            return recomputed
        return block(x, *rate)
