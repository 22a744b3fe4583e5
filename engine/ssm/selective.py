"""The selective scan (S6) of Mamba-1: a diagonal SSM whose step, input and output matrices follow the input.

    h[t] = exp(Δ[t] A) h[t-1] + Δ[t] B[t] u[t],   y[t] = C[t] · h[t] + D u[t]     (Gu & Dao 2023, algorithm 2)

Four ways to evaluate the same thing; the plain loop is the reference that the others are tested against:

    reference   step by step, any dtype and device                   (`selective_scan_reference`)
    torch       chunks with one contraction each, recomputed in the backward pass
    numba       compiled for the CPU, float32                        (`selective_numba.py`)
    mamba-ssm   that package's CUDA kernel, float32                  (`fused.py`)

Shapes: Bt batch, U inputs, G groups (scan directions), L positions, E channels, N states per channel. Group g reads
input g % U, so that directions of one input share it, and visits the positions in its own order, so that reversed or
transposed directions (the cross-scan of VMamba) need no copies.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal, overload

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from engine.ssm import fused, kernels

CHUNK = 64
"""Steps whose states the torch path holds at once."""


@overload
def selective_scan(
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor | None = None,
    *,
    order: Tensor | None = None,
    state: Tensor | None = None,
    return_state: Literal[False] = False,
    path: kernels.Path | None = None,
) -> Tensor: ...
@overload
def selective_scan(
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor | None = None,
    *,
    order: Tensor | None = None,
    state: Tensor | None = None,
    return_state: Literal[True],
    path: kernels.Path | None = None,
) -> tuple[Tensor, Tensor]: ...
def selective_scan(
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor | None = None,
    *,
    order: Tensor | None = None,
    state: Tensor | None = None,
    return_state: bool = False,
    path: kernels.Path | None = None,
) -> Tensor | tuple[Tensor, Tensor]:
    """Scan u (Bt, U, L, E) in G directions -> y (Bt, G, L, E), and the last state (Bt, G, E, N) if asked for.

    delta (Bt, G, L, E)  the final Δ > 0: after the softplus and after any factor for the frame rate
    A (G, E, N)          negative;  B, C (Bt, G, L, N);  D (G, E) or None for no skip term
    order (G, L)         int64 permutations: group g visits positions order[g, 0], order[g, 1], ... and y is written
                         at the positions visited; None visits 0, 1, ..., L-1
    state (Bt, G, E, N)  the state before the first position visited; None is zero
    path                 how to evaluate; None lets `kernels.choose` decide

    Computed in float32 (float64 if u is float64), whatever autocast says; y has u's dtype, the state the computed one.
    Raises ValueError for shapes that do not fit, for an order that is not a permutation, and for the path mamba-ssm
    where a state is carried: its kernel starts from zero, and no gradient flows through the last state.
    """
    _check(u, delta, A, B, C, D, order, state)
    carried = state is not None or (return_state and torch.is_grad_enabled())
    path = path or kernels.choose("Selective scan", u, without="mamba-ssm" if carried else None)
    if path == "mamba-ssm" and carried:
        raise ValueError("mamba-ssm's selective scan takes no state and has no gradient through the last one")
    dtype = torch.float64 if u.dtype == torch.float64 else torch.float32
    with torch.autocast(u.device.type, enabled=False):
        u_, delta, A, B, C = (x.to(dtype) for x in (u, delta, A, B, C))
        D = None if D is None else D.to(dtype)
        state = _initial_state(delta, A, dtype) if state is None else state.to(dtype)
        y, state = _PATHS[path](u_, delta, A, B, C, D, order, state)
    return (y.to(u.dtype), state) if return_state else y.to(u.dtype)


def selective_step(
    u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor | None, state: Tensor
) -> tuple[Tensor, Tensor]:
    """One position of one direction: u, delta (Bt, E), A (E, N), B, C (Bt, N), D (E), state (Bt, E, N) -> y, state."""
    state = torch.exp(delta[..., None] * A) * state + (delta * u)[..., None] * B[:, None]
    y = (state * C[:, None]).sum(-1)
    return (y if D is None else y + D * u), state


def selective_scan_reference(
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor | None = None,
    order: Tensor | None = None,
    state: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """`selective_scan` as it is written down, a position at a time in the tensors' own dtype; y and the last state."""
    u, delta, B, C = (_visit(x, order) for x in (_per_group(u, len(A)), delta, B, C))
    state = _initial_state(delta, A, delta.dtype) if state is None else state
    outputs = []
    for t in range(u.shape[2]):
        decay = torch.exp(delta[:, :, t, :, None] * A)
        state = decay * state + (delta[:, :, t] * u[:, :, t])[..., None] * B[:, :, t, None]
        outputs.append((state * C[:, :, t, None]).sum(-1))
    y = torch.stack(outputs, 2)
    return _put_back(y if D is None else y + D[:, None] * u, order), state


