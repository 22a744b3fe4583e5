"""MotionBERT's pickles: the whole of Human3.6M in one file, and its clips one by one (specification 3.1).

    whole   train, test -> {joint_2d (N, 17, 2) px, confidence (N, 17 [, 1]), joint3d_image (N, 17, 3) px,
            camera_name (N), source (N); test also 2.5d_factor (N), joints_2.5d_image (N, 17, 3) mm}
    clip    {data_input (T, 17, 3) or None, data_label (T, 17, 3)}: images scaled to [-1, 1]

3D is "2.5D": x and y as in the image, z the depth relative to the root in the same unit, axes of the camera.
Only the test part knows millimetres (2.5d_factor). Elsewhere each frame is scaled to an assumed height of the
person, and the notes say so. Sequences are named "train/<source>" and "test/<source>", in a clip file "label"; with
"/2d" at the end the 2D keypoints are read instead.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.arrays import (
    CAMERA_UP,
    axes_to_z_up,
    choose,
    find_up,
    floats,
    mapping,
    refuse_world,
    stand_on_floor,
    uniform_times,
)
from engine.data.scale import metres_per_unit
from engine.errors import file_error
from engine.motion.clip import MotionClip, Provenance
from engine.motion.skeleton import H36M_17
from engine.motion.stature import ANKLE_HEIGHT_M, ASSUMED_HEIGHT_M, bone_chain_length
from engine.motion.up_axis import UpAxis
from engine.observation.keypoints import Keypoints2D
from engine.observation.recording import Recording
from engine.untrusted.safe_pickle import load_pickle_cached, looks_like_pickle, mentions

Float = NDArray[np.float64]

RATE_HZ = 50.0
_FORMAT = "MotionBERT pickle"
_2D = "/2d"
_CLIP = "label"
_HIGH = {"54138969", "60457274"}  # cameras of 1000 x 1002; the others are 1000 x 1000


def matches(head: bytes, path: Path) -> bool:
    """Tell whether this is a pickle in one of MotionBERT's two layouts."""
    if not looks_like_pickle(head):
        return False
    return mentions(path, b"data_label") or (mentions(path, b"joint3d_image") and mentions(path, b"joint_2d"))


def contents(path: Path) -> list[str]:
    """List the names of all sequences, in the order of the file. Raises InputError."""
    path = Path(path)
    return list(_sequences(path, mapping(path, "content", load_pickle_cached(path))))


def read(
    path: Path,
    *,
    rate_hz: float | None = None,
    unit: str | None = None,
    up: str | None = None,
    select: str | None = None,
) -> Recording:
    """Read one sequence as H36M-17, its root kept at one depth, standing on the floor.

    unit  what a unit of the 3D data is; by default found as the notes say
    up    against a camera's -Y
    Raises InputError.
    """
    path = Path(path)
    content = mapping(path, "content", load_pickle_cached(path))
    sequences = _sequences(path, content)
    name = choose(path, list(sequences), None if select is None else select.removesuffix(_2D))
    notes = [f"First of {len(sequences)} sequences."] if select is None and len(sequences) > 1 else []
    rows = sequences[name]
    if select is not None and select.endswith(_2D):
        refuse_world(path, unit, up)
        points, image = _clip_points(path, content) if rows is None else _points(path, content, name, rows)
        times, rate = uniform_times(path, len(points), rate_hz, RATE_HZ, "as Human3.6M was recorded")
        return Keypoints2D(
            f"{path.stem} {name}", times, points[..., :2], np.clip(points[..., 2], 0, 1), H36M_17, image,
            provenance=Provenance(str(path), _FORMAT, "pixels", "", rate, tuple(notes)),
        )  # fmt: skip

    if rows is None:
        raw, millimetres = floats(path, "data_label", content.get("data_label"), (None, 17, 3)), None
    else:
        raw, millimetres = _joints(path, content, name, rows)
    metres: float | Float
    scaled: tuple[str, ...] = ()
    if unit is not None:
        metres, unit_name = metres_per_unit(unit)
    elif millimetres is not None:
        metres, unit_name = millimetres[:, None, None] / 1000, "millimetres by 2.5d_factor"
    else:
        size = bone_chain_length(raw)
        if not size.min() > 0:
            raise file_error(path, name, "has joints that all coincide", "choose another sequence")
        metres, unit_name = (ASSUMED_HEIGHT_M - ANKLE_HEIGHT_M) / size[:, None, None], "relative to the image"
        scaled = (f"height {ASSUMED_HEIGHT_M:.2f} m",)
        notes.append(f"Each frame scaled to a person {ASSUMED_HEIGHT_M} m tall (assumed: no metric size in the file).")
    found = find_up(up, UpAxis(CAMERA_UP, "as a camera's axes are"), raw, H36M_17)
    turn = axes_to_z_up(found.axis)
    positions, shift = stand_on_floor(raw @ turn.T * metres, H36M_17)
    notes.append(f"{found.note[:-1]}; the root's depth is not known and kept still.")
    notes.append(f"Moved by {np.round(shift, 2).tolist()} m to stand on the floor.")
    times, rate = uniform_times(path, len(raw), rate_hz, RATE_HZ, "as Human3.6M was recorded")
    return MotionClip(
        name=f"{path.stem} {name}",
        times=times,
        positions=positions,
        skeleton=H36M_17,
        provenance=Provenance(
            str(path), _FORMAT, unit_name, found.axis, rate, tuple(notes), assumed=(*found.assumption, *scaled)
        ),
    )


