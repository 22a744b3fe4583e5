"""SasMamba (WACV 2026, arXiv 2511.08872) and PoseMamba (AAAI 2025): selective scans over frames and joints at once.

One network class: both stack blocks whose SSMs cross-scan the grid of frames and joints (`engine.ssm.cross_scan`) and
differ in the convolution in front of the scan (deformable or plain) and in which joints are added to a joint before
the frame-by-frame scan. Layers, sizes and parameter names are those of the released code (specification sasmamba.md
and baselines.md, section 2), so that its checkpoints load. "Spatial" and "temporal" blocks are of one kind; the names
are historic.

Nothing in here follows `rate`: a step of a time-joint scan is not a step in time, and the convolutions and the table
of positions count frames. The scans run both ways, so there is no streaming.

Shapes: B batch, F frames, J joints, d width, E = 2d inner width.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from engine.ssm.cross_scan import CrossScan
from engine.ssm.deformable import DeformableConvolution
from engine.ssm.diagonal import Rate

JOINTS = 17

STRIDES_2_AND_3 = tuple(tuple(j // stride * stride for j in range(JOINTS)) for stride in (2, 3))
"""SasMamba: each joint is joined by the first one of its pair and of its triple."""

NEIGHBOURS = ((0, 0, 1, 2, 3, 0, 4, 5, 6, 8, 11, 12, 13, 8, 14, 15, 16),)
"""PoseMamba: a joint near it on the body; the released list, which is not quite a table of parents."""

RECOMPUTE_ABOVE = 40_000_000
"""Activations (tokens x inner width x blocks) above which training keeps only what enters each block.

About 100 bytes of memory stand behind each of them; a third more time is what recomputing costs."""


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


class SSOperator(CrossScan):
    """SasMamba's structure-aware SSM operator, and PoseMamba's: (B, F, J, d) -> (B, F, J, d)."""

    gathers: Tensor

    def __init__(self, config: SasMambaConfig) -> None:
        inner = 2 * config.width
        super().__init__(inner, config.states, rank=math.ceil(config.width / 16))
        self.legacy_backward = config.legacy_backward
        self.register_buffer("gathers", torch.tensor(config.gathers), persistent=False)
        self.in_proj = nn.Linear(config.width, 2 * inner, bias=False)
        self.conv2d = DeformableConvolution(inner) if config.deformable else PlainConvolution(inner)
        self.out_norm = nn.LayerNorm(inner)
        self.out_proj = nn.Linear(inner, config.width, bias=False)

    def forward(self, h: Tensor) -> Tensor:
        x, gate = self.in_proj(h).chunk(2, -1)
        x = F.silu(self.conv2d(x))
        y = self.scan(self.joined(x), x)
        return self.out_proj(self.out_norm(y) * F.silu(gate))

    def joined(self, x: Tensor) -> Tensor:
        """Each joint plus the joints that the gathers assign to it."""
        source = x.detach() if self.legacy_backward else x
        for gather in self.gathers:
            x = x + source.index_select(2, gather)
        return x


class PlainConvolution(nn.Conv2d):
    """Depth-wise 3 x 3 convolution over frames and joints, channels last."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, channels, 3, padding=1, groups=channels)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


class MLP(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, 2 * width)
        self.fc2 = nn.Linear(2 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    """x + SS(LN(x)), then x + MLP(LN(x)); either may be skipped in training, per window (drop-path)."""

    def __init__(self, config: SasMambaConfig, drop: float) -> None:
        super().__init__()
        self.drop = drop
        self.norm = nn.LayerNorm(config.width, eps=1e-6)
        self.op = SSOperator(config)
        self.norm2 = nn.LayerNorm(config.width, eps=1e-6)
        self.mlp = MLP(config.width)

    def forward(self, x: Tensor) -> Tensor:
        x = self._added(x, lambda h: self.op(self.norm(h)))
        return self._added(x, lambda h: self.mlp(self.norm2(h)))

    def _added(self, x: Tensor, branch: Callable[[Tensor], Tensor]) -> Tensor:
        """x + branch(x), in which a window that is left out costs nothing."""
        if not self.training or self.drop == 0:
            return x + branch(x)
        kept = x.new_empty(len(x)).bernoulli_(1 - self.drop).nonzero().flatten()
        if not len(kept):
            return x + 0 * branch(x)  # several devices that train together expect a gradient of every parameter
        return x.index_add(0, kept, branch(x[kept]).to(x.dtype), alpha=1 / (1 - self.drop))


class SasMamba(nn.Module):
    """The lifting network: (B, F, 17, 3) = (x, y, confidence) -> (B, F, 17, 3) root-relative positions.

    With two channels it does not see the confidence: a hidden joint, which the follow camera puts at the body's centre
    with confidence 0, looks like one that is there.
    """

    causal = False

    def __init__(self, config: SasMambaConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.Spatial_patch_to_embedding = nn.Linear(config.channels, width)
        self.Spatial_pos_embed = nn.Parameter(torch.zeros(1, JOINTS, width))
        self.Temporal_pos_embed = nn.Parameter(torch.zeros(1, config.max_frames, width))
        drops = [config.drop_path * depth / max(config.depth - 1, 1) for depth in range(config.depth)]
        self.STEblocks = nn.ModuleList(Block(config, drop) for drop in drops)
        self.TTEblocks = nn.ModuleList(Block(config, drop) for drop in drops)
        self.Spatial_norm = nn.LayerNorm(width, eps=1e-6)  # one for all depths, like Temporal_norm
        self.Temporal_norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 3))

    @property
    def max_frames(self) -> int:
        """The longest sequence that the position table knows."""
        return self.config.max_frames

    def forward(self, u: Tensor, rate: Rate = 1.0) -> Tensor:
        """u (B, F, 17, 3) -> (B, F, 17, 3). rate is accepted and changes nothing.

        ValueError for more than `max_frames` frames (they have no position) or another number of joints (the gathers
        name 17).
        """
        frames, joints = u.shape[1:3]
        if joints != JOINTS:
            raise ValueError(f"SasMamba and PoseMamba are built for {JOINTS} joints, got {joints}")
        if frames > self.max_frames:
            raise ValueError(f"{frames} frames exceed the position table of {self.max_frames}")
        x = self.Spatial_patch_to_embedding(u[..., : self.config.channels]) + self.Spatial_pos_embed
        for depth, (space, time) in enumerate(zip(self.STEblocks, self.TTEblocks, strict=True)):
            x = self.Spatial_norm(self._block(space, x))
            if depth == 0:
                x = x + self.Temporal_pos_embed[:, :frames, None]
            x = self.Temporal_norm(self._block(time, x))
        return self.head(x)

    def _block(self, block: nn.Module, x: Tensor) -> Tensor:
        activations = x.numel() * 2 * 2 * self.config.depth
        if self.training and torch.is_grad_enabled() and activations > RECOMPUTE_ABOVE:
            recomputed: Tensor = checkpoint(block, x, use_reentrant=False)
            return recomputed
        return block(x)
