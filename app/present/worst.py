"""The frames at which a model is most wrong. No Qt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

APART_S = 0.5


def worst_frames(
    error: NDArray[np.floating], times: NDArray[np.floating], *, apart_s: float = APART_S, most: int = 50
) -> list[int]:
    """Rank the frames by their errors (T,), worst first; no two of them within `apart_s` seconds (T,) of each other."""
    left = np.where(np.isfinite(error), error, -np.inf)
    found: list[int] = []
    while len(found) < most and np.isfinite(left.max(initial=-np.inf)):
        worst = int(np.argmax(left))
        found.append(worst)
        left = np.where(np.abs(times - times[worst]) < apart_s, -np.inf, left)
    return found


def next_worst(ranked: list[int], here: int, step: int) -> int | None:
    """Find the frame `step` places further in the ranking than the one we are at; the worst one from elsewhere."""
    if not ranked:
        return None
    return ranked[(ranked.index(here) + step) % len(ranked)] if here in ranked else ranked[0]
