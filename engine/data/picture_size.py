"""Size of the picture that keypoints were found in, where the file does not hold it.

Its centre and width say along which ray every point was seen. Of the usual pictures that hold all points, the one is
taken in whose middle the person is most of the time: whoever films a person holds the camera to them. The body's
proportions tell far less: a wrong size makes all of its bones longer or shorter alike (docs/file-formats.md).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Size = tuple[int, int]

USUAL: tuple[Size, ...] = (
    (640, 480), (1280, 720), (1920, 1080), (2560, 1440), (3840, 2160), (7680, 4320),
    (480, 640), (720, 1280), (1080, 1920), (1440, 2560), (2160, 3840), (4320, 7680),
)  # fmt: skip
"""Width and height; the smaller ones first."""

FOR_SHARES: Size = (1920, 1080)
"""Taken for points that are shares of the picture."""


_ALIKE = 0.1
"""Shares of a picture: where two put the person as near to the middle, it cannot be told which one it is."""


def likely_sizes(xy: Float, seen: NDArray[np.bool_]) -> tuple[Size, ...]:
    """The picture's size for points (T, K, 2) in pixels, of which `seen` (T, K) were seen; then those as likely."""
    found = xy[seen]
    high = np.percentile(found, 99, axis=0)
    # Landscape, unless the points reach farther down than across.
    lying = high[0] >= high[1]
    holding = [size for size in USUAL if (size[0] > size[1]) == lying and high[0] <= size[0] and high[1] <= size[1]]
    if not holding:
        return ((math.ceil(high[0]), math.ceil(high[1])),)
    middle = np.median(found, axis=0)
    off = {size: float(np.abs(middle / size - 0.5).sum()) for size in holding}
    return tuple(size for size in sorted(off, key=off.__getitem__) if off[size] < min(off.values()) + _ALIKE)
