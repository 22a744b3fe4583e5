"""Means of a sequence over real time: a window around each frame, or all that came before, fading.

Shapes: (B, F, H), B sequences of F frames. A frame counts by the time that passed before it, so that neither mean
depends on the frame rate; times are in periods of the trained rate.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.ssm.diagonal import Rate, irregular

BLOCK = 128
"""Frames that the fading mean takes at once."""


def window_mean(x: Tensor, rate: Rate, width: float | None) -> Tensor:
    """The mean over the frames at most half of `width` away from each frame; None: over all frames.

    Two differences of running sums, in float64.
    """
    gaps = _gaps(x, rate)
    sums = torch.cumsum(torch.cat([gaps[:, None], gaps[:, None] * x.double().movedim(0, 1).flatten(1)], 1), 0)
    sums = torch.cat([torch.zeros_like(sums[:1]), sums])
    times, reach = torch.cumsum(gaps, 0), float("inf") if width is None else width / 2 + 1e-6
    first = torch.searchsorted(times, times - reach)
    last = torch.searchsorted(times, times + reach, right=True)
    inside = sums[last] - sums[first]
    mean = inside[:, 1:] / inside[:, :1]
    return torch.unflatten(mean, 1, (len(x), -1)).movedim(1, 0).to(x)


def fading_mean(x: Tensor, rate: Rate, memory: float, state: tuple[Tensor, Tensor]) -> tuple[Tensor, list[Tensor]]:
    """The mean over what came before, each frame included; weights fall to 1/e in `memory`.

    state: the weighted sum (B, H) and the weight (B, 1) of the frames before, zeros where there are none.
    Returns the means and the new state.
    """
    gaps = (_gaps(x, rate) / memory).to(x)
    total, weight = state
    found = []
    for part, gap in zip(torch.split(x, BLOCK, 1), torch.split(gaps, BLOCK), strict=True):
        since = torch.cumsum(gap, 0)
        apart = (since[:, None] - since[None]).clamp_min(0)  # what comes later is left out below
        share = torch.tril(torch.exp(-apart)) * -torch.expm1(-gap)
        kept = torch.exp(-since)
        sums = kept[:, None] * total[:, None] + torch.einsum("fg,bgh->bfh", share, part)
        weights = kept[:, None] * weight[:, None] + share.sum(1)[:, None]
        found.append(sums / weights)
        total, weight = sums[:, -1], weights[:, -1]
    return torch.cat(found, 1), [total, weight]


def _gaps(x: Tensor, rate: Rate) -> Tensor:
    """(F,) periods before each frame, float64."""
    if irregular(rate):
        return rate.double()
    return torch.full_like(x[0, :, 0], float(rate), dtype=torch.float64)
