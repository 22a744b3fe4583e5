"""SS2D without a gate: the block of VMamba's "noz" form, on a grid of views and joints (mv_ssm.md, correction b)."""

from __future__ import annotations

import math

import torch.nn.functional as F
from torch import Tensor, nn

from engine.ssm.cross_scan import CrossScan


class SS2D(CrossScan):
    """Linear, depth-wise 3 x 3 convolution, SiLU, cross-scan, LN, Linear: (B, V, J, d) -> (B, V, J, d).

    Rows are views, columns joints. No parameter knows a place, so any number of views will do.
    """

    def __init__(self, width: int, *, states: int = 16, expansion: int = 2, directions: int = 4) -> None:
        inner = expansion * width
        super().__init__(inner, states, rank=math.ceil(width / 16), directions=directions)
        self.in_proj = nn.Linear(width, inner, bias=False)
        self.conv2d = nn.Conv2d(inner, inner, 3, padding=1, groups=inner)
        self.out_norm = nn.LayerNorm(inner)
        self.out_proj = nn.Linear(inner, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        grid = self.in_proj(x).permute(0, 3, 1, 2)
        grid = F.silu(self.conv2d(grid)).permute(0, 2, 3, 1).contiguous()
        found: Tensor = self.out_proj(self.out_norm(self.scan(grid, grid)))
        return found
