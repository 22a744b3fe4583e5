"""Sequences longer than a network's position table, cut into overlapping windows and put together again.

Benchmarks cut into windows that do not overlap; here they overlap by half, so that no frame is judged from a window's
edge where it need not be.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def windows(frames: int, longest: int, *, causal: bool) -> list[tuple[int, int, int]]:
    """(start, stop, first frame that is read off) of every window over a sequence.

    causal: window k begins at k · hop, hop = longest - longest // 2, and each frame is read off the first window that
    holds it: what a stream can do. Otherwise the last window ends with the sequence, and of two windows that overlap
    each gives the half that is farther from its edge.
    """
    hop = longest - longest // 2
    if frames <= longest:
        return [(0, frames, 0)]
    starts = list(range(0, frames - longest + hop, hop))
    if not causal:
        starts[-1] = frames - longest
    found: list[tuple[int, int, int]] = []
    for start in starts:
        stop = min(start + longest, frames)
        before = found[-1][1] if found else start
        found.append((start, stop, before if causal or not found else (start + before) // 2))
    return found


def in_windows(network: Callable[[Tensor], Tensor], u: Tensor, longest: int, *, causal: bool) -> Tensor:
    """network over u (B, F, J, C) of any length, at most `longest` frames at a time."""
    found = windows(u.shape[1], longest, causal=causal)
    ends = [first for _, _, first in found[1:]] + [u.shape[1]]
    parts = [
        network(u[:, start:stop])[:, first - start : end - start]
        for (start, stop, first), end in zip(found, ends, strict=True)
    ]
    return torch.cat(parts, 1)
