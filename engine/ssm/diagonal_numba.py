"""One frame of a diagonal SSM stream compiled for the CPU: float32, each state read and written once.

As tensor operations the same takes several passes over states that fill the second-level cache: on one thread a fifth
of the time that a frame takes a network of 16 M parameters (docs/performance.md).

Shapes: B batch, J joints, S = B · J sequences, H channels, N/2 stored states of a channel as pairs (re, im).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine.ssm.compiled import ROW, compiled


@compiled(**ROW)
def _turn(state: Any, decay: Any, gain: Any, readout: Any, u: Any, after: Any) -> Any:
    """The pairs of one channel, a frame on; the products with the readout, added up."""
    y = u - u
    for n in range(len(state) // 2):
        re, im = 2 * n, 2 * n + 1
        after[re] = decay[re] * state[re] - decay[im] * state[im] + gain[re] * u
        after[im] = decay[re] * state[im] + decay[im] * state[re] + gain[im] * u
        y += readout[re] * after[re] + readout[im] * after[im]
    return y


@compiled(nogil=True)
def _step(u: Any, state: Any, decay: Any, gain: Any, readout: Any, skip: Any, y: Any, after: Any) -> None:
    sequences, channels = u.shape
    for s in range(sequences):
        for h in range(channels):
            x = u[s, h]
            y[s, h] = _turn(state[s, h], decay[h], gain[h], readout[h], x, after[s, h]) + skip[h] * x


@compiled(**ROW)
def _add_product(out: Any, tap: Any, x: Any) -> None:
    for e in range(len(out)):
        out[e] += tap[e] * x[e]


@compiled(nogil=True)
def _convolve(u: Any, taps: Any, y: Any) -> None:
    batch, joints, width = u.shape
    half = width // 2
    for b in range(batch):
        for j in range(joints):
            y[b, j] = 0
            for lag in range(j + 1):
                _add_product(y[b, j, :half], taps[lag, :half], u[b, j - lag, :half])
            for lag in range(joints - j):
                _add_product(y[b, j, half:], taps[lag, half:], u[b, j + lag, half:])


def step(u: Tensor, state: Tensor, decay: Tensor, gain: Tensor, readout: Tensor, skip: Tensor) -> tuple[Tensor, Tensor]:
    """u (S, H), state (S, H, N/2), decay (H, N/2) complex; gain, readout (H, N) as pairs, skip (H) -> y (S, H), state.

    state' = decay · state + gain · u;  y = Σ readout · state' + skip · u, pairs multiplied part by part: what 2 Re(C s)
    is with the pairs of 2 conj(C).
    """
    u, state = u.contiguous(), state.contiguous()
    y, after = torch.empty_like(u), torch.empty_like(state)
    arrays = u.numpy(), _pairs(state), _pairs(decay), gain.numpy(), readout.numpy(), skip.numpy()
    _step(*arrays, y.numpy(), _pairs(after))
    return y, after


def convolve_both_ways(u: Tensor, taps: Tensor) -> Tensor:
    """u (B, J, 2H) along the joints, the first H channels from the first on and the others from the last on.

    taps (J, 2H) by distance -> (B, J, 2H).
    """
    u = u.contiguous()
    y = torch.empty_like(u)
    _convolve(u.numpy(), taps.numpy(), y.numpy())
    return y


def _pairs(x: Tensor) -> Any:
    """The memory of contiguous complex numbers as (..., re, im, re, im)."""
    return torch.view_as_real(x).view(*x.shape[:-1], -1).numpy()