def _sequences(path: Path, content: dict[Any, Any]) -> dict[str, slice | None]:
    """Find the rows of each sequence by its name; None for the one of a clip file."""
    if "data_label" in content:
        return {_CLIP: None}
    found: dict[str, slice | None] = {}
    for part in ("train", "test"):
        if part not in content:
            continue
        sources = mapping(path, part, content[part]).get("source")
        names = np.array(_texts(sources))
        if names.size == 0:
            raise file_error(path, f"source of {part}", "is missing", "give a complete file")
        starts = np.flatnonzero(np.r_[True, names[1:] != names[:-1]])
        for first, last in zip(starts, np.r_[starts[1:], len(names)], strict=True):
            found.setdefault(f"{part}/{names[first]}", slice(int(first), int(last)))
    if not found:
        raise file_error(path, "train and test", "are both missing", "give MotionBERT's Human3.6M pickle")
    return found


def _joints(path: Path, content: dict[Any, Any], name: str, rows: slice) -> tuple[Float, Float | None]:
    """Return 3D joints (T, 17, 3) in pixels from the middle of the image, and millimetres per pixel (T,) if known."""
    part = content[name.split("/")[0]]
    joints = floats(path, "joint3d_image", _rows(part.get("joint3d_image"), rows), (None, 17, 3))
    joints[..., :2] -= np.array(_image(part, rows)) / 2
    factor = part.get("2.5d_factor")
    if factor is None:
        return joints, None
    return joints, floats(path, "2.5d_factor", np.ravel(_rows(factor, rows)), (len(joints),))


def _points(path: Path, content: dict[Any, Any], name: str, rows: slice) -> tuple[Float, tuple[int, int]]:
    """Return 2D keypoints (T, 17, 3) x, y, confidence in pixels, and the image's size."""
    part = content[name.split("/")[0]]
    xy = floats(path, "joint_2d", _rows(part.get("joint_2d"), rows), (None, 17, 2))
    confidence = _rows(part.get("confidence"), rows)
    if isinstance(confidence, np.ndarray) and confidence.ndim == 2:
        confidence = confidence[..., None]
    seen = floats(path, "confidence", confidence, (len(xy), 17, 1))
    return np.concatenate([xy, seen], axis=-1), _image(part, rows)


def _clip_points(path: Path, content: dict[Any, Any]) -> tuple[Float, tuple[int, int]]:
    """Return the same from a clip file, whose image is taken for 1000 x 1000."""
    points = floats(path, "data_input", content.get("data_input"), (None, 17, 3))
    points[..., :2] = (points[..., :2] + 1) * 500
    return points, (1000, 1000)


def _rows(values: Any, rows: slice) -> Any:
    """Return those rows of a table; the whole of what is no table, for the check that follows."""
    sliceable = isinstance(values, list) or (isinstance(values, np.ndarray) and values.ndim > 0)
    return values[rows] if sliceable else values


def _image(part: dict[Any, Any], rows: slice) -> tuple[int, int]:
    return (1000, 1002) if set(_texts(_rows(part.get("camera_name"), rows))) & _HIGH else (1000, 1000)


def _texts(values: Any) -> list[str]:
    """Return a list or array of text as text; empty for anything else."""
    values = values.ravel().tolist() if isinstance(values, np.ndarray) else values
    if not isinstance(values, list):
        return []
    return [v.decode("latin-1") if isinstance(v, bytes) else str(v) for v in values]
