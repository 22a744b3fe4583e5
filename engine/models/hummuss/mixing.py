"""Products and recurrences along one axis of HumMUSS's tensors, and long clips piece by piece."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from engine.ssm.diagonal import TOEPLITZ_LIMIT, DiagonalSSM, Rate, by_matrix, irregular

TIME, JOINTS = 0, 2
"""Axes of (F, B, J, D) along which a block's SSM runs.

Inside the network frames come first and an SSM's input is held channel-first, (H, F, B, J): then both the temporal
and the spatial recurrence are batched matrix products over contiguous memory, without a single transposing copy."""

PIECE = 40_000
"""Places (frames x joints) that an evaluated network works on at once, in clips of more than twice as many."""


def in_pieces(work: Callable[..., Tensor], *inputs: Tensor, axis: int) -> Tensor:
    """work(*inputs), each (F, B, J, ·), cut along an axis along which it works on every place by itself.

    A long clip then takes a bounded amount of memory, and a cancelled one stops soon. Training is left whole.
    """
    first = inputs[0]
    length = first.shape[axis]
    places = first.shape[:3].numel()
    if places <= 2 * PIECE or torch.is_grad_enabled():
        return work(*inputs)
    size = max(1, PIECE * length // places)
    return torch.cat(
        [work(*pieces) for pieces in zip(*(torch.split(x, size, axis) for x in inputs), strict=True)], axis
    )


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