def _scan_torch(
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor | None,
    order: Tensor | None,
    state: Tensor,
) -> tuple[Tensor, Tensor]:
    """Chunk after chunk; nothing is divided by a decay, so nothing overflows however long the chunk."""
    u, delta, B, C = (_visit(x, order) for x in (_per_group(u, len(A)), delta, B, C))
    scan_chunk: Callable[..., tuple[Tensor, Tensor]] = _scan_chunk
    if torch.is_grad_enabled():  # the first call of checkpoint imports torch's compiler, which takes seconds
        scan_chunk = partial(checkpoint, _scan_chunk, use_reentrant=False, preserve_rng_state=False)
    outputs = []
    for start in range(0, u.shape[2], CHUNK):
        pieces = [x[:, :, start : start + CHUNK] for x in (u, delta, B, C)]
        y, state = scan_chunk(*pieces, A, state)
        outputs.append(y)
    y = torch.cat(outputs, 2)
    return _put_back(y if D is None else y + D[:, None] * u, order), state


def _scan_chunk(u: Tensor, delta: Tensor, B: Tensor, C: Tensor, A: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
    # time first: each turn of the loop then works on contiguous memory
    time_first = (2, 0, 1, 3)
    delta_t = delta.permute(time_first)
    decay = torch.exp(delta_t[..., None] * A)
    inflow = (delta_t * u.permute(time_first))[..., None] * B.permute(time_first)[..., None, :]
    states = []
    for decay_t, inflow_t in zip(decay.unbind(0), inflow.unbind(0), strict=True):
        state = torch.addcmul(inflow_t, decay_t, state)
        states.append(state)
    return torch.einsum("lbgen,bgln->bgle", torch.stack(states), C), state


def _scan_numba(
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor | None,
    order: Tensor | None,
    state: Tensor,
) -> tuple[Tensor, Tensor]:
    from engine.ssm import selective_numba  # compiles, so only when it is needed

    return selective_numba.scan(u, delta, A, B, C, D, order, state)


def _scan_mamba_ssm(
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor | None,
    order: Tensor | None,
    state: Tensor,
) -> tuple[Tensor, Tensor]:
    """The kernel starts from zero, whatever the state is."""
    u, delta, B, C = (_visit(x, order) for x in (_per_group(u, len(A)), delta, B, C))
    y, state = fused.selective_scan(u, delta, A, B, C, D)
    return _put_back(y, order), state


_PATHS = {
    "reference": selective_scan_reference,
    "torch": _scan_torch,
    "numba": _scan_numba,
    "mamba-ssm": _scan_mamba_ssm,
}


def _initial_state(delta: Tensor, A: Tensor, dtype: torch.dtype) -> Tensor:
    return torch.zeros(len(delta), *A.shape, dtype=dtype, device=delta.device)


def _per_group(u: Tensor, groups: int) -> Tensor:
    """(Bt, U, L, E) -> (Bt, G, L, E): group g reads input g % U."""
    return u.repeat(1, groups // u.shape[1], 1, 1)


def _visit(x: Tensor, order: Tensor | None) -> Tensor:
    """(Bt, G, L, ·) by position -> by time of the visit."""
    return x if order is None else x.gather(2, order[None, :, :, None].expand_as(x))


def _put_back(y: Tensor, order: Tensor | None) -> Tensor:
    """The inverse of `_visit`."""
    return y if order is None else torch.zeros_like(y).scatter(2, order[None, :, :, None].expand_as(y), y)


def _check(
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor | None,
    order: Tensor | None,
    state: Tensor | None,
) -> None:
    batch, inputs, length, channels = u.shape
    groups, _, states = A.shape
    if groups % inputs:
        raise ValueError(f"A has {groups} groups, which is no multiple of the {inputs} inputs in u")
    if length < 1:
        raise ValueError("u has no positions to scan")
    expected = {
        "delta": (delta, (batch, groups, length, channels)),
        "A": (A, (groups, channels, states)),
        "B": (B, (batch, groups, length, states)),
        "C": (C, (batch, groups, length, states)),
        "D": (D, (groups, channels)),
        "order": (order, (groups, length)),
        "state": (state, (batch, groups, channels, states)),
    }
    for name, (tensor, shape) in expected.items():
        if tensor is not None and tensor.shape != shape:
            raise ValueError(f"{name} has the shape {tuple(tensor.shape)}, expected {shape}")
    if order is not None:
        inside = (order >= 0) & (order < length)
        seen = torch.zeros_like(inside).scatter(1, order.clamp(0, length - 1), inside)
        if not bool(seen.all()):
            raise ValueError(f"order must hold in each group every position from 0 to {length - 1} once")
