"""MPI-INF-3DHP as P-STMO's npz (specification 3.2).

    train  data: "S1 Seq1" -> [{camera -> {data_2d (F, 17, 2) px, data_3d (F, 17, 3) mm}}, fps]
    test   data: "TS1" -> {data_2d, data_3d, valid (F)}

3D is in the axes of the camera (x right, y down, z forward), with the root subtracted from all joints but
itself; it is put back. Sequences are named "S1 Seq1/0" (camera 0) or "TS1"; with "/2d" at the end the
file's 2D keypoints are read instead.
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
    number,
    refuse_world,
    stand_on_floor,
    uniform_times,
)
from engine.data.scale import metres_per_unit
from engine.errors import file_error
from engine.motion.clip import MotionClip, Provenance
from engine.motion.skeleton import MPI_INF_3DHP_17
from engine.motion.up_axis import UpAxis
from engine.observation.keypoints import Keypoints2D
from engine.observation.recording import Recording
from engine.untrusted.safe_npz import load_member_cached, npz_names

Float = NDArray[np.float64]

ASSUMED_TEST_HZ = 25.0
_FORMAT = "MPI-INF-3DHP npz (P-STMO)"
_WIDE = ("TS5", "TS6")  # filmed at 1920 x 1080; everything else at 2048 x 2048
_2D = "/2d"


def matches(head: bytes, path: Path) -> bool:
    """Tell whether this is an npz with the one member `data`."""
    return npz_names(head, path) == {"data"}


def contents(path: Path) -> list[str]:
    """List the names of all sequences, in the order of the file. Raises InputError."""
    return list(_sequences(Path(path)))


def read(
    path: Path,
    *,
    rate_hz: float | None = None,
    unit: str | None = None,
    up: str | None = None,
    select: str | None = None,
) -> Recording:
    """Read one sequence in the joint order of the file, MPI-INF-3DHP-17, standing on the floor.

    unit and up are those of the 3D data, against millimetres and a camera's -Y. Raises InputError.
    """
    path = Path(path)
    sequences = _sequences(path)
    name = choose(path, list(sequences), None if select is None else select.removesuffix(_2D))
    view, fps = sequences[name]
    view = mapping(path, name, view)
    subject = name.split()[0].split("/")[0]
    notes = [f"First of {len(sequences)} sequences."] if select is None and len(sequences) > 1 else []
    known = "assumed, test sequences state none" if fps is None else "from the file"
    stated = ASSUMED_TEST_HZ if fps is None else number(path, f"fps of {name}", fps)
    if select is not None and select.endswith(_2D):
        refuse_world(path, unit, up)
        xy = floats(path, f"data_2d of {name}", view.get("data_2d"), (None, 17, 2))
        times, rate = uniform_times(path, len(xy), rate_hz, stated, known)
        return Keypoints2D(
            f"{path.stem} {name}", times, xy, np.ones(xy.shape[:2]), MPI_INF_3DHP_17,
            (1920, 1080) if subject in _WIDE else (2048, 2048),
            provenance=Provenance(
                str(path), _FORMAT, "pixels", "", rate, (*notes, "The file holds no confidences: 1 everywhere.")
            ),
        )  # fmt: skip

    data = floats(path, f"data_3d of {name}", view.get("data_3d"), (None, 17, 3))
    times, rate = uniform_times(path, len(data), rate_hz, stated, known)
    metres, unit_name = (0.001, "millimetres") if unit is None else metres_per_unit(unit)
    data, note = _with_root(data)
    found = find_up(up, UpAxis(CAMERA_UP, "as a camera's axes are"), data, MPI_INF_3DHP_17)
    turn = axes_to_z_up(found.axis)
    positions, shift = stand_on_floor(data @ turn.T * metres, MPI_INF_3DHP_17)
    notes += note
    notes.append(f"{found.note[:-1]}; moved by {np.round(shift, 2).tolist()} m to stand on the floor.")
    if "valid" in view:
        valid = floats(path, f"valid of {name}", np.ravel(view["valid"]), (len(data),)) > 0
        notes.append(f"{int(valid.sum())} of {len(valid)} frames are valid for scoring.")
    return MotionClip(
        name=f"{path.stem} {name}",
        times=times,
        positions=positions,
        skeleton=MPI_INF_3DHP_17,
        subject=subject,
        provenance=Provenance(str(path), _FORMAT, unit_name, found.axis, rate, tuple(notes), assumed=found.assumption),
    )


def _sequences(path: Path) -> dict[str, tuple[Any, Any]]:
    """Return (view, fps or None) of each sequence by its name."""
    found: dict[str, tuple[Any, Any]] = {}
    for name, value in mapping(path, "data", load_member_cached(path, "data")).items():
        match value:
            case {"data_3d": _}:
                found[str(name)] = value, None
            case [{**cameras}, fps]:
                found |= {f"{name}/{camera}": (view, fps) for camera, view in cameras.items()}
            case _:
                raise file_error(path, f"data of {name}", "is no sequence", "give the npz that P-STMO prepares")
    if not found:
        raise file_error(path, "data", "holds no camera", "give the npz that P-STMO prepares")
    return found


def _with_root(data: Float) -> tuple[Float, list[str]]:
    """Add the root's track to the other joints, if it was subtracted, which their distance from it shows."""
    root = MPI_INF_3DHP_17.root
    others = np.delete(data, root, axis=1)
    from_root = np.linalg.norm(others - data[:, root : root + 1], axis=-1)
    if np.median(np.linalg.norm(others, axis=-1)) >= np.median(from_root):
        return data, []
    whole = data + data[:, root : root + 1]
    whole[:, root] = data[:, root]
    return whole, ["The root's track, stored apart, was added to the joints."]
