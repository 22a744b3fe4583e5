"""The Mamba-1 and Mamba-2 blocks: projection, causal convolution, selective SSM, gate, projection.

    Mamba-1   Gu & Dao 2023, figure 3: a step Δ and a decay per channel and state     (`selective.py`)
    Mamba-2   Dao & Gu 2024, figure 6: a step and a decay per head                    (`ssd.py`)

Parameters are named, shaped and initialised as in the package mamba-ssm, whose checkpoints load. Both blocks map
(B, L, d) to (B, L, d), whole or streamed:

    forward    whole sequence from a zero state
    chunk      a piece of a sequence, state carried in and out
    step       one frame

`rate` is the elapsed time in units of the training step, a float or an (L,) tensor with the time before each frame. It
multiplies Δ after the softplus: Δ' = rate · Δ. That is an experiment, not an invariance: the decay follows it exactly,
the input's factor Δ B is only the first order of a zero-order hold, and the convolution's taps stay one frame apart
whatever the rate (specification ssm.md, section 3.3).

Shapes: B batch, L length, d width, E = expand · d inner width, K taps, N states, R rank of Mamba-1's Δ; of Mamba-2 H
heads of width P = E / H, and G groups of heads that share B and C.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.ssm import fused, kernels
from engine.ssm.diagonal import Rate
from engine.ssm.selective import selective_scan, selective_step
from engine.ssm.ssd import CHUNK, ssd, ssd_step
from engine.ssm.step_bias import step_bias

Scanned = tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]
"""x, Δ, A, B, C, D of a selective SSM."""


class MambaState(NamedTuple):
    """What a stream remembers.

    window (B, K-1, channels)   the convolution's last inputs, the newest last
    ssm (B, E, N) or (B, H, P, N)   the SSM's state, float32 (float64 in a float64 block)
    """

    window: Tensor
    ssm: Tensor


class Mamba1Block(nn.Module):
    """Mamba-1 (S6): 2dE + E(K + 1) + E(R + 2N) + E(R + 1) + EN + E + Ed parameters.

    in_proj.weight (2E, d)   conv1d.weight (E, 1, K), .bias (E)   x_proj.weight (R + 2N, E)
    dt_proj.weight (E, R), .bias (E)   A_log (E, N)   D (E)   out_proj.weight (d, E)

    Initialisation: A = -(1 .. N), D = 1, Δ log-uniform in [step_min, step_max] for a zero input, dt_proj.weight uniform
    within R^-1/2. rank None is ⌈d / 16⌉. A_log, D and dt_proj.bias want no weight decay.
    """

    def __init__(
        self,
        width: int,
        *,
        states: int = 16,
        taps: int = 4,
        expand: int = 2,
        rank: int | None = None,
        step_min: float = 1e-3,
        step_max: float = 1e-1,
    ) -> None:
        super().__init__()
        inner = expand * width
        self.rank = math.ceil(width / 16) if rank is None else rank
        self.states = states
        self.in_proj = nn.Linear(width, 2 * inner, bias=False)
        self.conv1d = CausalConvolution(inner, taps)
        self.x_proj = nn.Linear(inner, self.rank + 2 * states, bias=False)
        self.dt_proj = nn.Linear(self.rank, inner)
        nn.init.uniform_(self.dt_proj.weight, -(self.rank**-0.5), self.rank**-0.5)
        with torch.no_grad():
            self.dt_proj.bias.copy_(step_bias(inner, step_min=step_min, step_max=step_max))
        self.A_log = nn.Parameter(torch.log(torch.arange(1.0, states + 1)).repeat(inner, 1))
        self.D = nn.Parameter(torch.ones(inner))
        self.out_proj = nn.Linear(inner, width, bias=False)

    def forward(self, u: Tensor, rate: Rate = 1.0) -> Tensor:
        """u (B, L, d) -> (B, L, d). rate: float, or (L,)."""
        gate, _, scanned = self._projected(u, self.conv1d.zero_window(len(u)), rate)
        return self._gated(selective_scan(*scanned)[:, 0], gate)

    def init_state(self, batch: int) -> MambaState:
        """Nothing seen yet."""
        return MambaState(self.conv1d.zero_window(batch), self.A_log.new_zeros(batch, *self.A_log.shape))

    def chunk(self, u: Tensor, state: MambaState, rate: Rate = 1.0) -> tuple[Tensor, MambaState]:
        """A piece of a sequence, u (B, L, d) -> (B, L, d), and the state after it. rate: float, or (L,)."""
        gate, window, scanned = self._projected(u, state.window, rate)
        y, ssm = selective_scan(*scanned, state=state.ssm[:, None], return_state=True)
        return self._gated(y[:, 0], gate), MambaState(window, ssm[:, 0])

    def step(self, u: Tensor, state: MambaState, rate: Rate = 1.0) -> tuple[Tensor, MambaState]:
        """One frame: u (B, d) -> (B, d), and the state after it. rate: time since the last frame."""
        gate, window, (x, delta, A, B, C, D) = self._projected(u[:, None], state.window, rate)
        advance = fused.selective_step if _fused_step(x) else selective_step
        with torch.autocast(u.device.type, enabled=False):
            x, delta, B, C = (part[:, 0, 0].to(A.dtype) for part in (x, delta, B, C))
            y, ssm = advance(x, delta, A[0], B, C, D[0], state.ssm)
        return self._gated(y[:, None], gate)[:, 0], MambaState(window, ssm)

    def _projected(self, u: Tensor, window: Tensor, rate: Rate) -> tuple[Tensor, Tensor, Scanned]:
        """The gate (B, L, E), the convolution's next window, and what `selective_scan` takes, in one group."""
        x, gate = self.in_proj(u).chunk(2, -1)
        x, window = self.conv1d(x, window)
        x = F.silu(x)
        low_rank, B, C = torch.split(self.x_proj(x), [self.rank, self.states, self.states], -1)
        with torch.autocast(u.device.type, enabled=False):  # what sets the pace is float32
            delta = paced(F.softplus(self.dt_proj(low_rank.to(self.A_log.dtype))), rate)
            A = -torch.exp(self.A_log)
        return gate, window, (x[:, None], delta[:, None], A[None], B[:, None], C[:, None], self.D[None])

    def _gated(self, y: Tensor, gate: Tensor) -> Tensor:
        return self.out_proj(y.to(gate.dtype) * F.silu(gate))


