"""The 2D cross-scan: four selective SSMs (S6) that walk a grid of frames and joints in four orders (VMamba's SS2D).

    group 0  row by row         frame after frame, joints fastest
    group 1  column by column   joint after joint, frames fastest
    group 2, 3                  groups 0 and 1 backwards

Groups 0 and 2 read one grid, groups 1 and 3 another (they are the same in VMamba); of two directions there are groups
0 and 2 alone. Every projection acts on one place of the grid at a time, so it is done on the grid; only the recurrence
knows the order, from a table. No sequence is flipped, transposed or copied, and merging the results is a sum.

A step along such a sequence is not a step in time: these SSMs have no rate (specification ssm.md, section 3.3). `along`
scans in other orders; where every step is one in time, Δ can follow it.

Shapes: B batch, T frames, J joints, L = T · J, E channels, N states, R rank of the projection of Δ.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.ssm.diagonal import Rate, irregular
from engine.ssm.selective import selective_scan
from engine.ssm.step_bias import step_bias

GROUPS = 4


class CrossScan(nn.Module):
    """The parameters of K = 4 (or 2) S6 SSMs, named and shaped as in VMamba, and the scan itself.

    x_proj_weight (K, R + 2N, E); dt_projs_weight (K, E, R); dt_projs_bias (K, E); A_logs (KE, N); Ds (KE)

    Initialised like Mamba-1: A = -(1 .. N), D = 1, Δ log-uniform in [step_min, step_max] for a zero input.
    """

    def __init__(
        self,
        channels: int,
        states: int,
        rank: int,
        *,
        directions: int = GROUPS,
        step_min: float = 1e-3,
        step_max: float = 1e-1,
    ) -> None:
        super().__init__()
        if directions not in (2, GROUPS):
            raise ValueError(f"{directions} directions; a cross-scan has 2 or {GROUPS}")
        self.channels, self.states, self.rank, self.directions = channels, states, rank, directions
        spread = 1 / math.sqrt(channels)  # a linear layer's default
        self.x_proj_weight = nn.Parameter(
            torch.empty(directions, rank + 2 * states, channels).uniform_(-spread, spread)
        )
        self.dt_projs_weight = nn.Parameter(torch.empty(directions, channels, rank).uniform_(-1, 1) * rank**-0.5)
        self.dt_projs_bias = nn.Parameter(step_bias(directions, channels, step_min=step_min, step_max=step_max))
        self.A_logs = nn.Parameter(torch.log(torch.arange(1.0, states + 1)).repeat(directions * channels, 1))
        self.Ds = nn.Parameter(torch.ones(directions * channels))

    @property
    def macs_per_place(self) -> int:
        """Per scan the two projections; decay, input and readout of every state; and the skip."""
        projections = (self.rank + 2 * self.states) + self.rank
        return self.directions * self.channels * (projections + 3 * self.states + 1)

    def pace_parameters(self) -> tuple[nn.Parameter, ...]:
        """Those that set how long the SSMs remember, and the skip."""
        return self.A_logs, self.Ds, self.dt_projs_bias

    def scan(self, rows: Tensor, columns: Tensor) -> Tensor:
        """Sum of the scans: `rows` is read along its rows, `columns` along its columns; (B, T, J, E) each.

        With two directions `columns` is not read.
        """
        _, frames, joints, _ = rows.shape
        order = scan_order(frames, joints, rows.device)[:: GROUPS // self.directions].contiguous()
        return self.along((rows, columns)[: self.directions // 2], order)

    def along(self, grids: Sequence[Tensor], order: Tensor, pace: Rate = 1.0) -> Tensor:
        """Sum of the scans over K / 2 grids (B, .., .., E) in any order of their places, as `selective_scan` takes it.

        Group k reads grid k % (K / 2). Δ is multiplied by pace: a number, or (K, L) one for every place of each group.
        """
        shape, groups = grids[0].shape, self.directions
        batch, channels = shape[0], shape[-1]
        width = self.rank + 2 * self.states
        projected = [
            F.linear(grid.reshape(batch, -1, channels), self.x_proj_weight[first :: len(grids)].flatten(0, 1))
            for first, grid in enumerate(grids)
        ]
        with torch.autocast(order.device.type, enabled=False):  # the recurrence and what sets its pace in float32
            wide = self.A_logs.dtype
            mixed = torch.stack(projected, 1).to(wide).view(batch, len(grids), -1, 2, width)
            mixed = mixed.permute(0, 3, 1, 2, 4).flatten(1, 2)  # (B, K, L, R + 2N)
            low_rank, b, c = torch.split(mixed, [self.rank, self.states, self.states], -1)
            # the bias is one more column of the weight: a sum over every place less in the backward pass
            weight = torch.cat((self.dt_projs_weight, self.dt_projs_bias[..., None]), -1)
            delta = F.softplus(F.pad(low_rank, (0, 1), value=1.0) @ weight.transpose(1, 2))
            if irregular(pace):
                delta = delta * pace.to(wide)[..., None]
            elif pace != 1.0:
                delta = delta * pace
            y = selective_scan(
                torch.stack(tuple(grids), 1).flatten(2, -2).to(wide),
                delta,
                -torch.exp(self.A_logs).view(groups, channels, self.states),
                b,
                c,
                self.Ds.view(groups, channels),
                order=order,
            )
            return y.sum(1).view(shape)


@lru_cache(maxsize=16)
def scan_order(frames: int, joints: int, device: torch.device) -> Tensor:
    """(4, T · J) int64: the places of the flattened (T, J) grid in the order in which each group visits them."""
    with torch.inference_mode(False):  # training may be the next to use what validation made
        rows = torch.arange(frames * joints, device=device)
        columns = rows.view(frames, joints).T.flatten()
        return torch.stack((rows, columns, rows.flip(0), columns.flip(0)))


@lru_cache(maxsize=16)
def time_order(frames: int, joints: int, device: torch.device) -> Tensor:
    """(2, J · T) int64: the places of a flattened (J, T) grid, joint after joint: frames ahead, and frames back."""
    with torch.inference_mode(False):
        ahead = torch.arange(joints * frames, device=device)
        return torch.stack((ahead, ahead.view(joints, frames).flip(1).flatten()))
