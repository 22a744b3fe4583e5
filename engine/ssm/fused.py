"""mamba-ssm's fused CUDA kernels behind the signatures of `selective.py` and `ssd.py`.

float32 tensors on a CUDA device; Δ comes in final, so the kernels' own softplus and bias stay off. The package is
imported at the first call: `kernels.missing` says beforehand whether that will work. SSD's matrix products run in
TensorFloat-32 on GPUs that have it, with ten bits of mantissa; the selective scan and the single step have none.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def selective_scan(
    u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor | None
) -> tuple[Tensor, Tensor]:
    """u, delta (Bt, G, L, E), A (G, E, N), B, C (Bt, G, L, N), D (G, E), all in the order of the visit.

    y (Bt, G, L, E) and the last state (Bt, G, E, N), from a zero state; no gradient flows through the last state. The
    kernel's channels are groups times channels, its B and C one per group.
    """
    from mamba_ssm.ops.selective_scan_interface import selective_scan_fn

    groups, channels, _ = A.shape
    y, state = selective_scan_fn(
        u.transpose(2, 3).flatten(1, 2).contiguous(),
        delta.transpose(2, 3).flatten(1, 2).contiguous(),
        A.flatten(0, 1).contiguous(),
        B.transpose(2, 3).contiguous(),
        C.transpose(2, 3).contiguous(),
        None if D is None else D.flatten(),
        delta_softplus=False,
        return_last_state=True,
    )
    shape = (groups, channels)
    return torch.unflatten(y, 1, shape).transpose(2, 3), torch.unflatten(state, 1, shape)


def ssd(
    x: Tensor,
    dt: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor | None,
    state: Tensor | None,
    chunk: int,
) -> tuple[Tensor, Tensor]:
    """Shapes as in `ssd.py`; y and the last state, with gradients through both."""
    from mamba_ssm.ops.triton.ssd_combined import mamba_chunk_scan_combined

    y, state = mamba_chunk_scan_combined(
        x, dt, A, B, C, chunk, D=D, initial_states=state, dt_softplus=False, return_final_states=True
    )
    return y, state


def selective_step(
    u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor | None, state: Tensor
) -> tuple[Tensor, Tensor]:
    """One position: u, delta (Bt, E), A (E, N), B, C (Bt, N), D (E), state (Bt, E, N) -> y, new state; no gradients."""
    return _update(state, u, delta, A, B, C, D)


def ssd_step(
    x: Tensor, dt: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor | None, state: Tensor
) -> tuple[Tensor, Tensor]:
    """One position: x (Bt, H, P), dt (Bt, H), B, C (Bt, G, N), state (Bt, H, P, N) -> y, new state; no gradients."""
    # expanded, not repeated: from the zero strides the kernel sees that a head has one decay
    delta, skip = dt[..., None].expand_as(x), None if D is None else D[:, None].expand(x.shape[1:])
    return _update(state, x, delta, A[:, None, None].expand(state.shape[1:]), B, C, skip)


def _update(
    state: Tensor, x: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor | None
) -> tuple[Tensor, Tensor]:
    from mamba_ssm.ops.triton.selective_state_update import selective_state_update

    zero: Any = x.new_zeros(1).expand(x.shape[1:])  # without a bias or a D, version 2.3 fails on None
    state = state.clone(memory_format=torch.contiguous_format)  # which the kernel overwrites
    y = selective_state_update(state, x, delta, A, B, C, zero if D is None else D, dt_bias=zero, dt_softplus=False)
    return y, state