class Mamba2Block(nn.Module):
    """Mamba-2 (SSD): d(2E + 2GN + H) + (E + 2GN)(K + 1) + 3H + E + Ed parameters.

    in_proj.weight (2E + 2GN + H, d), rows in the order gate, x, B, C, Δ   conv1d.weight (E + 2GN, 1, K), .bias
    dt_bias, A_log, D (H)   norm.weight (E)   out_proj.weight (d, E)

    Initialisation: -A uniform in [1, 16], D = 1, Δ log-uniform in [step_min, step_max] for a zero input. A_log, D and
    dt_bias want no weight decay. `chunk_length` is SSD's Q and changes nothing but the speed.

    Raises ValueError if the inner width does not divide into heads, or the heads into groups.
    """

    def __init__(
        self,
        width: int,
        *,
        states: int = 128,
        head_width: int = 64,
        groups: int = 1,
        taps: int = 4,
        expand: int = 2,
        step_min: float = 1e-3,
        step_max: float = 1e-1,
        chunk_length: int = CHUNK,
    ) -> None:
        super().__init__()
        inner = expand * width
        heads = inner // head_width
        if heads * head_width != inner or heads % groups:
            raise ValueError(f"{inner} channels do not make {groups} groups of heads of {head_width}")
        self.inner, self.states, self.head_width, self.groups = inner, states, head_width, groups
        self.chunk_length = chunk_length
        self.in_proj = nn.Linear(width, 2 * inner + 2 * groups * states + heads, bias=False)
        self.conv1d = CausalConvolution(inner + 2 * groups * states, taps)
        self.dt_bias = nn.Parameter(step_bias(heads, step_min=step_min, step_max=step_max))
        self.A_log = nn.Parameter(torch.log(torch.empty(heads).uniform_(1, 16)))
        self.D = nn.Parameter(torch.ones(heads))
        self.norm = GatedRMSNorm(inner, groups)
        self.out_proj = nn.Linear(inner, width, bias=False)

    @property
    def macs_per_place(self) -> int:
        """Decay, input and readout of every state; and the skip."""
        return self.inner * (3 * self.states + 1)

    def forward(self, u: Tensor, rate: Rate = 1.0) -> Tensor:
        """u (B, L, d) -> (B, L, d). rate: float, or (L,)."""
        gate, _, scanned = self._projected(u, self.conv1d.zero_window(len(u)), rate)
        return self._gated(ssd(*scanned, chunk=self.chunk_length), gate)

    def init_state(self, batch: int) -> MambaState:
        """Nothing seen yet."""
        ssm = self.A_log.new_zeros(batch, len(self.A_log), self.head_width, self.states)
        return MambaState(self.conv1d.zero_window(batch), ssm)

    def chunk(self, u: Tensor, state: MambaState, rate: Rate = 1.0) -> tuple[Tensor, MambaState]:
        """A piece of a sequence, u (B, L, d) -> (B, L, d), and the state after it. rate: float, or (L,)."""
        gate, window, scanned = self._projected(u, state.window, rate)
        y, ssm = ssd(*scanned, state=state.ssm, return_state=True, chunk=self.chunk_length)
        return self._gated(y, gate), MambaState(window, ssm)

    def step(self, u: Tensor, state: MambaState, rate: Rate = 1.0) -> tuple[Tensor, MambaState]:
        """One frame: u (B, d) -> (B, d), and the state after it. rate: time since the last frame."""
        gate, window, (x, dt, A, B, C, D) = self._projected(u[:, None], state.window, rate)
        advance = fused.ssd_step if _fused_step(x) else ssd_step
        with torch.autocast(u.device.type, enabled=False):
            x, dt, B, C = (part[:, 0].to(A.dtype) for part in (x, dt, B, C))
            y, ssm = advance(x, dt, A, B, C, D, state.ssm)
        return self._gated(y[:, None], gate)[:, 0], MambaState(window, ssm)

    def _projected(self, u: Tensor, window: Tensor, rate: Rate) -> tuple[Tensor, Tensor, Scanned]:
        """The gate (B, L, E), the convolution's next window, and what `ssd` takes."""
        shared = self.groups * self.states
        gate, mixed, dt = torch.split(self.in_proj(u), [self.inner, self.inner + 2 * shared, len(self.D)], -1)
        mixed, window = self.conv1d(mixed, window)
        x, B, C = torch.split(F.silu(mixed), [self.inner, shared, shared], -1)
        with torch.autocast(u.device.type, enabled=False):  # what sets the pace is float32
            dt = paced(F.softplus(dt.to(self.dt_bias.dtype) + self.dt_bias), rate)
            A = -torch.exp(self.A_log)
        x = torch.unflatten(x, -1, (-1, self.head_width))
        B, C = (torch.unflatten(part, -1, (self.groups, -1)) for part in (B, C))
        return gate, window, (x, dt, A, B, C, self.D)

    def _gated(self, y: Tensor, gate: Tensor) -> Tensor:
        return self.out_proj(self.norm(y.flatten(2), gate))


