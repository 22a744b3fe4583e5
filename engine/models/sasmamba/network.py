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
from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from engine.models.network import Network, SSMLayer
from engine.models.sasmamba.config import JOINTS, SasMambaConfig
from engine.ssm.cross_scan import CrossScan
from engine.ssm.deformable import DeformableConvolution
from engine.ssm.diagonal import Rate
from engine.ssm.inspect import QUANTILES, grid_steps

_TITLES = {"STEblocks": "Block", "TTEblocks": "Second block"}
_ORDERS = ("frame by frame", "joint by joint", "frame by frame, backwards", "joint by joint, backwards")

RECOMPUTE_ABOVE = 40_000_000
"""Activations (tokens x inner width x blocks) above which training keeps only what enters each block.

About 100 bytes of memory stand behind each of them; a third more time is what recomputing costs."""


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

    @property
    def macs_per_place(self) -> int:
        """Of the scans and of what interpolates the convolution's places."""
        return super().macs_per_place + self.conv2d.macs_per_place

    def ssm_layers(self, path: str, title: str) -> list[SSMLayer]:
        return [
            SSMLayer(f"{title} · {order}", path, group, "grid", selective=True) for group, order in enumerate(_ORDERS)
        ]

    def watch(self, ssm: str | int, h: Tensor) -> Tensor:
        """(1, F, 4) Δ that one of the scans chooses over the input h (1, F, J, d): its mean and `QUANTILES`."""
        group = int(ssm)
        x = F.silu(self.conv2d(self.in_proj(h).chunk(2, -1)[0]))
        chosen = grid_steps(self, x if group % 2 else self.joined(x), group).flatten(2)
        quantiles = torch.quantile(chosen, torch.tensor(QUANTILES).to(chosen), dim=-1)
        return torch.cat([chosen.mean(-1, keepdim=True), quantiles.movedim(0, -1)], -1)


class PlainConvolution(nn.Conv2d):
    """Depth-wise 3 x 3 convolution over frames and joints, channels last."""

    macs_per_place = 0
    """Besides its own, which every convolution has."""

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


class SasMamba(Network):
    """The lifting network: (B, F, 17, 3) = (x, y, confidence) -> (B, F, 17, 3) root-relative positions.

    With two channels it does not see the confidence: a hidden joint, which the follow camera puts at the body's centre
    with confidence 0, looks like one that is there.
    """

    def __init__(self, config: SasMambaConfig) -> None:
        super().__init__()
        self.config, self.max_frames = config, config.max_frames
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

    def forward(self, u: Tensor, rate: Rate = 1.0) -> Tensor:
        """u (B, F, 17, 3) -> (B, F, 17, 3). rate is accepted and changes nothing.

        ValueError for more than `max_frames` frames (they have no position) or another number of joints (the gathers
        name 17).
        """
        frames, joints = u.shape[1:3]
        if joints != JOINTS:
            raise ValueError(f"SasMamba and PoseMamba are built for {JOINTS} joints, got {joints}")
        if frames > self.config.max_frames:
            raise ValueError(f"{frames} frames exceed the position table of {self.config.max_frames}")
        x = self.Spatial_patch_to_embedding(u[..., : self.config.channels]) + self.Spatial_pos_embed
        for depth, (space, time) in enumerate(zip(self.STEblocks, self.TTEblocks, strict=True)):
            x = self.Spatial_norm(self._block(space, x))
            if depth == 0:
                x = x + self.Temporal_pos_embed[:, :frames, None]
            x = self.Temporal_norm(self._block(time, x))
        return self.head(x)

    def ssm_layers(self) -> list[SSMLayer]:
        found = []
        for path, operator in self._operators():
            kind, number, _ = path.split(".")
            found += operator.ssm_layers(path, f"{_TITLES[kind]} {int(number) + 1}")
        return found

    def ssm_parameters(self) -> Iterator[nn.Parameter]:
        for _, operator in self._operators():
            yield from operator.pace_parameters()

    def macs_per_frame(self, frames: int) -> int:
        return super().macs_per_frame(frames) + JOINTS * sum(op.macs_per_place for _, op in self._operators())

    def published_macs(self, frames: int) -> int:
        """As its paper prints them: SasMamba's halves what thop says, PoseMamba's does not."""
        return super().published_macs(frames) // (2 if self.config.deformable else 1)

    def _operators(self) -> list[tuple[str, SSOperator]]:
        return [(path, module) for path, module in self.named_modules() if isinstance(module, SSOperator)]

    def _block(self, block: nn.Module, x: Tensor) -> Tensor:
        activations = x.numel() * 2 * 2 * self.config.depth
        if self.training and torch.is_grad_enabled() and activations > RECOMPUTE_ABOVE:
            recomputed: Tensor = checkpoint(block, x, use_reentrant=False)
            return recomputed
        return block(x)
