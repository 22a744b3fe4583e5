"""State space duality (SSD), the recurrence of Mamba-2: one decay per head and step, and a state of P x N per head.

    h[t] = exp(Δ[t] A) h[t-1] + Δ[t] x[t] B[t]ᵀ,   y[t] = h[t] C[t] + D x[t]      (Dao & Gu 2024, section 6)

Because the decay is one number, the same map is a masked matrix product. Three ways to evaluate it; the plain loop is
the reference that the others are tested against:

    ssd_reference   step by step                                     (`ssd_step` is one turn of it)
    ssd_quadratic   the dual: y = (M ∘ C Bᵀ) Δx, with M[i, j] = exp(Δ[j+1] A + ... + Δ[i] A) for j <= i, else 0
    ssd_chunked     the dual inside chunks, the recurrence between them; any length, state in and out

`ssd` runs the one that `kernels.choose` names. Every exponent is a sum of non-positive numbers: nothing overflows.

Shapes: Bt batch, L positions, H heads of width P, N states, G groups of heads that share B and C, Q chunk length.
x (Bt, L, H, P); dt (Bt, L, H), the final Δ > 0: after softplus and after any factor for the frame rate; A (H) negative;
B, C (Bt, L, G, N); D (H), or None for no skip term; state (Bt, H, P, N).
"""

from __future__ import annotations

from typing import Literal, overload

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.ssm import fused, kernels

CHUNK = 64
"""Q: work grows with L Q, Python's share of it shrinks with L / Q."""


@overload
def ssd(
    x: Tensor,
    dt: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor | None = None,
    *,
    state: Tensor | None = None,
    return_state: Literal[False] = False,
    chunk: int = CHUNK,
    path: kernels.Path | None = None,
) -> Tensor: ...
@overload
def ssd(
    x: Tensor,
    dt: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor | None = None,
    *,
    state: Tensor | None = None,
    return_state: Literal[True],
    chunk: int = CHUNK,
    path: kernels.Path | None = None,
) -> tuple[Tensor, Tensor]: ...
def ssd(
    x: Tensor,
    dt: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor | None = None,
    *,
    state: Tensor | None = None,
    return_state: bool = False,
    chunk: int = CHUNK,
    path: kernels.Path | None = None,
) -> Tensor | tuple[Tensor, Tensor]:
    """y (Bt, L, H, P), and the last state if asked for, from `state` (None: zero). Shapes: see the module.

    Computed in float32 (float64 if x is float64), whatever autocast says; y has x's dtype, the state the computed one.
    Raises ValueError for shapes that do not fit, for a path that SSD does not have, and for a chunk below 1.
    """
    _check(x, dt, A, B, C, D, state, chunk)
    path = path or kernels.choose("SSD", x)
    dtype = torch.float64 if x.dtype == torch.float64 else torch.float32
    with torch.autocast(x.device.type, enabled=False):
        x_, dt, A, B, C = (part.to(dtype) for part in (x, dt, A, B, C))
        D = None if D is None else D.to(dtype)
        state = None if state is None else state.to(dtype)
        if path == "reference":
            y, state = ssd_reference(x_, dt, A, B, C, D, state)
        elif path == "torch":
            y, state = ssd_chunked(x_, dt, A, B, C, D, state, chunk)
        elif path == "mamba-ssm":
            y, state = fused.ssd(x_, dt, A, B, C, D, state, chunk)
        else:
            raise ValueError(f"SSD has no path {path}; it has {', '.join(kernels.PATHS['SSD'])}")
    return (y.to(x.dtype), state) if return_state else y.to(x.dtype)


def ssd_step(
    x: Tensor, dt: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor | None, state: Tensor
) -> tuple[Tensor, Tensor]:
    """One position: x (Bt, H, P), dt (Bt, H), B, C (Bt, G, N), state (Bt, H, P, N) -> y (Bt, H, P), new state."""
    share = len(A) // B.shape[1]
    B, C = (part.repeat_interleave(share, 1) for part in (B, C))
    inflow = (dt[..., None] * x)[..., None] * B[:, :, None]
    state = torch.exp(dt * A)[..., None, None] * state + inflow
    y = (state * C[:, :, None]).sum(-1)
    return (y if D is None else y + D[:, None] * x), state


