"""The blocks of HumMUSS: gated diagonal SSMs along frames and along joints, and the layer that mixes both.

Shapes: B batch, F frames, J joints, D width.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.hummuss.config import HumMUSSConfig
from engine.models.hummuss.mixing import (
    JOINTS,
    TIME,
    channels_first,
    channels_last,
    in_pieces,
    one_way_ssm,
    two_way_ssm,
)
from engine.models.network import Axis, SSMLayer
from engine.ssm.diagonal import DiagonalSSM, Rate, irregular
from engine.ssm.inspect import state_norms


class BiGDSSM(nn.Module):
    """Bidirectional gated DSSM block (paper, section 4.1) along one axis of (F, B, J, D)."""

    def __init__(self, width: int, expansion: int, k: int, states: int, axis: int, step: tuple[float, float]) -> None:
        super().__init__()
        inner, gate = width // k, expansion * width
        self.axis = axis
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.identity = nn.Linear(width, gate)  # W_id
        self.forward_in, self.forward_out = nn.Linear(width, inner), nn.Linear(inner, width)  # W_f1, W_f2
        self.backward_in, self.backward_out = nn.Linear(width, inner), nn.Linear(inner, width)  # W_b1, W_b2
        self.combine = nn.Linear(width, gate)  # W_cb
        self.out = nn.Linear(gate, width)  # W_out
        self.forward_ssm = DiagonalSSM(inner, states, step_min=step[0], step_max=step[1])
        self.backward_ssm = DiagonalSSM(inner, states, step_min=step[0], step_max=step[1])

    def forward(self, x: Tensor, rate: Rate = 1.0) -> Tensor:
        return in_pieces(lambda piece: self._gated(piece, rate), x, axis=JOINTS if self.axis == TIME else TIME)

    def ssm_layers(self, path: str, title: str) -> list[SSMLayer]:
        axis: Axis = "time" if self.axis == TIME else "joints"
        ways = (("forward_ssm", "forwards"), ("backward_ssm", "backwards"))
        return [SSMLayer(f"{title} · {way}", path, name, axis) for name, way in ways]

    def watch(self, ssm: str | int, x: Tensor, rate: Rate = 1.0) -> Tensor:
        """(1, F, J) norms of the state over x (F, 1, J, D); the backward SSM's: of what it knows of later frames."""
        if ssm == "forward_ssm":
            return _watched(self.forward_ssm, channels_first(self.norm(x), self.forward_in), rate)
        later = torch.cat([rate[1:], rate[:1]]).flip(0) if irregular(rate) else rate
        return _watched(self.backward_ssm, channels_first(self.norm(x), self.backward_in).flip(1), later).flip(1)

    def _gated(self, x: Tensor, rate: Rate) -> Tensor:
        xn = self.norm(x)
        u = F.gelu(channels_first(xn, self.forward_in, self.backward_in))
        y_f, y_b = two_way_ssm(self.forward_ssm, self.backward_ssm, u, self.axis, rate)
        x_cb = F.gelu(self.combine(channels_last(y_f, self.forward_out) * channels_last(y_b, self.backward_out)))
        return x + self.out(x_cb * F.gelu(self.identity(xn)))


class UniGDSSM(nn.Module):
    """Unidirectional (causal) gated DSSM block (paper, section 4.2) along the frames of (F, B, J, D).

    W_f2 is H x nD: the printed x_f is D wide, which its product with the nD wide gate does not allow.
    """

    def __init__(self, width: int, expansion: int, k: int, states: int, step: tuple[float, float]) -> None:
        super().__init__()
        inner, gate = width // k, expansion * width
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.identity = nn.Linear(width, gate)  # W_id
        self.forward_in, self.forward_out = nn.Linear(width, inner), nn.Linear(inner, gate)  # W_f1, W_f2
        self.out = nn.Linear(gate, width)  # W_out
        self.ssm = DiagonalSSM(inner, states, step_min=step[0], step_max=step[1])

    def forward(self, x: Tensor, rate: Rate = 1.0) -> Tensor:
        def whole(piece: Tensor) -> Tensor:
            return self._gated(piece, lambda u: one_way_ssm(self.ssm, u, rate))

        return in_pieces(whole, x, axis=JOINTS)

    def ssm_layers(self, path: str, title: str) -> list[SSMLayer]:
        return [SSMLayer(title, path, "ssm", "time")]

    def watch(self, ssm: str | int, x: Tensor, rate: Rate = 1.0) -> Tensor:
        """(1, F, J) norms of the state over x (F, 1, J, D)."""
        return _watched(self.ssm, channels_first(self.norm(x), self.forward_in), rate)

    def init_state(self, batch: int, joints: int) -> Tensor:
        """(B * J, H, N/2) complex zeros."""
        return self.ssm.initial_state(batch * joints)

    def chunk(self, x: Tensor, state: Tensor, rate: Rate) -> tuple[Tensor, Tensor]:
        """x (F, B, J, D) and the carried state -> the same."""
        after = state

        def carry(u: Tensor) -> Tensor:
            nonlocal after
            sequences = u.flatten(2).permute(2, 1, 0)  # (B * J, F, H)
            if sequences.shape[1] == 1:
                gap = rate[0] if isinstance(rate, Tensor) and rate.ndim else rate
                y, after = self.ssm.step(sequences[:, 0], state, gap)
                y = y[:, None]
            else:
                y, after = self.ssm.chunk(sequences, state, rate)
            return y.permute(2, 1, 0).reshape(u.shape)

        return self._gated(x, carry), after

    def _gated(self, x: Tensor, temporal: Callable[[Tensor], Tensor]) -> Tensor:
        xn = self.norm(x)
        y = temporal(F.gelu(channels_first(xn, self.forward_in)))
        return x + self.out(channels_last(y, self.forward_out) * F.gelu(self.identity(xn)))


