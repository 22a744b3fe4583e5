"""The blocks of STAMPose: attention over the joints of a frame, and scans over the frames of a joint.

Shapes: B batch, F frames, J joints, d width, E = 2d inner width.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.lifting.alternating import MLP, Residual
from engine.models.motionbert.blocks import Attention
from engine.models.network import Axis, SSMLayer
from engine.models.stampose.config import STAMPoseConfig
from engine.ssm.cross_scan import CrossScan, time_order
from engine.ssm.diagonal import Rate, irregular
from engine.ssm.inspect import grid_steps, mean_and_quantiles

TAPS = 3
WAYS = ("forwards", "backwards")


class AttentionBlock(Residual):
    """x + attention(LN(x)), then x + MLP(LN(x)), over the joints of every frame of (B, F, J, d).

    In training single frames are skipped, not whole windows, as in the released code.
    """

    def __init__(self, width: int, heads: int, drop: float) -> None:
        super().__init__(drop)
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = MLP(width)

    def forward(self, x: Tensor) -> Tensor:
        frames = self._added(x.flatten(0, 1), lambda h: self.attn(self.norm1(h)))
        return torch.unflatten(self._added(frames, lambda h: self.mlp(self.norm2(h))), 0, x.shape[:2])


class TimeScan(CrossScan):
    """The temporal operator, (B, F, J, d) -> (B, F, J, d): scans ahead and back, and beside them a convolution.

        x, z = W_in h
        y    = LN(scan(SiLU(conv x)))     the sum of both directions, each joint by itself
        out  = W_out [y, SiLU(conv z)]

    The convolutions are depth-wise over three frames. `rate` multiplies Δ; they count frames.
    """

    def __init__(self, config: STAMPoseConfig) -> None:
        inner = 2 * config.width
        super().__init__(inner, config.states, rank=math.ceil(config.width / 16), directions=len(WAYS))
        self.legacy_scan = config.legacy_scan
        self.in_proj = nn.Linear(config.width, 2 * inner, bias=False)
        self.conv2d = FrameConvolution(inner)
        self.conv2d_z = FrameConvolution(inner)
        self.out_norm = nn.LayerNorm(inner)
        self.out_proj = nn.Linear(2 * inner, config.width, bias=False)

    def forward(self, h: Tensor, rate: Rate = 1.0) -> Tensor:
        x, z = self.in_proj(h.transpose(1, 2)).chunk(2, -1)  # (B, J, F, E): a joint's frames lie together
        y = self.out_norm(self.over_time(F.silu(self.conv2d(x)), rate))
        z = F.silu(self.conv2d_z(z))
        return self.out_proj(torch.cat([y.to(z.dtype), z], -1)).transpose(1, 2)

    def over_time(self, x: Tensor, rate: Rate = 1.0) -> Tensor:
        """The sum of the scans over x (B, J, F, E)."""
        runs = x if self.legacy_scan else x.flatten(0, 1)[:, None]  # a state goes through (joints, F) places
        joints, frames = runs.shape[1:3]
        pace = self._pace(rate)
        if irregular(pace):
            pace = pace.repeat(1, joints)
        return self.along([runs], time_order(frames, joints, x.device), pace).view(x.shape)

    def ssm_layers(self, path: str, title: str) -> list[SSMLayer]:
        axis: Axis = "grid" if self.legacy_scan else "time"
        return [SSMLayer(f"{title} · {way}", path, group, axis, selective=True) for group, way in enumerate(WAYS)]

    @torch.no_grad()
    def watch(self, ssm: str | int, h: Tensor, rate: Rate = 1.0) -> Tensor:
        """(1, F, 4) Δ that one of the scans chooses over h (1, F, J, d), times the rate: mean and `QUANTILES`."""
        group, pace = int(ssm), self._pace(rate)
        x = F.silu(self.conv2d(self.in_proj(h.transpose(1, 2)).chunk(2, -1)[0]))
        own = pace[group, :, None] if irregular(pace) else pace
        return mean_and_quantiles((grid_steps(self, x, group) * own).transpose(1, 2).flatten(2))

    def _pace(self, rate: Rate) -> Rate:
        """One number, or (2, F): the time that passes before each frame as a scan comes to it, ahead and back.

        What lacks at the end is the first gap, as in `engine.models.hummuss`.
        """
        return torch.stack([rate, rate.roll(-1)]) if irregular(rate) else rate


class FrameConvolution(nn.Conv2d):
    """Depth-wise over three frames of (B, J, F, E), channels last; its weight is shaped for a grid (F, J)."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, channels, (TAPS, 1), padding=(TAPS // 2, 0), groups=channels)

    def forward(self, x: Tensor) -> Tensor:
        weight, padding = self.weight.transpose(2, 3), (0, TAPS // 2)
        y = F.conv2d(x.permute(0, 3, 1, 2), weight, self.bias, padding=padding, groups=self.groups)
        return y.permute(0, 2, 3, 1)
