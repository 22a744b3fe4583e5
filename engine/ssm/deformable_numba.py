"""The deformable convolution compiled for the CPU, gradients included: four neighbouring rows of channels per tap.

Places are the outer loop and channels the inner, contiguous one. A corner outside the grid reads a row that exists and
gets the share zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from engine.ssm.compiled import ROW, compiled, share

TAPS = 9
"""Of a 3 x 3 kernel."""


@compiled(inline="always")
def _corners(at_frame: Any, at_joint: Any, frames: int, joints: int, rows: Any, inside: Any, shares: Any) -> Any:
    """Fill in the rows of the four places around a point, 1 where they are on the grid, and their bilinear shares.

    Returns how far the point is below and beside the first of them.
    """
    frame, joint = int(np.floor(at_frame)), int(np.floor(at_joint))
    down, right = at_frame - frame, at_joint - joint
    for corner in range(4):
        f, j = frame + corner // 2, joint + corner % 2
        on_grid = 0 <= f < frames and 0 <= j < joints
        rows[corner] = f * joints + j if on_grid else 0
        inside[corner] = on_grid
        shares[corner] = on_grid * (down if corner // 2 else 1 - down) * (right if corner % 2 else 1 - right)
    return down, right


@compiled(**ROW)
def _add_tap(out: Any, w: Any, x0: Any, x1: Any, x2: Any, x3: Any, s0: Any, s1: Any, s2: Any, s3: Any) -> None:
    for e in range(len(out)):
        out[e] += w[e] * (s0 * x0[e] + s1 * x1[e] + s2 * x2[e] + s3 * x3[e])


@compiled(**ROW)
def _back_tap(
    grad_w: Any, wg: Any, g: Any, w: Any, x0: Any, x1: Any, x2: Any, x3: Any, s0: Any, s1: Any, s2: Any, s3: Any
) -> tuple[Any, Any, Any, Any]:
    """Adds to grad_w, fills in w · g, and returns its products with the four rows: the gradients of their shares."""
    zero = s0 - s0
    d0, d1, d2, d3 = zero, zero, zero, zero
    for e in range(len(g)):
        grad_w[e] += g[e] * (s0 * x0[e] + s1 * x1[e] + s2 * x2[e] + s3 * x3[e])
        v = w[e] * g[e]
        wg[e] = v
        d0 += v * x0[e]
        d1 += v * x1[e]
        d2 += v * x2[e]
        d3 += v * x3[e]
    return d0, d1, d2, d3


@compiled(**ROW)
def _spread(grad: Any, wg: Any, s: Any) -> None:
    for e in range(len(grad)):
        grad[e] += s * wg[e]


@compiled(nogil=True)
def _forward(x: Any, offsets: Any, weight: Any, bias: Any, frames: int, y: Any, first: int, last: int) -> None:
    """Jobs first .. last - 1 of (batch, frame); x, y (B, T · J, E), offsets (B, T · J, 18), weight (9, E)."""
    joints = x.shape[1] // frames
    rows, inside, s = np.empty(4, np.int64), np.empty(4, x.dtype), np.empty(4, x.dtype)
    for job in range(first, last):
        b, t = job // frames, job % frames
        for j in range(joints):
            shift, out = offsets[b, t * joints + j], y[b, t * joints + j]
            out[:] = bias
            for k in range(TAPS):
                at_frame, at_joint = t + k // 3 - 1 + shift[2 * k], j + k % 3 - 1 + shift[2 * k + 1]
                _corners(at_frame, at_joint, frames, joints, rows, inside, s)
                x0, x1, x2, x3 = x[b, rows[0]], x[b, rows[1]], x[b, rows[2]], x[b, rows[3]]
                _add_tap(out, weight[k], x0, x1, x2, x3, s[0], s[1], s[2], s[3])


@compiled(nogil=True)
def _backward(
    x: Any,
    offsets: Any,
    weight: Any,
    frames: int,
    grad_y: Any,
    grad_x: Any,
    grad_offsets: Any,
    grad_weight: Any,
    first: int,
    last: int,
) -> None:
    """Jobs first .. last - 1 of the batch; grad_x and grad_weight (B, 9, E) are added to."""
    _, places, channels = x.shape
    joints = places // frames
    rows, inside, s = np.empty(4, np.int64), np.empty(4, x.dtype), np.empty(4, x.dtype)
    wg = np.empty(channels, x.dtype)
    for b in range(first, last):
        for place in range(places):
            t, j = place // joints, place % joints
            shift, g = offsets[b, place], grad_y[b, place]
            for k in range(TAPS):
                at_frame, at_joint = t + k // 3 - 1 + shift[2 * k], j + k % 3 - 1 + shift[2 * k + 1]
                down, right = _corners(at_frame, at_joint, frames, joints, rows, inside, s)
                x0, x1, x2, x3 = x[b, rows[0]], x[b, rows[1]], x[b, rows[2]], x[b, rows[3]]
                d0, d1, d2, d3 = _back_tap(grad_weight[b, k], wg, g, weight[k], x0, x1, x2, x3, s[0], s[1], s[2], s[3])
                for corner in range(4):
                    if s[corner] != 0:
                        _spread(grad_x[b, rows[corner]], wg, s[corner])
                d0, d1, d2, d3 = d0 * inside[0], d1 * inside[1], d2 * inside[2], d3 * inside[3]
                grad_offsets[b, place, 2 * k] = (1 - right) * (d2 - d0) + right * (d3 - d1)
                grad_offsets[b, place, 2 * k + 1] = (1 - down) * (d1 - d0) + down * (d3 - d2)


def deform(x: Tensor, offsets: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """`engine.ssm.deformable.deformable_convolution` of CPU tensors, all float32 or all float64."""
    y: Tensor = _Deform.apply(x, offsets, weight, bias)  # type: ignore[no-untyped-call]
    return y


class _Deform(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, offsets: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        batch, frames = x.shape[:2]
        y = torch.empty_like(x, memory_format=torch.contiguous_format)
        x, offsets = (a.flatten(1, 2).contiguous() for a in (x, offsets))
        taps = weight.flatten(1).T.contiguous()
        share(_forward, batch * frames, x, offsets, taps, bias.contiguous(), frames, y.flatten(1, 2))
        ctx.save_for_backward(x, offsets, taps)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_y: Tensor) -> tuple[Tensor, ...]:
        x, offsets, taps = ctx.saved_tensors
        batch, frames, joints, _ = grad_y.shape
        grad = grad_y.flatten(1, 2).contiguous()
        grad_x, grad_offsets = torch.zeros_like(x), torch.empty_like(offsets)
        grad_taps = x.new_zeros(batch, *taps.shape)
        share(_backward, batch, x, offsets, taps, frames, grad, grad_x, grad_offsets, grad_taps)
        return (
            grad_x.view(batch, frames, joints, -1),
            grad_offsets.view(batch, frames, joints, -1),
            grad_taps.sum(0).T.reshape(-1, 1, 3, 3),
            grad.sum((0, 1)),
        )
