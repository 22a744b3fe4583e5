"""Kinestate's own npz: a motion clip, whole and exact, without pickled objects (docs/file-formats.md)."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.arrays import axes_to_z_up, floats, uniform_times
from engine.data.camera_json import camera_from_json, camera_to_json
from engine.data.scale import metres_per_unit
from engine.errors import file_error
from engine.motion.clip import MotionClip, Provenance
from engine.motion.pose import BodyPose
from engine.motion.rotations import change_axes, matrix_to_quat, multiply
from engine.motion.skeleton import SMPL_24, Skeleton
from engine.untrusted.safe_npz import Npz, npz_names
from engine.writing import written_beside

Float = NDArray[np.float64]

VERSION = 1
_UNIT_LENGTH = 1e-3  # how far a stored quaternion may be from length 1
_INFO = "kinestate"  # the JSON member, whose name also marks the format


def save_clip(path: Path, clip: MotionClip, *, single: bool = False) -> None:
    """Write a clip; the file appears whole or not at all.

    single  store positions, rotations and offsets in single precision: half the size, exact to 1 µm at 10 m
    Raises InputError if the file cannot be written.
    """
    path = Path(path)
    kind = np.float32 if single else np.float64
    skeleton, provenance = clip.skeleton, clip.provenance
    info: dict[str, Any] = {
        "version": VERSION,
        "name": clip.name,
        "category": clip.category,
        "subject": clip.subject,
        "skeleton": {key: getattr(skeleton, key) for key in ("name", "names", "parents", "left", "right")},
        "cameras": [camera_to_json(camera) for camera in clip.cameras],
        "provenance": {key: getattr(provenance, key) for key in _PROVENANCE},
    }
    arrays = {"times": clip.times}
    for key in ("positions", "rotations", "offsets"):
        if (array := getattr(clip, key)) is not None:
            arrays[key] = array.astype(kind)
    if clip.body is not None:
        info["body"] = clip.body.body
        for key in _BODY:
            if (array := getattr(clip.body, key)) is not None and array.size:
                arrays[f"body_{key}"] = array.astype(kind)
    with written_beside(path) as part, part.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **{_INFO: np.array(json.dumps(info))}, **arrays)


def matches(head: bytes, path: Path) -> bool:
    """Tell whether this is a clip that Kinestate wrote."""
    return _INFO in npz_names(head, path)


def read(path: Path, *, rate_hz: float | None = None, unit: str | None = None, up: str | None = None) -> MotionClip:
    """Read a clip that `save_clip` wrote, with its provenance.

    rate_hz replaces the timestamps by uniform ones; unit and up say that the numbers in the file are in that
    unit and with that axis up, against what it states. Raises InputError.
    """
    path = Path(path)
    npz = Npz(path)
    info = _parse_info(path, npz[_INFO])
    try:
        skeleton = _skeleton(info["skeleton"])
        cameras = tuple(camera_from_json(c) for c in info["cameras"])
        provenance = _provenance(info["provenance"])
        texts = {key: _text(info[key]) for key in ("name", "category", "subject")}
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        detail = f"{type(error).__name__}: {error}"
        raise file_error(path, _INFO, "is damaged", "save the clip again", detail=detail) from None

    positions = floats(path, "positions", npz["positions"], (None, len(skeleton), 3))
    frames, joints = positions.shape[:2]
    times = floats(path, "times", npz["times"], (frames,))
    if not (np.diff(times) > 0).all():
        raise file_error(path, "times", "do not increase", "save the clip again")
    rotations = floats(path, "rotations", npz["rotations"], (frames, joints, 4)) if "rotations" in npz else None
    offsets = floats(path, "offsets", npz["offsets"], (joints, 3)) if "offsets" in npz else None

    body = _body(path, npz, info, times) if "body" in info else None

    changes: dict[str, str] = {}
    axes, metres = np.eye(3), 1.0
    if rate_hz is not None:
        times, changes["rate"] = uniform_times(path, frames, rate_hz, rate_hz, "")
    if unit is not None:
        metres, name = metres_per_unit(unit)
        changes["unit"] = f"{name} as given"
    if up is not None:
        axes = axes_to_z_up(up)
        changes["up"] = f"{up} as given"
    return MotionClip(
        times=times - times[0],
        positions=positions @ axes.T * metres,
        skeleton=skeleton,
        rotations=None if rotations is None else change_axes(rotations, axes),
        offsets=None if offsets is None else offsets @ axes.T * metres,
        body=None if body is None else _in_world(body, times, axes, metres),
        cameras=tuple(replace(c, rotation=c.rotation @ axes.T, centre=axes @ c.centre * metres) for c in cameras),
        provenance=Provenance(**(provenance | changes)),
        **texts,
    )


_PROVENANCE = ("source", "format", "unit", "up", "rate", "notes", "generated", "assumed")
_BODY = ("rotations", "root", "shape", "offsets")


def _parse_info(path: Path, member: Any) -> dict[str, Any]:
    try:
        info = json.loads(str(member))
        version = int(info["version"])
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError) as error:
        raise file_error(path, _INFO, "is damaged", "save the clip again", detail=str(error)) from None
    if version > VERSION:
        raise file_error(path, "version", f"is {version}, newer than this Kinestate knows", "update Kinestate")
    return dict(info)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    return value


def _skeleton(info: dict[str, Any]) -> Skeleton:
    names, parents = tuple(map(_text, info["names"])), tuple(map(int, info["parents"]))
    left, right = tuple(map(int, info["left"])), tuple(map(int, info["right"]))
    if not names or parents.count(-1) != 1 or not all(-1 <= j < len(names) for j in parents):
        raise ValueError("parents")
    if not all(0 <= j < len(names) for j in (*left, *right)):
        raise ValueError("left and right")
    skeleton = Skeleton(_text(info["name"]), names, parents, left, right)
    if len(skeleton.order) != len(names):
        raise ValueError("parents form a cycle")
    return skeleton


def _body(path: Path, npz: Npz, info: dict[str, Any], times: Float) -> BodyPose:
    """The body's pose, as `save_clip` wrote it, at the times of the clip."""
    frames, joints = len(times), len(SMPL_24)

    def member(key: str, shape: tuple[int | None, ...]) -> Float | None:
        return floats(path, f"body_{key}", npz[f"body_{key}"], shape) if f"body_{key}" in npz else None

    rotations = floats(path, "body_rotations", npz["body_rotations"], (frames, joints, 4))
    length = np.linalg.norm(rotations, axis=-1, keepdims=True)
    if not (np.abs(length - 1) < _UNIT_LENGTH).all():
        raise file_error(path, "body_rotations", "are not unit quaternions", "save the clip again")
    shape = member("shape", (None,))
    shape = np.zeros(0) if shape is None else shape
    name, offsets = info["body"] if isinstance(info["body"], str) else "", member("offsets", (joints, 3))
    return BodyPose(times, rotations / length, member("root", (frames, 3)), shape, name, offsets)


def _in_world(body: BodyPose, times: Float, axes: Float, metres: float) -> BodyPose:
    """The body in a world whose axes and unit a person gave."""
    rotations = body.rotations.copy()
    rotations[:, 0] = multiply(matrix_to_quat(axes), rotations[:, 0])
    return replace(
        body,
        times=times - times[0],
        rotations=rotations,
        root=None if body.root is None else body.root @ axes.T * metres,
        offsets=None if body.offsets is None else body.offsets * metres,
    )


def _provenance(info: dict[str, Any]) -> dict[str, Any]:
    texts: dict[str, Any] = {key: _text(info[key]) for key in ("source", "format", "unit", "up", "rate")}
    lists = {key: tuple(map(_text, info.get(key, ()))) for key in ("notes", "assumed")}
    return texts | lists | {"generated": bool(info["generated"])}
