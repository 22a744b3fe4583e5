"""How sure a share of few is."""

from __future__ import annotations

import math

SURE = 1.959964
"""Standard deviations of 95 %."""


def wilson(right: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share of which `right` out of `of` were seen (Wilson 1927); 0 to 1 for none."""
    if not of:
        return 0.0, 1.0
    share, square = right / of, SURE**2 / of
    middle = (share + square / 2) / (1 + square)
    half = SURE / (1 + square) * math.sqrt(share * (1 - share) / of + square / of / 4)
    return max(0.0, middle - half), min(1.0, middle + half)
