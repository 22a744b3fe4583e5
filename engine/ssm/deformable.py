"""Depth-wise deformable 3 x 3 convolution over a grid of frames and joints (Deformable ConvNets, ICCV 2017).

    y[t, j, e] = bias[e] + Σ_k weight[e, k] · x(t + dt_k + Δt_k[t, j], j + dj_k + Δj_k[t, j], e)

where k runs over the nine taps, row by row, and x between the grid's places is bilinear, zero outside. The offsets Δ
are the output of an ordinary 3 x 3 convolution of x, in grid cells, and shared by all channels.

    reference   one gather per tap and corner, any device and dtype
    numba       compiled for the CPU (`deformable_numba.py`)

Shapes: B batch, T frames, J joints, E channels; channels last.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.ssm.kernels import choose

TAPS = 9


class DeformableConvolution(nn.Module):
    """(B, T, J, E) -> (B, T, J, E). Parameters are named as in the released code: offset_conv.*, dcn.*."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.offset_conv = nn.Conv2d(channels, 2 * TAPS, 3, padding=1)
        self.dcn = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)  # holds weights; never called

    @property
    def macs_per_place(self) -> int:
        """Each tap is the mean of four places, and then a product."""
        return 5 * TAPS * self.dcn.out_channels

    def forward(self, x: Tensor) -> Tensor:
        offsets = self.offset_conv(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        bias = self.dcn.bias
        assert bias is not None
        wide = self.dcn.weight.dtype
        return deformable_convolution(x.to(wide), offsets.to(wide), self.dcn.weight, bias)


def deformable_convolution(x: Tensor, offsets: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """x (B, T, J, E), offsets (B, T, J, 18) = (Δt, Δj) per tap, weight (E, 1, 3, 3), bias (E) -> (B, T, J, E).

    All of one dtype; autocast does not touch them: bfloat16 cannot say where in a grid of 243 frames.
    """
    if choose("Deformable convolution", x) == "numba":
        from engine.ssm import deformable_numba  # compiles, so only when it is needed

        return deformable_numba.deform(x, offsets, weight, bias)
    with torch.autocast(x.device.type, enabled=False):
        return deformable_reference(x, offsets, weight, bias)


def deformable_reference(x: Tensor, offsets: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """`deformable_convolution` tap by tap and corner by corner."""
    batch, frames, joints, channels = x.shape
    y = bias.expand(x.shape)
    grid = torch.meshgrid(torch.arange(frames).to(x), torch.arange(joints).to(x), indexing="ij")
    for k in range(TAPS):
        t = grid[0] + (k // 3 - 1) + offsets[..., 2 * k]
        j = grid[1] + (k % 3 - 1) + offsets[..., 2 * k + 1]
        first_t, first_j = t.floor(), j.floor()
        down, right = t - first_t, j - first_j
        sampled = torch.zeros_like(x)
        for below, beside in ((0, 0), (0, 1), (1, 0), (1, 1)):
            at_t, at_j = first_t + below, first_j + beside
            share = (down if below else 1 - down) * (right if beside else 1 - right)
            inside = (at_t >= 0) & (at_t < frames) & (at_j >= 0) & (at_j < joints)
            place = torch.where(inside, at_t * joints + at_j, 0).long().view(batch, -1, 1)
            corner = x.flatten(1, 2).gather(1, place.expand(-1, -1, channels)).view(x.shape)
            sampled = sampled + (share * inside)[..., None] * corner
        y = y + weight[:, 0, k // 3, k % 3] * sampled
    return y
