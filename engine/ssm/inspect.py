"""A look inside SSMs: how long one remembers, what its kernels look like, how full its state is, which Δ it takes.

A channel of a diagonal SSM is the continuous system  x' = λ x + u,  y = 2 Re Σ C x  with the kernel

    K(t) = 2 Re Σ_n C_n exp(λ_n t)                                            (HumMUSS, section 3)

read with the step Δ: one frame of the input is Δ of its time, and Δ · rate where the rate follows the sampling. So
every length here is in frames of the input; times the input's frame period it is seconds. Results are float64.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from engine.ssm.cross_scan import CrossScan
from engine.ssm.diagonal import DiagonalSSM, Rate, complex_expm1
from engine.ssm.mamba import Mamba2Block, paced

Float = NDArray[np.float64]

HORIZON = 0.95
"""Share of a kernel's energy that lies within its memory horizon."""
HALVINGS = 50
QUANTILES = (0.1, 0.5, 0.9)
"""Of the Δ that a selective SSM chooses, over joints and channels."""


def steps(ssm: DiagonalSSM, rate: float = 1.0) -> Float:
    """(H,) Δ of every channel times `rate`."""
    return rate * np.exp(_numpy(ssm.log_step))


def time_constants(ssm: DiagonalSSM, rate: float = 1.0) -> Float:
    """(H, N/2) frames after which a mode has decayed to 1/e: 1 / (-Re λ Δ rate)."""
    return np.asarray(-1.0 / (_poles(ssm).real * steps(ssm, rate)[:, None]))


def kernels(ssm: DiagonalSSM, lags: Float, channels: Sequence[int], rate: float = 1.0) -> Float:
    """(len(channels), len(lags)) kernels as zero-order hold applies them: the mean of K over a frame.

    lags are whole frames (the frame that lies so far back). Multiplied by Δ · rate this is `DiagonalSSM.kernel`.
    """
    chosen = list(channels)
    step = steps(ssm, rate)[chosen, None]
    exponent = _poles(ssm)[chosen] * step
    weight = _readout(ssm)[chosen] * complex_expm1(torch.from_numpy(exponent)).numpy() / exponent
    return np.asarray(2 * np.einsum("hn,hnl->hl", weight, np.exp(exponent[..., None] * lags)).real)


def memory_horizons(ssm: DiagonalSSM, rate: float = 1.0, share: float = HORIZON) -> Float:
    """(H,) frames within which `share` (between 0 and 1) of a channel's ∫ K² lies.

    The energy beyond t is known in closed form: with v_i = c_i exp(p_i t) over all modes, conjugates included, it is
    -Σ_ij v_i v_j / (p_i + p_j). It falls with t, so that its root is found by bisection.
    """
    poles, readout = _poles(ssm), _readout(ssm)
    poles, readout = np.concatenate([poles, poles.conj()], 1), np.concatenate([readout, readout.conj()], 1)
    pairs = -1.0 / (poles[:, :, None] + poles[:, None, :])

    def beyond(t: Float) -> Float:
        values = readout * np.exp(poles * t[:, None])
        return np.asarray(np.einsum("hi,hij,hj->h", values, pairs, values).real)

    wanted = (1 - share) * beyond(np.zeros(len(poles)))
    near, far = np.zeros(len(poles)), np.log(1 / (1 - share)) / -poles.real.max(1)
    while (outside := beyond(far) > wanted).any():
        far = np.where(outside, 2 * far, far)
    for _ in range(HALVINGS):
        middle = (near + far) / 2
        outside = beyond(middle) > wanted
        near, far = np.where(outside, middle, near), np.where(outside, far, middle)
    return np.asarray(far / steps(ssm, rate))


@torch.no_grad()
def state_norms(ssm: DiagonalSSM, u: Tensor, rate: Rate = 1.0) -> Float:
    """(B, L) Euclidean norm of the whole state, all channels and both halves of the conjugate pairs, over u (B, L, H).

    rate is a float, or (L,) the time before each frame, as in `DiagonalSSM.scan`.
    """
    decay, gain = ssm.discretise(rate)
    by_frame = (decay.unbind(0), gain.unbind(0)) if decay.ndim == 3 else ([decay] * u.shape[1], [gain] * u.shape[1])
    state, norms = ssm.initial_state(len(u)), []
    for decay_k, gain_k, u_k in zip(*by_frame, u.unbind(1), strict=True):
        state = torch.addcmul(gain_k * u_k[..., None], decay_k, state)
        norms.append(torch.view_as_real(state).flatten(1).norm(dim=1))
    return _numpy(2**0.5 * torch.stack(norms, 1))


@torch.no_grad()
def grid_steps(ssm: CrossScan, grid: Tensor, group: int) -> Tensor:
    """(B, T, J, E) Δ that one of the four selective SSMs chooses at every place of its grid (B, T, J, E)."""
    low_rank = F.linear(grid, ssm.x_proj_weight[group, : ssm.rank])
    return F.softplus(F.linear(low_rank, ssm.dt_projs_weight[group], ssm.dt_projs_bias[group]))


def mean_and_quantiles(chosen: Tensor) -> Tensor:
    """(.., n) -> (.., 4): the mean over the last axis, then `QUANTILES`."""
    quantiles = torch.quantile(chosen, torch.tensor(QUANTILES).to(chosen), dim=-1)
    return torch.cat([chosen.mean(-1, keepdim=True), quantiles.movedim(0, -1)], -1)


@torch.no_grad()
def head_steps(block: Mamba2Block, u: Tensor, rate: Rate = 1.0) -> Tensor:
    """(B, L, H) Δ that each head of a Mamba-2 chooses over u (B, L, d), times the rate."""
    chosen = F.linear(u, block.in_proj.weight[-len(block.dt_bias) :])
    return paced(F.softplus(chosen + block.dt_bias), rate)


def _poles(ssm: DiagonalSSM) -> NDArray[np.complex128]:
    return np.asarray(ssm.poles().detach().cpu().numpy(), np.complex128)


def _readout(ssm: DiagonalSSM) -> NDArray[np.complex128]:
    return np.asarray(ssm.readout().detach().cpu().numpy(), np.complex128)


def _numpy(tensor: Tensor) -> Float:
    return np.asarray(tensor.detach().cpu().numpy(), np.float64)