def ssd_reference(
    x: Tensor,
    dt: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor | None = None,
    state: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """The recurrence as it is written down, a position at a time in the tensors' own dtype; y and the last state."""
    state = _zero_state(x, B) if state is None else state
    outputs = []
    for t in range(x.shape[1]):
        y, state = ssd_step(x[:, t], dt[:, t], A, B[:, t], C[:, t], D, state)
        outputs.append(y)
    return torch.stack(outputs, 1), state


def ssd_quadratic(x: Tensor, dt: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor | None = None) -> Tensor:
    """The dual form from a zero state, like attention without a softmax; time and memory grow with L²."""
    share = len(A) // B.shape[2]
    B, C = (part.repeat_interleave(share, 2) for part in (B, C))
    mask = torch.exp(segment_sums((dt * A).transpose(1, 2)))
    scores = torch.einsum("bihn,bjhn->bhij", C, B)
    y = torch.einsum("bhij,bjhp->bihp", mask * scores, dt[..., None] * x)
    return y if D is None else y + D[:, None] * x


def ssd_chunked(
    x: Tensor,
    dt: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor | None = None,
    state: Tensor | None = None,
    chunk: int = CHUNK,
) -> tuple[Tensor, Tensor]:
    """The dual form inside chunks of Q positions, their states passed on between them; y and the last state.

    A last chunk that is not full is filled with Δ = 0, a step that neither decays nor adds. Time grows with L (Q + N),
    memory with H L Q + H P N L / Q.
    """
    length, groups = x.shape[1], B.shape[2]
    size = min(chunk, length)
    state = _zero_state(x, B) if state is None else state

    def cut(part: Tensor, split_heads: bool) -> Tensor:
        """(Bt, L, H, ...) -> (Bt, L / Q, Q, G, H / G, ...), heads of a group together."""
        padded = F.pad(part, (0, 0) * (part.ndim - 2) + (0, -length % size))
        pieces = torch.unflatten(padded, 1, (-1, size))
        return torch.unflatten(pieces, 3, (groups, -1)) if split_heads else pieces

    inputs, log_decay = cut(dt[..., None] * x, True), cut(dt * A, True)
    B, C = cut(B, False), cut(C, False)
    # in the subscripts: b batch, c chunk, i and j positions in it, g group, h head of the group, p, n
    mask = torch.exp(segment_sums(log_decay.permute(0, 1, 3, 4, 2)))
    scores = torch.einsum("bcign,bcjgn->bcgij", C, B)
    y = torch.einsum("bcghij,bcjghp->bcighp", scores[:, :, :, None] * mask, inputs)

    until_the_end = mask[..., -1, :]
    added = torch.einsum("bcghj,bcjghp,bcjgn->bcghpn", until_the_end, inputs, B)
    from_the_start = torch.exp(log_decay.cumsum(2))
    kept = from_the_start[:, :, -1, :, :, None, None]
    carried = torch.unflatten(state, 1, (groups, -1))
    befores = []
    for kept_c, added_c in zip(kept.unbind(1), added.unbind(1), strict=True):
        befores.append(carried)
        carried = torch.addcmul(added_c, kept_c, carried)
    before = torch.stack(befores, 1)
    y = y + from_the_start[..., None] * torch.einsum("bcign,bcghpn->bcighp", C, before)

    y = y.flatten(1, 2)[:, :length].flatten(2, 3)
    return (y if D is None else y + D[:, None] * x), carried.flatten(1, 2)


def segment_sums(a: Tensor) -> Tensor:
    """(..., L) -> (..., L, L): a[j+1] + ... + a[i] at [i, j] for j <= i, -inf above the diagonal.

    Sums of the terms themselves, not differences of running sums, which cancel in long sequences.
    """
    length = a.shape[-1]
    lower = torch.ones(length, length, dtype=torch.bool, device=a.device).tril()
    terms = a[..., None].expand(*a.shape, length).masked_fill(~lower.tril(-1), 0)
    return terms.cumsum(-2).masked_fill(~lower, -torch.inf)


def _zero_state(x: Tensor, B: Tensor) -> Tensor:
    return x.new_zeros(len(x), *x.shape[2:], B.shape[-1])


def _check(
    x: Tensor, dt: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor | None, state: Tensor | None, chunk: int
) -> None:
    batch, length, heads, width = x.shape
    groups, states = B.shape[2:]
    if length < 1 or chunk < 1:
        raise ValueError(f"SSD needs at least one position and one to a chunk, got {length} and {chunk}")
    if heads % groups:
        raise ValueError(f"x has {heads} heads, which is no multiple of the {groups} groups in B")
    expected = {
        "dt": (dt, (batch, length, heads)),
        "A": (A, (heads,)),
        "B": (B, (batch, length, groups, states)),
        "C": (C, (batch, length, groups, states)),
        "D": (D, (heads,)),
        "state": (state, (batch, heads, width, states)),
    }
    for name, (tensor, shape) in expected.items():
        if tensor is not None and tensor.shape != shape:
            raise ValueError(f"{name} has the shape {tuple(tensor.shape)}, expected {shape}")