class CausalConvolution(nn.Conv1d):
    """Depth-wise over the last K frames: (B, L, channels) and the window before it -> the same shapes.

    Its taps are frames, not seconds: no rate reaches it.
    """

    def __init__(self, channels: int, taps: int) -> None:
        super().__init__(channels, channels, taps, groups=channels)

    def zero_window(self, batch: int) -> Tensor:
        """(B, K-1, channels)"""
        return self.weight.new_zeros(batch, self.kernel_size[0] - 1, self.in_channels)

    def forward(self, x: Tensor, window: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        x = torch.cat([window.to(x.dtype), x], 1)
        rest = x[:, x.shape[1] - window.shape[1] :].clone()  # a view would keep the whole chunk in memory
        if x.shape[1] == self.kernel_size[0]:  # one frame: calling the convolution takes longer than this
            assert self.bias is not None
            return (x * self.weight[:, 0].T).sum(1, keepdim=True) + self.bias, rest
        return super().forward(x.transpose(1, 2)).transpose(1, 2), rest


class GatedRMSNorm(nn.Module):
    """y · SiLU(gate), divided by its root mean square within each of the groups, times a weight; in float32."""

    def __init__(self, channels: int, groups: int = 1) -> None:
        super().__init__()
        self.groups = groups
        self.weight = nn.Parameter(torch.ones(channels))

    def forward(self, y: Tensor, gate: Tensor) -> Tensor:
        with torch.autocast(y.device.type, enabled=False):
            wide = self.weight.dtype
            gated = torch.unflatten(y.to(wide) * F.silu(gate.to(wide)), -1, (self.groups, -1))
            normal = gated * torch.rsqrt(gated.square().mean(-1, keepdim=True) + 1e-5)
            return (normal.flatten(-2) * self.weight).to(gate.dtype)


def paced(delta: Tensor, rate: Rate) -> Tensor:
    """(B, L, ·) times the rate: a number, or one per position."""
    if isinstance(rate, Tensor) and rate.ndim:
        rate = rate.to(delta)[:, None]
    return delta * rate


def _fused_step(x: Tensor) -> bool:
    """mamba-ssm's single step has no gradient."""
    without: kernels.Path | None = "mamba-ssm" if torch.is_grad_enabled() else None
    return kernels.choose("Single step", x, without=without) == "mamba-ssm"
