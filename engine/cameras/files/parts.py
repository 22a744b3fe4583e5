"""Numbers of calibration files, checked, and cameras made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.cameras.lens import COUNTS
from engine.cameras.pinhole import Camera
from engine.cameras.rotation_vectors import matrix_of
from engine.errors import file_error

Float = NDArray[np.float64]

MOST_AWAY = 1e6  # metres, or millimetres that are taken for them at first
MOST_CAMERAS = 10_000


@dataclass(frozen=True)
class CalibrationFile:
    """The cameras of a file, and sentences about what was assumed or converted.

    sized: whether the file says how large pictures are
    """

    cameras: tuple[Camera, ...]
    format: str
    notes: tuple[str, ...] = ()
    sized: bool = True


def numbers(path: Path, field: str, value: Any, *shape: int) -> Float:
    """Finite numbers in a shape, row by row; no shape = a list of any length. Raises InputError."""
    try:
        found = np.asarray(value, np.float64)
    except (TypeError, ValueError, OverflowError):
        raise file_error(path, field, "is no list of numbers", "repair it") from None
    count = int(np.prod(shape)) if shape else found.size
    if found.size != count:
        raise file_error(path, field, f"has {found.size} numbers instead of {count}", "repair it")
    if not np.isfinite(found).all():
        raise file_error(path, field, "holds a number that is not finite", "repair it")
    return found.reshape(shape) if shape else found.ravel()


def part(path: Path, entry: Any, field: str, *names: str) -> Any:
    """The value under the first of the names that is there. Raises InputError."""
    if isinstance(entry, Mapping):
        for name in names:
            if name in entry:
                return entry[name]
    raise file_error(path, f"{field} {names[0]}", "is missing", "export the calibration again")


def camera_of(
    path: Path,
    name: str,
    matrix: Any,
    distortion: Any,
    rotation: Any,
    translation: Any,
    size: Any,
    *,
    metres: float = 1.0,
) -> Camera:
    """A camera of OpenCV's K, distortion, R (matrix or vector), t and (width, height). Raises InputError.

    metres   what t's unit is
    An unknown size is taken to be twice the principal point.
    """
    name = str(name)
    intrinsic = numbers(path, f"{name} matrix", matrix, 3, 3)
    focal, principal = (intrinsic[0, 0], intrinsic[1, 1]), (intrinsic[0, 2], intrinsic[1, 2])
    if not (min(focal) >= 1 and max(focal) < 1e7):
        raise file_error(path, f"{name} focal length", f"is {focal[0]:g}, {focal[1]:g} pixels", "repair it")
    if abs(intrinsic[0, 1]) > 1e-3 * focal[0]:
        raise file_error(path, f"{name} skew", f"is {intrinsic[0, 1]:g}", "calibrate without skew")
    turn = numbers(path, f"{name} rotation", rotation)
    if turn.size not in (3, 9):
        raise file_error(path, f"{name} rotation", f"has {turn.size} numbers", "write a matrix or a vector")
    turn = turn.reshape(3, 3) if turn.size == 9 else matrix_of(turn)
    if np.abs(turn @ turn.T - np.eye(3)).max() > 1e-2 or np.linalg.det(turn) < 0:
        raise file_error(path, f"{name} rotation", "is no rotation", "export the calibration again")
    left, _, right = np.linalg.svd(turn)
    turn = left @ right  # rounded numbers made exact
    centre = -turn.T @ (numbers(path, f"{name} translation", translation, 3) * metres)
    if np.abs(centre).max() > MOST_AWAY:
        place = ", ".join(f"{x:.0f}" for x in centre)
        raise file_error(path, f"{name} translation", f"puts the camera at {place}", "check it")
    width, height = (2 * principal[0], 2 * principal[1]) if size is None else numbers(path, f"{name} size", size, 2)
    if not (0 < width < 1e5 and 0 < height < 1e5):
        raise file_error(path, f"{name} size", f"is {width:g} x {height:g}", "write the picture's width and height")
    return Camera(
        name,
        turn,
        centre,
        (float(focal[0]), float(focal[1])),
        (float(principal[0]), float(principal[1])),
        (round(width), round(height)),
        coefficients(path, f"{name} distortion", distortion),
    )


def coefficients(path: Path, field: str, given: Any) -> tuple[float, ...]:
    """Distortion in one of OpenCV's lengths; zeros at the end are left out, and put where a length needs them."""
    found = [float(x) for x in numbers(path, field, [] if given is None else given)]
    if len(found) > COUNTS[-1]:
        raise file_error(path, field, f"has {len(found)} coefficients; OpenCV has 14 at most", "calibrate again")
    while found and found[-1] == 0:
        found.pop()
    length = next(count for count in COUNTS if count >= len(found))
    return tuple(found + [0.0] * (length - len(found)))


UNITS = {"metres": 1.0, "centimetres": 0.01, "millimetres": 0.001, "m": 1.0, "cm": 0.01, "mm": 0.001}


def guess_metres(centres: Sequence[Float], unit: str = "") -> tuple[float, str]:
    """What a file's unit of length is, and the sentence about it; a unit that it names is believed.

    Otherwise by how far the cameras are from their middle: up to 40 m, 0.4 to 10 m or above 1 m.
    """
    if unit in UNITS:
        return UNITS[unit], ""
    places = np.asarray(centres).reshape(-1, 3)
    spread = float(np.linalg.norm(places - places.mean(0), axis=1).max()) if len(places) > 1 else 1.0
    name = "metres" if spread <= 40 else "centimetres" if spread <= 1000 else "millimetres"
    return UNITS[name], f"Places were taken for {name}."
