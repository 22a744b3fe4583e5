"""Heading of a person."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RIGHT_HIP, LEFT_HIP, RIGHT_SHOULDER, LEFT_SHOULDER = 1, 4, 14, 11
FIRST_FRAMES = 30


def heading(positions: NDArray[np.floating]) -> float:
    """Where an H36M-17 motion (T, 17, 3) faces at its start: radians counter-clockwise from -Y, seen from above.

    Perpendicular to hips and shoulders, averaged over the first frames; 0 (facing -Y) where that is undefined.
    """
    start = np.asarray(positions[:FIRST_FRAMES], float)
    across = (start[:, LEFT_HIP] - start[:, RIGHT_HIP] + start[:, LEFT_SHOULDER] - start[:, RIGHT_SHOULDER]).mean(0)
    if np.hypot(across[0], across[1]) < 1e-6:
        return 0.0
    return float(np.arctan2(across[1], across[0]))
