"""How tall a person is in a picture: what the errors of a 2D detector are shares of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

NEAREST_M = 0.3
"""Of a person to a camera: nobody is larger in the picture."""


def apparent_height(height_m: float | Float, depth: Float) -> Float:
    """In focal lengths, of people who stand height_m metres tall and whose root is at these depths, metres."""
    return np.asarray(height_m / np.maximum(depth, NEAREST_M))
