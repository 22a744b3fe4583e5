"""SasMamba (WACV 2026, arXiv 2511.08872) and PoseMamba (AAAI 2025): selective scans over frames and joints at once.

One network class: both stack blocks whose SSMs cross-scan the grid of frames and joints (`engine.ssm.cross_scan`) and
differ in the convolution in front of the scan (deformable or plain) and in which joints are added to a joint before
the frame-by-frame scan. Layers, sizes and parameter names are those of the released code (specification sasmamba.md
and baselines.md, section 2), so that its checkpoints load. "Spatial" and "temporal" blocks are of one kind.

Nothing in here follows `rate`: a step of a time-joint scan is not a step in time, and the convolutions and the table
of positions count frames. The scans run both ways, so there is no streaming.

Shapes: B batch, F frames, J joints, d width, E = 2d inner width.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.lifting.alternating import Alternating, ScanBlock
from engine.models.network import SSMLayer
from engine.models.sasmamba.config import SasMambaConfig
from engine.ssm.cross_scan import CrossScan
from engine.ssm.deformable import DeformableConvolution
from engine.ssm.diagonal import Rate
from engine.ssm.inspect import grid_steps, mean_and_quantiles

_TITLES = {"STEblocks": "Block", "TTEblocks": "Second block"}
_ORDERS = ("frame by frame", "joint by joint", "frame by frame, backwards", "joint by joint, backwards")


class SSOperator(CrossScan):
    """SasMamba's structure-aware SSM operator, and PoseMamba's: (B, F, J, d) -> (B, F, J, d), whatever the rate."""

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

    def forward(self, h: Tensor, rate: Rate = 1.0) -> Tensor:
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

    def watch(self, ssm: str | int, h: Tensor, rate: Rate = 1.0) -> Tensor:
        """(1, F, 4) Δ that one of the scans chooses over the input h (1, F, J, d): its mean and `QUANTILES`."""
        group = int(ssm)
        x = F.silu(self.conv2d(self.in_proj(h).chunk(2, -1)[0]))
        return mean_and_quantiles(grid_steps(self, x if group % 2 else self.joined(x), group).flatten(2))


class PlainConvolution(nn.Conv2d):
    """Depth-wise 3 x 3 convolution over frames and joints, channels last."""

    macs_per_place = 0
    """Besides its own, which every convolution has."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, channels, 3, padding=1, groups=channels)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


class SasMamba(Alternating):
    """The lifting network, blind to the confidence with two channels."""

    def __init__(self, config: SasMambaConfig) -> None:
        def block(drop: float) -> ScanBlock:
            return ScanBlock(config.width, SSOperator(config), drop)

        super().__init__(config, space=block, time=block)
        self.config = config

    def ssm_layers(self) -> list[SSMLayer]:
        found = []
        for path, operator in self._scans():
            assert isinstance(operator, SSOperator)
            kind, number, _ = path.split(".")
            found += operator.ssm_layers(path, f"{_TITLES[kind]} {int(number) + 1}")
        return found

    def published_macs(self, frames: int) -> int:
        """As its paper prints them: SasMamba's halves what thop says, PoseMamba's does not."""
        return super().published_macs(frames) // (2 if self.config.deformable else 1)
