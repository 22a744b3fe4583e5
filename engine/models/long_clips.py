"""How clips are run whose activations would not fit: causal networks in chunks, others in overlapping windows.

Networks that know frames by their place (`Network.max_frames`) run in windows of their own whatever the length; this is
about those that take any.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from engine.models.card import ModelCard
    from engine.ssm.diagonal import Rate

LONG = 16_384
"""Frames; what is longer is run in parts. At 60 Hz these are four and a half minutes."""
CHUNK = 2_048
"""Frames that a causal network takes after those before, and that are encoded and decoded together."""
WINDOW = 8_192
OVERLAP = 2_048
"""Of the windows of others, frames: over those that two share, one fades into the other."""


def is_long(frames: int) -> bool:
    """Whether a clip is run in parts."""
    return frames > LONG


def long_clip_note(card: ModelCard, frames: int) -> str:
    """A sentence about an answer that is not what the whole clip at once would give; "" where it is."""
    if card.causal or card.window is not None or not is_long(frames):
        return ""
    return (
        f"Clips of more than {LONG:,} frames are run in windows of {WINDOW:,} that overlap by {OVERLAP:,} and "
        "fade into each other: what is farther away than a window is not seen."
    )


def windows_of(frames: int, window: int = WINDOW, overlap: int = OVERLAP) -> list[tuple[int, int]]:
    """(start, stop) of equally long windows that overlap by `overlap` frames or a few more."""
    if frames <= window:
        return [(0, frames)]
    count = math.ceil((frames - overlap) / (window - overlap))
    return [(k * (frames - window) // (count - 1), k * (frames - window) // (count - 1) + window) for k in range(count)]


def in_long_windows(
    run: Callable[[Tensor, Rate], Tensor],
    u: Tensor,
    rate: Rate,
    *,
    begin: Callable[[int, int], None],
    window: int = WINDOW,
    overlap: int = OVERLAP,
) -> Tensor:
    """run over u (B, F, ...) in windows; where two overlap they count by squared sine and cosine.

    rate as of `Network.forward`; begin(number, of) is called before each window, and may raise.
    """
    import torch

    found = windows_of(u.shape[1], window, overlap)
    whole: Tensor | None = None
    for number, (start, stop) in enumerate(found):
        begin(number, len(found))
        part = run(u[:, start:stop], rate[start:stop] if isinstance(rate, torch.Tensor) and rate.ndim else rate)
        if whole is None:
            whole = part.new_empty(len(part), u.shape[1], *part.shape[2:])
        shared = 0 if number == 0 else found[number - 1][1] - start
        if shared:
            turn = (torch.arange(shared, device=part.device, dtype=torch.float64) + 0.5) * math.pi / (2 * shared)
            rising = (torch.sin(turn) ** 2).to(part).view(-1, *[1] * (part.ndim - 2))
            whole[:, start : start + shared].mul_(1 - rising).add_(part[:, :shared] * rising)
        whole[:, start + shared : stop] = part[:, shared:]
    assert whole is not None  # there is a window
    return whole
