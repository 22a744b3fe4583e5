"""One person's SMPL parameters from a table of a file, under the names and in the shapes that are usual.

Rotations are axis-angles or matrices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.arrays import floats
from engine.data.rates import StatedRate, rate_in
from engine.errors import file_error
from engine.motion.rotations import matrix_to_quat, quat_to_axis_angle

Float = NDArray[np.float64]

POSES = ("smpl_poses", "pose_world", "poses", "smpl_thetas", "pose")
PAIRS = (("global_orient", "body_pose"), ("root_orient", "pose_body"))
PLACES = ("trans_world", "smpl_trans", "transl", "trans", "cam_trans")
BETAS = ("betas", "smpl_betas")
_LARGEST_ANGLE = 1e3
_LARGEST = 1e12


@dataclass(frozen=True)
class SmplTrack:
    """One person's SMPL parameters, in the file's axes.

    angles  (T, J <= 24, 3) axis-angles, radians
    trans   (T, 3) metres; None where the file holds no place
    betas   (S,); None where it holds none
    frames  (T,) frame numbers, increasing
    up      the axis that files of this form have up
    rate    as the file states it; None where it does not
    """

    form: str
    angles: Float
    trans: Float | None
    betas: Float | None
    frames: NDArray[np.int64]
    up: str
    rate: StatedRate | None = None
    gender: str = ""


def has_pose(record: Mapping[Any, Any]) -> bool:
    """Tell whether a table holds the pose of a body under one of the known names."""
    return any(key in record for key in POSES) or any(a in record and b in record for a, b in PAIRS)


def track_of(path: Path, record: Mapping[Any, Any], form: str, up: str) -> SmplTrack:
    """Return the track of a table that has a pose; form and up as in `SmplTrack`. Raises InputError."""
    angles = _pose(path, record)
    frames = len(angles)
    trans = None
    place = next((k for k in PLACES if k in record), None)
    if place is not None:
        trans = floats(path, place, _squeezed(record[place], 2), (frames, 3))
    if "smpl_scaling" in record and trans is not None:
        scaling = floats(path, "smpl_scaling", np.ravel(array_of(record["smpl_scaling"])), (1,))
        if not scaling[0] > 0:
            raise file_error(path, "smpl_scaling", f"is {scaling[0]:g}", "give a complete file")
        trans = trans / scaling[0]
    numbers = np.arange(frames)
    if "frame_ids" in record:
        numbers = floats(path, "frame_ids", np.ravel(array_of(record["frame_ids"])), (frames,)).astype(np.int64)
        if not (np.diff(numbers) > 0).all():
            raise file_error(path, "frame_ids", "do not increase", "give a complete file")
    return SmplTrack(
        form, angles, trans, _shape(path, record), numbers, up, rate_in(path, record), _word(record.get("gender", ""))
    )


def _pose(path: Path, record: Mapping[Any, Any]) -> Float:
    """Return the axis-angles (T, J, 3) of the body, 22 joints or SMPL's 24."""
    for key in POSES:
        if key in record:
            angles = _axis_angles(path, key, record[key])
            break
    else:
        found = next((pair for pair in PAIRS if pair[0] in record and pair[1] in record), None)
        if found is None:
            raise file_error(path, PAIRS[0][0], "and body_pose are missing", "give a complete file")
        key, second = found
        root, body = _axis_angles(path, key, record[key]), _axis_angles(path, second, record[second])
        if len(root) != len(body) or root.shape[1] != 1:
            raise file_error(path, key, f"and {second} do not belong together", "give a complete file")
        angles = np.concatenate([root, body], axis=1)
    if angles.shape[1] < 22:
        raise file_error(path, key, f"has {angles.shape[1]} joints", "give SMPL's 24, or 22 of SMPL-H or SMPL-X")
    return angles[:, : 24 if angles.shape[1] == 24 else 22]  # hands of others are fingers, or a jaw


def _axis_angles(path: Path, key: str, value: Any) -> Float:
    """Return rotations of any of the usual shapes as axis-angles (T, J, 3)."""
    array = array_of(value)
    if array.ndim >= 3 and array.shape[-2:] == (3, 3) and (array.ndim >= 4 or not _is_angles(array)):
        matrices = floats(path, key, array.reshape(len(array), -1, 3, 3), (None, None, 3, 3))
        turned = np.allclose(matrices @ matrices.swapaxes(-1, -2), np.eye(3), atol=1e-2)
        if not turned or np.linalg.det(matrices).min() < 0:
            raise file_error(path, key, "holds matrices that are no rotations", "give a complete file")
        return quat_to_axis_angle(matrix_to_quat(matrices))
    if array.ndim < 2 or not array.size or array[0].size % 3:
        raise file_error(path, key, "is no table of axis-angles or matrices", "give a complete file")
    angles = floats(path, key, array.reshape(len(array), -1, 3), (None, None, 3))
    if np.abs(angles).max() > _LARGEST_ANGLE:
        raise file_error(path, key, "holds angles that are no radians", "give radians")
    return angles


def _is_angles(array: NDArray[Any]) -> bool:
    """Tell whether (T, 3, 3) numbers are three axis-angles rather than matrices."""
    if array.dtype.kind not in "biuf":
        return True
    return not np.allclose(array @ array.swapaxes(-1, -2), np.eye(3), atol=1e-2)


def _shape(path: Path, record: Mapping[Any, Any]) -> Float | None:
    """Return one shape (S,), the median where there is one for each frame; None without one."""
    key = next((k for k in BETAS if k in record), None)
    if key is None:
        return None
    betas = np.atleast_2d(array_of(record[key]))
    return np.asarray(np.median(floats(path, key, betas.reshape(-1, betas.shape[-1] or 1), (None, None)), axis=0))


def item(value: Any) -> Any:
    """Return the object that an array of one object wraps; anything else as it is."""
    if isinstance(value, np.ndarray) and value.dtype == object and value.ndim == 0:
        return value.item()
    return value


def array_of(value: Any) -> NDArray[Any]:
    """Return an array of the file, or a plain list of numbers as one; an array of no numbers for anything else."""
    value = item(value)
    if isinstance(value, np.ndarray):
        return value
    numbers = isinstance(value, list | tuple) and all(type(n) in (int, float) and abs(n) < _LARGEST for n in value)
    return np.array(value, float) if numbers else np.array(None)


def _squeezed(value: Any, axes: int) -> NDArray[Any]:
    """Return an array without its axes of length 1, but for the first, down to so many axes."""
    array = array_of(value)
    while array.ndim > axes and 1 in array.shape[1:]:
        array = array.squeeze(1 + array.shape[1:].index(1))
    return array


def _word(value: Any) -> str:
    """Return a short word of the file; "" for anything else."""
    value = item(value)
    text = value.item() if isinstance(value, np.ndarray) and value.size == 1 else value
    return text.lower() if isinstance(text, str) and text.isascii() and text.isalpha() and len(text) < 10 else ""
