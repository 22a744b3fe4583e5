"""Conversion of a file's untrusted values to checked arrays in Kinestate's units and axes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.data.scale import check_rate, check_up
from engine.errors import InputError, file_error
from engine.motion.skeleton import Skeleton
from engine.motion.stature import ANKLE_HEIGHT_M
from engine.motion.up_axis import TO_Z_UP, UpAxis, up_axis

Float = NDArray[np.float64]

_LARGEST = 1e12  # in any unit

CAMERA_UP = "-Y"  # camera coordinates: x right, y down, z forward


def floats(path: Path, field: str, value: Any, shape: tuple[int | None, ...]) -> Float:
    """Return an array of the file as float64 of the given shape; None admits any positive length on that axis.

    Raises InputError for another shape, no frames, and what is no number, NaN, infinite or absurdly large.
    """
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "biuf":
        raise file_error(path, field, "is not an array of numbers", "give a complete file")
    wrong = value.ndim != len(shape) or any(n != m for n, m in zip(value.shape, shape, strict=True) if m is not None)
    if wrong or 0 in value.shape:
        wanted = " x ".join("any" if n is None else str(n) for n in shape) or "one number"
        found = " x ".join(map(str, value.shape)) or "one number"
        raise file_error(path, field, f"is {found} where {wanted} was expected", "give a complete file")
    array = np.asarray(value).astype(np.float64)
    usable = np.abs(array) <= _LARGEST  # false for NaN
    if not usable.all():
        first = int(np.argwhere(~usable)[0, 0]) if array.ndim else 0
        raise file_error(path, field, f"holds a value that is not finite at index {first}", "repair or cut it")
    return array


def number(path: Path, field: str, value: Any) -> float:
    """Return one finite number, however the file wraps it. Raises InputError."""
    array = np.asarray(value) if isinstance(value, int | float | np.generic | np.ndarray) else np.empty(0)
    if array.size != 1 or array.dtype.kind not in "iuf" or not np.isfinite(array).all():
        raise file_error(path, field, "is not a number", "give a complete file")
    return float(array.item())


def mapping(path: Path, field: str, value: Any) -> dict[Any, Any]:
    """Return the value itself, if it is a dict that is not empty. Raises InputError."""
    if not isinstance(value, dict) or not value:
        raise file_error(path, field, "is not a table with entries", "give a complete file")
    return value


def uniform_times(path: Path, frames: int, rate_hz: float | None, default_hz: float, source: str) -> tuple[Float, str]:
    """Return timestamps (frames,) in seconds from 0, and how the rate is known; rate_hz, where given, wins.

    source tells where default_hz comes from ("from mocap_framerate", "assumed"). Raises InputError.
    """
    return numbered_times(path, range(frames), rate_hz, default_hz, source)


def numbered_times(
    path: Path, numbers: ArrayLike, rate_hz: float | None, default_hz: float, source: str
) -> tuple[Float, str]:
    """Return the same for frames with these numbers (frames,), of which some are left out."""
    rate = check_rate(path, default_hz if rate_hz is None else rate_hz)
    frames = np.asarray(numbers)
    return (frames - frames[0]) / rate, f"{rate:g} Hz {source if rate_hz is None else 'as given'}"


def refuse_world(path: Path, unit: str | None, up: str | None) -> None:
    """Raise InputError for a unit or an up axis that is given for points of a picture."""
    if unit is not None or up is not None:
        raise InputError(f"{path.name}: 2D keypoints are in pixels; leave out unit and up axis.")


def axes_to_z_up(up: str) -> Float:
    """Return the rotation (3, 3), on column vectors, from an up axis to Z up. Raises InputError."""
    return TO_Z_UP[check_up(up)]


def find_up(up: str | None, stated: UpAxis | None, positions: Float, skeleton: Skeleton) -> UpAxis:
    """Return the axis that is given, else the one that `up_axis` finds in positions (T, J, 3). Raises InputError."""
    if up is not None:
        return UpAxis(check_up(up), "as given")
    ankles = [skeleton.index("left ankle"), skeleton.index("right ankle")]
    head = skeleton.index(next(joint for joint in ("head", "head top", "nose") if joint in skeleton.names))
    return up_axis(stated, positions[:, head], positions[:, ankles])


def stand_on_floor(positions: Float, skeleton: Skeleton) -> tuple[Float, Float]:
    """Move positions (T, J, 3) so that the root starts above the origin and the feet stand on z = 0.

    Feet: the lower ankle is at its usual height in all but the lowest 5 % of frames, so that one bad frame does
    not lift the clip. Returns the positions and the shift (3,) that was added, metres.
    """
    ankles = positions[:, [skeleton.index("left ankle"), skeleton.index("right ankle")], 2]
    lift = ANKLE_HEIGHT_M - np.percentile(ankles.min(1), 5)
    shift = np.array([*-positions[0, skeleton.root, :2], lift])
    return positions + shift, shift


def choose(path: Path, names: Sequence[str], select: str | None) -> str:
    """Return the selected sequence, by default the first. Raises InputError, naming some, if it is not there."""
    if select is None:
        return names[0]
    if select in names:
        return select
    some = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    raise InputError(f"{path.name}: it holds no sequence {select!r}; choose one of {some}.")