class SpatiotemporalLayer(nn.Module):
    """Two streams over the same input, space-then-time and time-then-space, mixed per token (section 4.3)."""

    def __init__(self, config: HumMUSSConfig) -> None:
        super().__init__()
        width = config.width

        def space() -> BiGDSSM:
            return BiGDSSM(width, config.expansion, config.k_space, config.states, JOINTS, config.space_step)

        def time() -> BiGDSSM | UniGDSSM:
            if config.causal:
                return UniGDSSM(width, config.expansion, config.k_time, config.states, config.time_step)
            return BiGDSSM(width, config.expansion, config.k_time, config.states, TIME, config.time_step)

        self.st_space, self.st_time = space(), time()
        self.ts_time, self.ts_space = time(), space()
        self.mix = nn.Linear(2 * width, 2)  # equal mixing at the start, as in DSTformer
        nn.init.zeros_(self.mix.weight)
        nn.init.constant_(self.mix.bias, 0.5)

    def forward(self, x: Tensor, rate: Rate = 1.0) -> Tensor:
        x_ts = self.st_time(self.st_space(x), rate)
        x_st = self.ts_space(self.ts_time(x, rate))
        return in_pieces(self._mixed, x_st, x_ts, axis=TIME)

    def ssm_layers(self, path: str, title: str) -> list[SSMLayer]:
        """Those of the four blocks, in the order of their parameters."""
        blocks = {
            "st_space": (self.st_space, "joints, first"),
            "st_time": (self.st_time, "time, after the joints"),
            "ts_time": (self.ts_time, "time, first"),
            "ts_space": (self.ts_space, "joints, after time"),
        }
        return [
            layer
            for name, (block, place) in blocks.items()
            for layer in block.ssm_layers(f"{path}.{name}", f"{title} · {place}")
        ]

    def init_states(self, batch: int, joints: int) -> list[Tensor]:
        """Zero states of st_time and ts_time, causal layers only."""
        assert isinstance(self.st_time, UniGDSSM) and isinstance(self.ts_time, UniGDSSM)
        return [self.st_time.init_state(batch, joints), self.ts_time.init_state(batch, joints)]

    def chunk(self, x: Tensor, states: list[Tensor], rate: Rate) -> tuple[Tensor, list[Tensor]]:
        """x (F, B, J, D); causal layers only: states are those of st_time and ts_time."""
        assert isinstance(self.st_time, UniGDSSM) and isinstance(self.ts_time, UniGDSSM)
        x_ts, first = self.st_time.chunk(self.st_space(x), states[0], rate)
        y, second = self.ts_time.chunk(x, states[1], rate)
        return self._mixed(self.ts_space(y), x_ts), [first, second]

    def _mixed(self, x_st: Tensor, x_ts: Tensor) -> Tensor:
        weight = torch.softmax(self.mix(torch.cat([x_st, x_ts], -1)), -1)
        return weight[..., :1] * x_st + weight[..., 1:] * x_ts


def _watched(ssm: DiagonalSSM, entry: Tensor, rate: Rate) -> Tensor:
    """(1, F, J) norms of the state over the channel-first entry (H, F, 1, J), before its GELU."""
    u = F.gelu(entry).flatten(2).permute(2, 1, 0)  # (J, F, H)
    return torch.from_numpy(state_norms(ssm, u, rate)).T[None]
