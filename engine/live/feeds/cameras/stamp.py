"""Numbers drawn into pictures, so that whoever shows a picture can be asked which one it was."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BITS = 16
SHARE = 1 / 24
"""Of the picture's height, at its upper edge."""


def stamp(picture: NDArray[np.uint8], number: int) -> None:
    """Draw a number, modulo 2^16, as bars: white for each bit that is set, the least one on the left."""
    height, width = picture.shape[:2]
    bright = np.array([255 * (number >> bit & 1) for bit in range(BITS)], np.uint8)
    picture[: max(round(SHARE * height), 1)] = bright[np.arange(width) * BITS // width][None, :, None]


def stamped(picture: NDArray[np.uint8]) -> int:
    """The number that was drawn into a picture of any size, grey or in colour, also after compression."""
    height, width = picture.shape[:2]
    columns = ((np.arange(BITS) + 0.5) * width / BITS).astype(int)
    bars = picture[int(SHARE * height / 2), columns].reshape(BITS, -1).mean(-1)
    return int(sum(1 << int(bit) for bit in np.flatnonzero(bars > 127)))
