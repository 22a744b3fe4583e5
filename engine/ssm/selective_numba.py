"""The selective scan compiled for the CPU: float32, one core per slice of the channels, gradients included.

The recurrence itself is a handful of operations per (position, channel, state); what costs is exp(ΔA). Here it is a
polynomial that vectorises (`exp2`), positions are the outer loop and channels the inner, contiguous one, and the states
of all channels of a slice stay in the cache. The forward pass keeps the state of every 64th position only; the
backward pass recomputes the ones between, so memory is 1/64 of the states'.

Kernels release the GIL and share nothing, so scans may run in several threads at once.
"""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from engine.ssm.compiled import compiled, share

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


@compiled(nogil=True, fastmath={"contract", "nsz", "reassoc"})
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
    """Jobs first .. last - 1 of (batch, group, slice of channels); A in units of log₂, state (Bt, G, N, E) in and out.

    stored (Bt, G, ceil(L / every), N, E) receives the states before positions 0, every, 2 every, ...
    """
    _, groups, length, channels = delta.shape
    states = A.shape[1]
    slices = (channels + width - 1) // width
    for job in range(first, last):
        b, g, start = job // (slices * groups), job // slices % groups, job % slices * width
        w = min(width, channels - start)
        h = state[b, g, :, start : start + w].copy()
        a = A[g, :, start : start + w].copy()
        step, inflow, out = np.empty(w, np.float32), np.empty(w, np.float32), np.empty(w, np.float32)
        source = u[b, g % u.shape[1]]
        for t in range(length):
            p = order[g, t]
            if t % every == 0:
                stored[b, g, t // every, :, start : start + w] = h
            for e in range(w):
                step[e] = delta[b, g, p, start + e]
                inflow[e] = step[e] * source[p, start + e]
                out[e] = D[g, start + e] * source[p, start + e]
            for n in range(states):
                b_n, c_n = B[b, g, p, n], C[b, g, p, n]
                for e in range(w):
                    h_n = exp2(step[e] * a[n, e]) * h[n, e] + inflow[e] * b_n
                    h[n, e] = h_n
                    out[e] += c_n * h_n
            for e in range(w):
                y[b, g, p, start + e] = out[e]
        state[b, g, :, start : start + w] = h


@compiled(nogil=True, fastmath={"contract", "nsz", "reassoc"})
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
    """The adjoint recurrence of the same jobs; grad_state (Bt, G, N, E) in and out, A in natural units.

    What several jobs add up is kept apart: grad_u (Bt, G, L, E), grad_A (Bt, G, N, E), grad_D (Bt, G, E), and grad_B
    and grad_C (slices, Bt, G, L, N).
    """
    _, groups, length, channels = delta.shape
    states = A.shape[1]
    slices = (channels + width - 1) // width
    for job in range(first, last):
        b, g, s = job // (slices * groups), job // slices % groups, job % slices
        start = s * width
        w = min(width, channels - start)
        gh = grad_state[b, g, :, start : start + w].copy()
        a = A[g, :, start : start + w].copy()
        a_log2 = a * LOG2_E
        ga = np.zeros((states, w), np.float32)
        gd = np.zeros(w, np.float32)
        h = np.empty((every + 1, states, w), np.float32)  # h[i] is the state before the chunk's position i
        decay = np.empty((every, states, w), np.float32)
        step, inflow, gy = np.empty(w, np.float32), np.empty(w, np.float32), np.empty(w, np.float32)
        gstep, ginflow = np.empty(w, np.float32), np.empty(w, np.float32)
        source = u[b, g % u.shape[1]]
        for k in range(stored.shape[2] - 1, -1, -1):
            begin, end = k * every, min((k + 1) * every, length)
            h[0] = stored[b, g, k, :, start : start + w]
            for t in range(begin, end):
                i, p = t - begin, order[g, t]
                for e in range(w):
                    step[e] = delta[b, g, p, start + e]
                    inflow[e] = step[e] * source[p, start + e]
                for n in range(states):
                    b_n = B[b, g, p, n]
                    for e in range(w):
                        decay_n = exp2(step[e] * a_log2[n, e])
                        decay[i, n, e] = decay_n
                        h[i + 1, n, e] = decay_n * h[i, n, e] + inflow[e] * b_n
            for t in range(end - 1, begin - 1, -1):
                i, p = t - begin, order[g, t]
                for e in range(w):
                    step[e] = delta[b, g, p, start + e]
                    inflow[e] = step[e] * source[p, start + e]
                    gy[e] = grad_y[b, g, p, start + e]
                    gstep[e] = 0
                    ginflow[e] = 0
                for n in range(states):
                    b_n, c_n = B[b, g, p, n], C[b, g, p, n]
                    gb_n, gc_n = np.float32(0), np.float32(0)
                    for e in range(w):
                        gc_n += gy[e] * h[i + 1, n, e]
                        gh_n = gh[n, e] + c_n * gy[e]
                        gb_n += gh_n * inflow[e]
                        ginflow[e] += gh_n * b_n
                        gh_n *= decay[i, n, e]
                        gh[n, e] = gh_n
                        gexponent = gh_n * h[i, n, e]  # of step * a
                        gstep[e] += gexponent * a[n, e]
                        ga[n, e] += gexponent * step[e]
                    grad_B[s, b, g, p, n] = gb_n
                    grad_C[s, b, g, p, n] = gc_n
                for e in range(w):
                    u_e = source[p, start + e]
                    grad_delta[b, g, p, start + e] = gstep[e] + ginflow[e] * u_e
                    grad_u[b, g, p, start + e] = ginflow[e] * step[e] + D[g, start + e] * gy[e]
                    gd[e] += gy[e] * u_e
        grad_state[b, g, :, start : start + w] = gh
        grad_A[b, g, :, start : start + w] = ga
        grad_D[b, g, start : start + w] = gd


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
        D = torch.zeros(A.shape[:2])
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
        stored = torch.empty(batch, groups, math.ceil(length / every), A.shape[1], channels)
        slices, width = _slices(batch * groups, channels)
        share(
            _forward,
            batch * groups * slices,
            u,
            delta,
            A * LOG2_E.item(),
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
        gradients = (grad_y.contiguous(), grad_state, grad_u, grad_delta, grad_A, grad_B, grad_C, grad_D)
        inputs = (u, delta, A, B, C, D, order, stored)
        share(_backward, batch * groups * slices, *inputs, ctx.every, width, *gradients)
        return (
            grad_u.view(batch, -1, *u.shape[1:]).sum(1),
            grad_delta,
            grad_A.sum(0).transpose(1, 2),
            grad_B.sum(0),
            grad_C.sum(0),
            grad_D.sum(0),
            grad_state.transpose(2, 3),
            None,
            None,
        )


def _slices(scans: int, channels: int) -> tuple[int, int]:
    """Number and width of the slices of the channels: cache-sized, and enough for every thread where that pays."""
    for_threads = min(math.ceil(torch.get_num_threads() / scans), max(1, 2 * channels // SLICE))
    slices = max(math.ceil(channels / SLICE), for_threads)
    width = math.ceil(channels / slices / LANES) * LANES
    return math.ceil(channels / width), width
