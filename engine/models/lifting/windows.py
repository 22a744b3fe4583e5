"""Sequences longer than a network's position table, cut into overlapping windows and put together again.

Benchmarks cut into windows that do not overlap; here they overlap by half. Seen from both sides no frame then hangs on
a window's edge where it need not, and windows fade into each other: a seam would show as a spike of jitter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from engine.ssm.diagonal import Rate, irregular


def hop_of(longest: int) -> int:
    """Frames from one window to the next, at most: they overlap by half."""
    return longest - longest // 2


def windows(frames: int, longest: int, *, causal: bool) -> list[tuple[int, int]]:
    """(start, stop) of every window over a sequence, at most `hop_of(longest)` after the one before.

    causal: exactly so many, as in a stream, and the last one is shorter. Otherwise all are as long and evenly spread.
    """
    hop = hop_of(longest)
    if frames <= longest:
        return [(0, frames)]
    hops = math.ceil((frames - longest) / hop)
    starts = [k * hop if causal else k * (frames - longest) // hops for k in range(hops + 1)]
    return [(start, min(start + longest, frames)) for start in starts]


def shares(found: Sequence[tuple[int, int]], *, causal: bool) -> list[Tensor]:
    """How much of each frame (stop - start,) each window gives; at every frame they add up to one.

    causal: each frame comes from the first window that holds it, which is what a stream can do. Otherwise windows
    count by a squared sine, most in their middle.
    """
    if causal:
        before = [0, *(stop for _, stop in found[:-1])]
        return [(torch.arange(start, stop) >= done).double() for (start, stop), done in zip(found, before, strict=True)]
    bumps = [
        torch.sin((torch.arange(stop - start, dtype=torch.float64) + 0.5) * math.pi / (stop - start)) ** 2
        for start, stop in found
    ]
    total = torch.zeros(found[-1][1], dtype=torch.float64)
    for (start, stop), bump in zip(found, bumps, strict=True):
        total[start:stop] += bump
    return [bump / total[start:stop] for (start, stop), bump in zip(found, bumps, strict=True)]


def in_windows(
    run: Callable[[Tensor, Rate], Tensor],
    u: Tensor,
    longest: int,
    *,
    causal: bool,
    rate: Rate = 1.0,
    begin: Callable[[int, int], None] = lambda number, of: None,
) -> Tensor:
    """run over u (B, F, ...) of any length, at most `longest` frames at a time, with the rate of those frames.

    rate as of `Network.forward`; begin(number, of) is called before each window, and may raise.
    """
    found = windows(u.shape[1], longest, causal=causal)
    if len(found) == 1:
        return run(u, rate)
    whole: Tensor | None = None
    for number, ((start, stop), share) in enumerate(zip(found, shares(found, causal=causal), strict=True)):
        begin(number, len(found))
        part = run(u[:, start:stop], rate[start:stop] if irregular(rate) else rate)
        if whole is None:
            whole = part.new_zeros(len(part), u.shape[1], *part.shape[2:])
        whole[:, start:stop] += part * share.to(part).view(-1, *[1] * (part.ndim - 2))
    assert whole is not None  # there is a window
    return whole
