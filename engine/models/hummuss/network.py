"""HumMUSS: human motion understanding with gated diagonal SSM blocks (CVPR 2024, arXiv 2404.10880).

The paper fixes the layer structure (sections 4.1 to 4.3) and "about 16 M parameters"; widths, depth, state size and
initialisation are not published. The presets in `engine.models.presets` are the specification's reconstruction
(hummuss.md, sections 3 and 9): biases in every linear, one LayerNorm per block (eps 1e-6), no dropout, S4D-Lin
initialisation, and LN + linear + tanh before the head as in DSTformer.

Shapes: B batch, F frames, J joints, D width. The temporal SSMs follow `rate` (Δ' = rate · Δ); the spatial ones do
not: joints have no time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.ssm.diagonal import TOEPLITZ_LIMIT, DiagonalSSM, Rate, by_matrix, irregular

TIME, JOINTS = 0, 2
"""Axes of (F, B, J, D) along which a block's SSM runs.

Inside the network frames come first and an SSM's input is held channel-first, (H, F, B, J): then both the temporal
and the spatial recurrence are batched matrix products over contiguous memory, without a single transposing copy."""


@dataclass(frozen=True)
class HumMUSSConfig:
    """Sizes of one HumMUSS network.

    width D; depth in layers; expansion n of the gates; width/k channels in the SSMs of the spatial (k_space) and
    temporal (k_time) blocks; states N per channel; causal replaces the temporal blocks by unidirectional ones.
    joint_embedding adds a learned vector per joint (not in the paper, ambiguity A4; the small presets use it).
    space_step is the initial range of Δ on the joint axis.
    """

    width: int = 256
    depth: int = 5
    expansion: int = 3
    k_space: int = 1
    k_time: int = 2
    states: int = 16
    causal: bool = False
    representation: int = 512
    joints: int = 17
    joint_embedding: bool = False
    space_step: tuple[float, float] = (1e-3, 1e-1)
    time_step: tuple[float, float] = (1e-3, 1e-1)


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
        return self._gated(x, lambda u: one_way_ssm(self.ssm, u, rate))

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
        return self._mixed(x_st, x_ts)

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


class HumMUSS(nn.Module):
    """The lifting network: (B, F, J, 3) = (x, y, confidence) -> (B, F, J, 3) root-relative positions."""

    def __init__(self, config: HumMUSSConfig) -> None:
        super().__init__()
        self.config = config
        self.embed = nn.Linear(3, config.width)
        if config.joint_embedding:
            self.joint_embedding = nn.Parameter(0.02 * torch.randn(config.joints, config.width))
        self.layers = nn.ModuleList(SpatiotemporalLayer(config) for _ in range(config.depth))
        self.norm = nn.LayerNorm(config.width, eps=1e-6)
        self.represent = nn.Linear(config.width, config.representation)
        self.head = nn.Linear(config.representation, 3)

    @property
    def causal(self) -> bool:
        return self.config.causal

    def forward(self, u: Tensor, rate: Rate = 1.0, *, return_representation: bool = False) -> Tensor:
        """u (B, F, J, 3) -> (B, F, J, 3), or (B, F, J, representation).

        rate: a float, or (F,) elapsed time before each frame in units of the trained frame period.
        """
        x = self._embedded(u)
        for layer in self.layers:
            x = layer(x, rate)
        return self._read(x, return_representation)

    def init_state(self, batch: int = 1) -> list[Tensor]:
        """Zero states of every temporal SSM, two per layer, each (B * J, H, N/2) complex."""
        self._require_causal()
        return [state for layer in self._layers() for state in layer.init_states(batch, self.config.joints)]

    def chunk(self, u: Tensor, state: list[Tensor], rate: Rate = 1.0) -> tuple[Tensor, list[Tensor]]:
        """Some frames u (B, F, J, 3) after those that led to `state` -> (B, F, J, 3) and the new state."""
        self._require_causal()
        x = self._embedded(u)
        carried: list[Tensor] = []
        for index, layer in enumerate(self._layers()):
            x, states = layer.chunk(x, state[2 * index : 2 * index + 2], rate)
            carried += states
        return self._read(x, False), carried

    def step(self, u_t: Tensor, state: list[Tensor], rate: Rate = 1.0) -> tuple[Tensor, list[Tensor]]:
        """One frame u_t (B, J, 3) -> (B, J, 3) and the new state."""
        y, state = self.chunk(u_t[:, None], state, rate)
        return y[:, 0], state

    def _layers(self) -> list[SpatiotemporalLayer]:
        return [layer for layer in self.layers if isinstance(layer, SpatiotemporalLayer)]

    def _embedded(self, u: Tensor) -> Tensor:
        x = self.embed(u.transpose(0, 1))
        return x + self.joint_embedding if self.config.joint_embedding else x

    def _read(self, x: Tensor, return_representation: bool) -> Tensor:
        representation = torch.tanh(self.represent(self.norm(x)))
        out = representation if return_representation else self.head(representation)
        return out.transpose(0, 1)

    def _require_causal(self) -> None:
        if not self.causal:
            raise ValueError("a bidirectional HumMUSS sees the future and cannot be streamed; use a causal one")


def channels_first(x: Tensor, *layers: nn.Linear) -> Tensor:
    """Linear layers of one input, outputs stacked channel-first: (F, B, J, D) -> (sum of widths, F, B, J)."""
    weight = torch.cat([layer.weight for layer in layers])
    bias = torch.cat([layer.bias for layer in layers])
    return torch.addmm(bias[:, None], weight, x.flatten(0, 2).T).view(-1, *x.shape[:3])


def channels_last(y: Tensor, layer: nn.Linear) -> Tensor:
    """A linear layer of a channel-first input: (H, F, B, J) -> (F, B, J, D)."""
    return torch.addmm(layer.bias, y.flatten(1).T, layer.weight.T).view(*y.shape[1:], -1)


def one_way_ssm(ssm: DiagonalSSM, u: Tensor, rate: Rate) -> Tensor:
    """A causal SSM along the frames of a channel-first u: (H, F, B, J) -> (H, F, B, J)."""
    if by_matrix(u.shape[1], rate):
        return torch.bmm(ssm.matrix(u.shape[1], rate), u.flatten(2)).view(u.shape)
    return ssm(u.flatten(2).permute(2, 1, 0), rate).permute(2, 1, 0).reshape(u.shape)


def two_way_ssm(
    forward_ssm: DiagonalSSM, backward_ssm: DiagonalSSM, u: Tensor, axis: int, rate: Rate
) -> tuple[Tensor, Tensor]:
    """One SSM forwards over the first half of u's channels and one backwards over the second, along `axis`.

    u (2H, F, B, J) -> two (H, F, B, J). The backward SSM reads the reversed sequence (for irregular sampling with
    the gap *after* each frame: specification ssm.md, section 1.5; the missing last gap is taken as the first one).
    """
    half, length = len(u) // 2, u.shape[axis + 1]
    later = torch.cat([rate[1:], rate[:1]]).flip(0) if irregular(rate) else rate
    if by_matrix(length, rate):
        ahead, back = forward_ssm.matrix(length, rate), backward_ssm.matrix(length, later)
        # both directions in one batched product; flip · T · flip is the transpose of a Toeplitz matrix
        mixing = torch.cat([ahead, back.flip(1, 2) if irregular(rate) else back.transpose(1, 2)])
        if axis == TIME:
            y = torch.bmm(mixing, u.flatten(2))
        else:
            y = torch.bmm(u.flatten(1, 2), mixing.transpose(1, 2))
        y = y.view(u.shape)
        return y[:half], y[half:]
    if axis != TIME:
        raise ValueError(f"{length} joints exceed {TOEPLITZ_LIMIT}")
    ahead = one_way_ssm(forward_ssm, u[:half], rate)
    back = one_way_ssm(backward_ssm, u[half:].flip(1), later).flip(1)
    return ahead, back
