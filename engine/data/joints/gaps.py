"""Joint positions with gaps: NaN where a joint or a marker was not seen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.arrays import floats
from engine.errors import file_error

Float = NDArray[np.float64]


def with_gaps(path: Path, field: str, value: Any, shape: tuple[int | None, ...]) -> Float:
    """Return an array of the file as `floats` does, but keep NaN. Raises InputError."""
    if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
        return floats(path, field, value, shape)
    missing = np.isnan(value)
    return np.where(missing, np.nan, floats(path, field, np.where(missing, 0, value), shape))


def left_out(numbers: Sequence[int] | NDArray[np.integer]) -> list[str]:
    """Return a note of the frames that are missing between increasing frame numbers (T,); none where all are there."""
    frames = int(numbers[-1] - numbers[0]) + 1
    lacking = frames - len(numbers)
    return [f"Not seen in {lacking} of {frames} frames; the others keep their time."] if lacking else []


def bridged(path: Path, positions: Float, names: tuple[str, ...]) -> tuple[Float, list[str]]:
    """Return positions (T, J, 3) with straight lines over the gaps of each joint, and a note of how many there were.

    Before its first and after its last place a joint stays there. Raises InputError for a joint that is never seen.
    """
    missing = np.asarray(np.isnan(positions).any(-1))
    if not missing.any():
        return positions, []
    never = [names[j] for j in np.flatnonzero(missing.all(0))]
    if never:
        raise file_error(path, ", ".join(never[:4]), "is never seen", "give a file in which the whole body is")
    whole, frames = positions.copy(), np.arange(len(positions))
    for j in np.flatnonzero(missing.any(0)):
        seen = ~missing[:, j]
        for axis in range(3):
            whole[~seen, j, axis] = np.interp(frames[~seen], frames[seen], positions[seen, j, axis])
    share = 100 * missing.mean()
    return whole, [f"{share:.2g} % of the places are missing in the file and were bridged by straight lines."]
