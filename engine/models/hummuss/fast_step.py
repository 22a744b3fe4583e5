"""One frame of a causal HumMUSS, fast: what `HumMUSS.step` computes, arranged for a batch of one on a CPU.

A frame of 17 joints is too little for arithmetic to matter: the time goes into reading the weights, which ordinary
linear layers also rearrange in every call, and into hundreds of small operations. So, once for a trained network,

    weights are packed, GELUs fused to the products (`engine.models.packed_linear`);
    the scale and shift of each LayerNorm are put into the layers behind it, so that the two blocks that read a
        layer's input, one along joints and one along time, share one normalisation and one product;
    the recurrences along joints become products with the taps of their kernels;
    those along time keep their discretised constants until `rate` changes;
    both are compiled where they can be (`engine.ssm.diagonal_numba`), and tensor operations elsewhere.

`HumMUSS.step` is the reference, and states are its own: a stream may pass from one to the other at any frame.
Shapes: B batch, J joints, D width, G width of a gate, H channels of an SSM, N/2 stored states of a channel.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.hummuss.blocks import BiGDSSM, SpatiotemporalLayer, UniGDSSM
from engine.models.packed_linear import PackedLinear
from engine.ssm import kernels
from engine.ssm.diagonal import DiagonalSSM, complex_expm1

if TYPE_CHECKING:
    from engine.models.hummuss.network import HumMUSS


class StepRunner:
    """`step` of a causal network whose weights change no more.

    dtype bfloat16 holds and multiplies the weights in half the bytes; states and everything between the linear layers
    stay as they are.
    """

    @torch.no_grad()
    def __init__(self, network: HumMUSS, dtype: torch.dtype | None = None) -> None:
        if not network.causal:
            raise ValueError("a bidirectional HumMUSS sees the future and cannot be streamed; use a causal one")
        joints = network.config.joints
        self.embed = PackedLinear.of(network.embed, dtype=dtype)
        self.joint_embedding = network.joint_embedding.clone() if network.config.joint_embedding else None
        self.layers = [_Layer(x, joints, dtype) for x in network.layers if isinstance(x, SpatiotemporalLayer)]
        self.represent = PackedLinear.of(_behind(network.norm, network.represent), dtype=dtype)
        self.head = network.packed_head(dtype)

    @torch.inference_mode()
    def step(self, u: Tensor, state: Sequence[Tensor], rate: float = 1.0) -> tuple[Tensor, list[Tensor]]:
        """u (B, J, 3), state as `HumMUSS.init_state` gives it -> (B, *answers) and the new state."""
        x = self.embed(u)
        if self.joint_embedding is not None:
            x = x + self.joint_embedding
        after: list[Tensor] = []
        for index, layer in enumerate(self.layers):
            x, states = layer(x, state[2 * index : 2 * index + 2], rate)
            after += states
        return self.head(torch.tanh(self.represent(_normalised(x)))), after


class _Layer:
    """`SpatiotemporalLayer.chunk` of one frame."""

    def __init__(self, layer: SpatiotemporalLayer, joints: int, dtype: torch.dtype | None) -> None:
        assert isinstance(layer.st_time, UniGDSSM) and isinstance(layer.ts_time, UniGDSSM)
        self.st_space, self.st_time = _Space(layer.st_space, joints, dtype), _Time(layer.st_time, dtype)
        self.ts_time, self.ts_space = _Time(layer.ts_time, dtype), _Space(layer.ts_space, joints, dtype)
        first = _entry(layer.st_space), _entry(layer.ts_time)
        self.widths = [linear.out_features for linear in first]
        self.enter_both = PackedLinear.of(*first, activation="gelu", dtype=dtype)
        self.enter_st_time = PackedLinear.of(_entry(layer.st_time), activation="gelu", dtype=dtype)
        self.enter_ts_space = PackedLinear.of(_entry(layer.ts_space), activation="gelu", dtype=dtype)
        # a softmax over two numbers is a sigmoid of their difference
        self.mix_weight = layer.mix.weight[:1] - layer.mix.weight[1:]
        self.mix_bias = layer.mix.bias[:1] - layer.mix.bias[1:]

    def __call__(self, x: Tensor, states: Sequence[Tensor], rate: float) -> tuple[Tensor, list[Tensor]]:
        to_space, to_time = torch.split(self.enter_both(_normalised(x)), self.widths, -1)
        y = self.st_space(x, to_space)
        x_ts, first = self.st_time(y, self.enter_st_time(_normalised(y)), states[0], rate)
        y, second = self.ts_time(x, to_time, states[1], rate)
        x_st = self.ts_space(y, self.enter_ts_space(_normalised(y)))
        weight = torch.sigmoid(F.linear(torch.cat([x_st, x_ts], -1), self.mix_weight, self.mix_bias))
        return torch.lerp(x_ts, x_st, weight), [first, second]


class _Space:
    """`BiGDSSM` along the joints; entry (B, J, G + 2H) is its gate and the inputs of its SSMs, GELU applied."""

    def __init__(self, block: BiGDSSM, joints: int, dtype: torch.dtype | None) -> None:
        self.widths = [block.identity.out_features, 2 * block.forward_ssm.channels]
        self.mixing = _Mixing(block.forward_ssm, block.backward_ssm, joints)
        self.forward_out = PackedLinear.of(block.forward_out, dtype=dtype)
        self.backward_out = PackedLinear.of(block.backward_out, dtype=dtype)
        self.combine = PackedLinear.of(block.combine, activation="gelu", dtype=dtype)
        self.out = PackedLinear.of(block.out, dtype=dtype)

    def __call__(self, x: Tensor, entry: Tensor) -> Tensor:
        gate, u = torch.split(entry, self.widths, -1)
        y_f, y_b = self.mixing(u).chunk(2, -1)
        return x + self.out(self.combine(self.forward_out(y_f) * self.backward_out(y_b)) * gate)


class _Time:
    """`UniGDSSM` for one frame; entry (B, J, G + H) is its gate and the input of its SSM, GELU applied."""

    def __init__(self, block: UniGDSSM, dtype: torch.dtype | None) -> None:
        self.widths = [block.identity.out_features, block.ssm.channels]
        self.ssm = _Recurrence(block.ssm)
        self.forward_out = PackedLinear.of(block.forward_out, dtype=dtype)
        self.out = PackedLinear.of(block.out, dtype=dtype)

    def __call__(self, x: Tensor, entry: Tensor, state: Tensor, rate: float) -> tuple[Tensor, Tensor]:
        gate, u = torch.split(entry, self.widths, -1)
        y, state = self.ssm.step(u.flatten(0, 1), state, rate)
        return x + self.out(self.forward_out(y.view(u.shape)) * gate), state


class _Mixing:
    """Both SSMs along the joints, (B, J, 2H) -> (B, J, 2H): the first half forwards, the other backwards."""

    def __init__(self, ahead: DiagonalSSM, back: DiagonalSSM, joints: int) -> None:
        self.compiled = _compiled(ahead)
        taps = [ssm.toeplitz(joints)[:, :, 0] for ssm in (ahead, back)]
        if self.compiled:
            self.weights = torch.cat(taps).T.contiguous()
        else:  # (J, J, 2H) weight of joint J-1-i in joint j: the Toeplitz matrices, as a view of their (2J-1, 2H) taps
            forwards, backwards = (F.pad(t, (joints - 1, 0)) for t in taps)
            both = torch.cat([forwards, backwards.flip(1)]).T.contiguous()
            self.weights = both.unfold(0, joints, 1).transpose(1, 2)

    def __call__(self, u: Tensor) -> Tensor:
        if self.compiled:
            y: Tensor = self.compiled.convolve_both_ways(u, self.weights)
            return y
        return (self.weights * u.flip(1)[:, None]).sum(2)


class _Recurrence:
    """`DiagonalSSM.step` with its constants kept, and complex numbers only where two of them meet."""

    def __init__(self, ssm: DiagonalSSM) -> None:
        self.compiled = _compiled(ssm)
        self.poles = ssm.poles()
        self.exponent = self.poles * torch.exp(ssm.log_step)[:, None]
        # Re(c s) is the product of the pairs (re, im) of conj(c) and s
        self.readout = torch.view_as_real(2 * ssm.readout().conj().resolve_conj()).flatten(1)
        self.skip = ssm.skip.clone()
        self.rate = 0.0

    def step(self, u: Tensor, state: Tensor, rate: float) -> tuple[Tensor, Tensor]:
        """u (S, H) of S sequences, state (S, H, N/2) -> the same."""
        if rate != self.rate:
            growth = complex_expm1(self.exponent * rate)
            self.decay, self.gain = growth + 1, torch.view_as_real(growth / self.poles).flatten(1)
            self.rate = rate
        if self.compiled:
            done: tuple[Tensor, Tensor] = self.compiled.step(u, state, self.decay, self.gain, self.readout, self.skip)
            return done
        inflow = (self.gain * u[..., None]).view(*state.shape, 2)
        state = torch.view_as_complex(inflow).addcmul_(self.decay, state)
        y = (torch.view_as_real(state).flatten(-2) * self.readout).sum(-1)
        return y.addcmul_(self.skip, u), state


def _compiled(ssm: DiagonalSSM) -> ModuleType | None:
    """The compiled frame of a diagonal SSM, where there is one for its type of number."""
    if kernels.choose("Diagonal step", ssm.skip) == "numba":
        from engine.ssm import diagonal_numba  # compiles, so only when it is needed

        return diagonal_numba
    return None


def _entry(block: BiGDSSM | UniGDSSM) -> nn.Linear:
    """Every linear layer that reads the block's normalised input: gate first."""
    layers = [block.identity, block.forward_in]
    if isinstance(block, BiGDSSM):
        layers.append(block.backward_in)
    return _behind(block.norm, *layers)


def _behind(norm: nn.LayerNorm, *layers: nn.Linear) -> nn.Linear:
    """The layers as one, of what `norm` would give without its scale and shift."""
    weight = torch.cat([layer.weight for layer in layers])
    joined = nn.Linear(weight.shape[1], weight.shape[0], device=weight.device, dtype=weight.dtype)
    joined.weight.copy_(weight * norm.weight)
    joined.bias.copy_(torch.cat([layer.bias for layer in layers]) + weight @ norm.bias)
    return joined


def _normalised(x: Tensor) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], eps=1e-6)
