"""The selective scan compiled for the CPU: float32, one core per slice of the channels, gradients included.

The recurrence itself is a handful of operations per (position, channel, state); what costs is exp(ΔA). Here it is a
polynomial that vectorises (`exp2`), positions are the outer loop and channels the inner, contiguous one, and the states
of all channels of a slice stay in the cache. The forward pass keeps the state of every 64th position only; the
backward pass recomputes the ones between, so memory is 1/64 of the states'.

Kernels release the GIL and share nothing, so scans may run in several threads at once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from engine.ssm.compiled import ROW, compiled, share

CHUNK = 64
"""Positions from one stored state to the next."""

SLICE = 128
"""Most channels that one kernel takes: its states (8 KiB at 16 per channel) then stay in the first-level cache."""

LANES = 16
"""float32 numbers in the widest vector register; slices are a multiple of it."""

LOG2_E = np.float32(math.log2(math.e))

# 2^r = 1 + r (c1 + r (c2 + ...)) on [-1/2, 1/2]: the polynomial of least relative error, 9.1e-8, among those that are
# exact at 0 (a decay of 1 that is off by 1e-7 would be off by 4e-4 after 4131 positions)
_C1, _C2, _C3, _C4, _C5 = (
    np.float32(c) for c in (0.6931470036506653, 0.24022242426872253, 0.05550733581185341, 0.009671513, 0.0013264727)
)
_ROUND = np.float32(1.5 * 2**23)
"""A float32 this large has no fraction: adding it rounds to the nearest integer, which lands in the lowest bits."""
_LOWEST = np.float32(-126)
_EXPONENT_BIT = np.int32(23)


# no reassociation here: x - (x + _ROUND - _ROUND) must not become 0
@compiled(fastmath={"contract", "nsz"})
def exp2(x: Any) -> Any:
    """2^x for float32 x ≤ 0, relative error below 2e-7; anything below -126 counts as -126 (1.2e-38)."""
    x = max(x, _LOWEST)
    shifted = x + _ROUND
    r = x - (shifted - _ROUND)
    fraction = np.float32((((((_C5 * r + _C4) * r + _C3) * r + _C2) * r + _C1) * r) + np.float32(1))
    return np.int32(fraction.view(np.int32) + (np.float32(shifted).view(np.int32) << _EXPONENT_BIT)).view(np.float32)


@compiled(**ROW)
def _advance(h: Any, out: Any, A: Any, step: Any, inflow: Any, b: Any, c: Any) -> None:
    """State n of every channel, one position on; out gathers y. A in units of log₂."""
    for e in range(len(h)):
        h[e] = exp2(step[e] * A[e]) * h[e] + inflow[e] * b
        out[e] += c * h[e]


@compiled(**ROW)
def _advance_kept(h: Any, after: Any, decay: Any, A: Any, step: Any, inflow: Any, b: Any) -> None:
    """`_advance` that keeps what the way back needs."""
    for e in range(len(h)):
        decay[e] = exp2(step[e] * A[e])
        after[e] = decay[e] * h[e] + inflow[e] * b


@compiled(**ROW)
def _retreat(
    grad_h: Any,
    grad_A: Any,
    grad_step: Any,
    grad_inflow: Any,
    h: Any,
    after: Any,
    decay: Any,
    A: Any,
    step: Any,
    inflow: Any,
    grad_y: Any,
    b: Any,
    c: Any,
) -> tuple[Any, Any]:
    """The adjoint of `_advance`: adds to the first four; the gradients of b and c. A in natural units."""
    grad_b, grad_c = np.float32(0), np.float32(0)
    for e in range(len(h)):
        grad_c += grad_y[e] * after[e]
        g = grad_h[e] + c * grad_y[e]
        grad_b += g * inflow[e]
        grad_inflow[e] += g * b
        g *= decay[e]
        grad_h[e] = g
        g *= h[e]  # now the gradient of step · A
        grad_step[e] += g * A[e]
        grad_A[e] += g * step[e]
    return grad_b, grad_c


@compiled()
def _rows(count: int, width: int) -> Any:
    """(count, width) float32 zeros, `width` a multiple of LANES: each row starts where a vector register may.

    The backward pass is a quarter faster for it.
    """
    memory = np.zeros(LANES + count * width, np.float32)
    start = -(np.int64(memory.ctypes.data) // 4) % LANES
    return memory[start : start + count * width].reshape(count, width)


@compiled(nogil=True)
def _forward(
    u: Any,
    delta: Any,
    A: Any,
    B: Any,
    C: Any,
    D: Any,
    order: Any,
    state: Any,
    every: int,
    width: int,
    y: Any,
    stored: Any,
    first: int,
    last: int,
) -> None:
    """Jobs first .. last - 1 of (batch, group, slice of channels); state (Bt, G, N, E) in and out.

    stored (Bt, G, ceil(L / every), N, E) receives the states before positions 0, every, 2 every, ...
    """
    _, groups, length, channels = delta.shape
    states = A.shape[1]
    slices = (channels + width - 1) // width
    h, a, rows = _rows(states, width), _rows(states, width), _rows(3, width)
    step, inflow, out = rows[0], rows[1], rows[2]
    for job in range(first, last):
        b, g, start = job // (slices * groups), job // slices % groups, job % slices * width
        w = min(width, channels - start)
        rows[:] = 0
        a[:] = 0
        h[:, :w] = state[b, g, :, start : start + w]
        a[:, :w] = A[g, :, start : start + w] * LOG2_E
        end = start + w
        u_g, delta_g, B_g, C_g, D_g = u[b, g % u.shape[1]], delta[b, g], B[b, g], C[b, g], D[g, start:end]
        for t in range(length):
            p = order[g, t]
            u_p, delta_p, y_p, B_p, C_p = (
                u_g[p, start:end],
                delta_g[p, start:end],
                y[b, g, p, start:end],
                B_g[p],
                C_g[p],
            )
            if t % every == 0:
                stored[b, g, t // every, :, start : start + w] = h[:, :w]
            for e in range(w):
                step[e] = delta_p[e]
                inflow[e] = delta_p[e] * u_p[e]
                out[e] = D_g[e] * u_p[e]
            for n in range(states):
                _advance(h[n], out, a[n], step, inflow, B_p[n], C_p[n])
            for e in range(w):
                y_p[e] = out[e]
        state[b, g, :, start : start + w] = h[:, :w]


@compiled(nogil=True)
def _backward(
    u: Any,
    delta: Any,
    A: Any,
    B: Any,
    C: Any,
    D: Any,
    order: Any,
    stored: Any,
    every: int,
    width: int,
    grad_y: Any,
    grad_state: Any,
    grad_u: Any,
    grad_delta: Any,
    grad_A: Any,
    grad_B: Any,
    grad_C: Any,
    grad_D: Any,
    first: int,
    last: int,
) -> None:
    """The adjoint recurrence of the same jobs; grad_y (Bt, G or 1, L, E), grad_state (Bt, G, N, E) in and out.

    What several jobs add up is kept apart: grad_u (Bt, G, L, E), grad_A (Bt, G, N, E), grad_D (Bt, G, E), and grad_B
    and grad_C (slices, Bt, G, L, N).
    """
    _, groups, length, channels = delta.shape
    states = A.shape[1]
    slices = (channels + width - 1) // width
    gh, ga, a, a_log2 = (_rows(states, width), _rows(states, width), _rows(states, width), _rows(states, width))
    rows = _rows(6, width)
    step, inflow, gy, gstep, ginflow, gd = rows[0], rows[1], rows[2], rows[3], rows[4], rows[5]
    # h[i] is the state before position i of the chunk
    h = _rows((every + 1) * states, width).reshape(every + 1, states, width)
    decay = _rows(every * states, width).reshape(every, states, width)
    for job in range(first, last):
        b, g, s = job // (slices * groups), job // slices % groups, job % slices
        start = s * width
        w = min(width, channels - start)
        rows[:] = 0
        ga[:] = 0
        a[:] = 0
        gh[:] = 0
        h[0] = 0
        gh[:, :w] = grad_state[b, g, :, start : start + w]
        a[:, :w] = A[g, :, start : start + w]
        a_log2[:] = a * LOG2_E
        stop = start + w
        u_g, delta_g, B_g, C_g, D_g = u[b, g % u.shape[1]], delta[b, g], B[b, g], C[b, g], D[g, start:stop]
        for k in range(stored.shape[2] - 1, -1, -1):
            begin, end = k * every, min((k + 1) * every, length)
            h[0, :, :w] = stored[b, g, k, :, start : start + w]
            for t in range(begin, end):
                i, p = t - begin, order[g, t]
                u_p, delta_p, B_p = u_g[p, start:stop], delta_g[p, start:stop], B_g[p]
                for e in range(w):
                    step[e] = delta_p[e]
                    inflow[e] = delta_p[e] * u_p[e]
                for n in range(states):
                    _advance_kept(h[i, n], h[i + 1, n], decay[i, n], a_log2[n], step, inflow, B_p[n])
            for t in range(end - 1, begin - 1, -1):
                i, p = t - begin, order[g, t]
                u_p, delta_p, B_p, C_p = u_g[p, start:stop], delta_g[p, start:stop], B_g[p], C_g[p]
                grad_y_p, grad_u_p, grad_delta_p = (
                    grad_y[b, g % grad_y.shape[1], p, start:stop],
                    grad_u[b, g, p, start:stop],
                    grad_delta[b, g, p, start:stop],
                )
                for e in range(w):
                    step[e] = delta_p[e]
                    inflow[e] = delta_p[e] * u_p[e]
                    gy[e] = grad_y_p[e]
                    gstep[e] = 0
                    ginflow[e] = 0
                for n in range(states):
                    grad_B[s, b, g, p, n], grad_C[s, b, g, p, n] = _retreat(
                        gh[n],
                        ga[n],
                        gstep,
                        ginflow,
                        h[i, n],
                        h[i + 1, n],
                        decay[i, n],
                        a[n],
                        step,
                        inflow,
                        gy,
                        B_p[n],
                        C_p[n],
                    )
                for e in range(w):
                    grad_delta_p[e] = gstep[e] + ginflow[e] * u_p[e]
                    grad_u_p[e] = ginflow[e] * step[e] + D_g[e] * gy[e]
                    gd[e] += gy[e] * u_p[e]
        grad_state[b, g, :, start : start + w] = gh[:, :w]
        grad_A[b, g, :, start : start + w] = ga[:, :w]
        grad_D[b, g, start : start + w] = gd[:w]


def scan(
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor | None,
    order: Tensor | None,
    state: Tensor,
) -> tuple[Tensor, Tensor]:
    """`selective_scan` of CPU tensors in float32: y and the last state. Raises ValueError for any other tensors."""
    if u.device.type != "cpu" or u.dtype != torch.float32:
        raise ValueError(f"the numba path scans float32 tensors on the CPU, not {u.dtype} on {u.device}")
    if order is None:
        order = torch.arange(u.shape[2]).expand(len(A), -1)
    if D is None:
        D = A.new_zeros(A.shape[:2])
    tensors = (u, delta, A, B, C, D, state)
    recorded = torch.is_grad_enabled() and any(x.requires_grad for x in tensors)
    return cast(
        tuple[Tensor, Tensor],
        _Scan.apply(  # type: ignore[no-untyped-call]
            *tensors, order, CHUNK if recorded else u.shape[2]
        ),
    )


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        u: Tensor,
        delta: Tensor,
        A: Tensor,
        B: Tensor,
        C: Tensor,
        D: Tensor,
        state: Tensor,
        order: Tensor,
        every: int,
    ) -> tuple[Tensor, Tensor]:
        u, delta, B, C, D, order = (x.contiguous() for x in (u, delta, B, C, D, order))
        A = A.transpose(1, 2).contiguous()
        state = state.transpose(2, 3).clone(memory_format=torch.contiguous_format)
        batch, groups, length, channels = delta.shape
        y = torch.empty_like(delta)
        stored = delta.new_empty(batch, groups, math.ceil(length / every), A.shape[1], channels)
        slices, width = _slices(batch * groups, channels)
        share(
            _forward,
            batch * groups * slices,
            u,
            delta,
            A,
            B,
            C,
            D,
            order,
            state,
            every,
            width,
            y,
            stored,
        )
        ctx.save_for_backward(u, delta, A, B, C, D, order, stored)
        ctx.every = every
        return y, state.transpose(2, 3)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_y: Tensor, grad_state: Tensor) -> tuple[Tensor | None, ...]:
        u, delta, A, B, C, D, order, stored = ctx.saved_tensors
        batch, groups, _, channels = delta.shape
        slices, width = _slices(batch * groups, channels)
        grad_state = grad_state.transpose(2, 3).clone(memory_format=torch.contiguous_format)
        grad_u, grad_delta = torch.empty_like(delta), torch.empty_like(delta)
        grad_A, grad_D = A.new_empty(batch, *A.shape), D.new_empty(batch, *D.shape)
        grad_B, grad_C = B.new_empty(slices, *B.shape), C.new_empty(slices, *C.shape)
        if grad_y.stride(1) == 0:
            grad_y = grad_y[:, :1]  # the results of all groups were added up: their gradient is the same
        gradients = (grad_y.contiguous(), grad_state, grad_u, grad_delta, grad_A, grad_B, grad_C, grad_D)
        inputs = (u, delta, A, B, C, D, order, stored)
        share(_backward, batch * groups * slices, *inputs, ctx.every, width, *gradients)
        return (
            _sum(grad_u.view(batch, -1, *u.shape[1:]).unbind(1)),
            grad_delta,
            grad_A.sum(0).transpose(1, 2),
            _sum(grad_B.unbind()),
            _sum(grad_C.unbind()),
            grad_D.sum(0),
            grad_state.transpose(2, 3),
            None,
            None,
        )


def _sum(parts: Sequence[Tensor]) -> Tensor:
    """One after the other: torch's own sum over a short dimension first fills its result, which takes longer."""
    return reduce(torch.Tensor.add_, parts[1:], parts[0])


def _slices(scans: int, channels: int) -> tuple[int, int]:
    """Number and width of the slices of the channels: cache-sized, and enough for every thread where that pays."""
    for_threads = min(math.ceil(torch.get_num_threads() / scans), max(1, 2 * channels // SLICE))
    slices = max(math.ceil(channels / SLICE), for_threads)
    width = math.ceil(channels / slices / LANES) * LANES
    return math.ceil(channels / width), width
