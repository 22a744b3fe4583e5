"""Long arrays, a piece of frames at a time: what is worked out in between then stays small."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from engine.progress import passing

Array = NDArray[np.float64]

PIECE = 4_096
"""Frames of a piece."""


def pieces(frames: int, size: int = PIECE) -> Iterator[slice]:
    """Slices of at most `size` frames that cover (0, frames) one after the other. Raises Cancelled between two."""
    for start in range(0, frames, size):
        if start:
            passing()
        yield slice(start, min(start + size, frames))


def by_pieces(work: Callable[[slice], Array], frames: int, size: int = PIECE) -> Array:
    """work(part) of every piece, each (frames of the part, ...), as one array (frames, ...).

    Equal to work(slice(0, frames)) where work does every frame by itself. Raises Cancelled between two pieces.
    """
    if frames <= size:
        return work(slice(0, frames))
    whole: Array | None = None
    for part in pieces(frames, size):
        found = work(part)
        if whole is None:
            whole = np.empty((frames, *found.shape[1:]), found.dtype)
        whole[part] = found
    assert whole is not None  # there is more than one
    return whole
