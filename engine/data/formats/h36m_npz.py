"""Human3.6M as VideoPose3D's npz: data_3d_h36m.npz, and data_2d_h36m_*.npz as 2D keypoints (specification 3.1).

    positions_3d  subject -> action -> (F, 32 | 17, 3) metres, world, Z up; 50 Hz
    positions_2d  subject -> action -> four arrays (F, 17, 2) pixels, in the order of the cameras;
                  metadata {layout_name, num_joints, keypoints_symmetry}

Both hold pickled dicts, which are read as data only. Sequences are named "S9/Walking 1", in 2D
"S9/Walking 1/54138969".
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from engine.data.arrays import axes_to_z_up, choose, find_up, floats, mapping, refuse_world, uniform_times
from engine.data.formats.h36m_cameras import LENSES, h36m_cameras
from engine.data.scale import metres_per_unit
from engine.errors import file_error
from engine.motion.clip import MotionClip, Provenance
from engine.motion.skeleton import COCO_17, H36M_17
from engine.motion.up_axis import UpAxis
from engine.observation.keypoints import Keypoints2D
from engine.observation.recording import Recording
from engine.untrusted.limits import read_head
from engine.untrusted.safe_npz import Npz, load_member_cached, npz_names

RATE_HZ = 50.0
OF_32 = [0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27]
_RATE_NOTE = "as Human3.6M was recorded"


def matches(head: bytes, path: Path) -> bool:
    """Tell whether this is an npz in VideoPose3D's layout."""
    return bool({"positions_3d", "positions_2d"} & npz_names(head, path))


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
    """Read one sequence: a 3D file as H36M-17 with the subject's cameras, a 2D file as keypoints of one camera.

    unit and up say what the 3D positions are in, against the format's metres and Z. Raises InputError.
    """
    path = Path(path)
    sequences = _sequences(path)
    name = choose(path, list(sequences), select)
    subject, action = name.split("/")[:2]
    notes = () if select is not None or len(sequences) == 1 else (f"First of {len(sequences)} sequences.",)
    value = sequences[name]
    if name.count("/") == 2:
        refuse_world(path, unit, up)
        return _keypoints(path, name, value, rate_hz, notes)

    joints = value.shape[1] if isinstance(value, np.ndarray) and value.ndim == 3 else 0
    positions = floats(path, name, value, (None, 32 if joints == 32 else 17, 3))
    if joints == 32:
        positions = positions[:, OF_32]
    times, rate = uniform_times(path, len(positions), rate_hz, RATE_HZ, _RATE_NOTE)
    metres, unit_name = (1.0, "metres") if unit is None else metres_per_unit(unit)
    found = find_up(up, UpAxis("Z", "as Human3.6M is"), positions, H36M_17)
    turn = axes_to_z_up(found.axis)
    usual = unit is None and found.axis == "Z"
    return MotionClip(
        name=f"{path.stem} {name}",
        times=times,
        positions=positions @ turn.T * metres,
        skeleton=H36M_17,
        cameras=h36m_cameras(subject) if usual else (),
        category=action,
        subject=subject,
        provenance=Provenance(
            str(path),
            "Human3.6M npz (VideoPose3D)",
            unit_name,
            found.axis,
            rate,
            (*notes, found.note) if found.assumed else notes,
            assumed=found.assumption,
        ),
    )


def _keypoints(path: Path, name: str, value: Any, rate_hz: float | None, notes: tuple[str, ...]) -> Keypoints2D:
    xy = floats(path, name, value, (None, 17, 2))
    times, rate = uniform_times(path, len(xy), rate_hz, RATE_HZ, _RATE_NOTE)
    subject, _, camera_name = name.split("/")
    camera = next((c for c in h36m_cameras(subject) if c.name == camera_name), None)
    lens = next((lens for lens in LENSES if lens.name == camera_name), LENSES[1])
    return Keypoints2D(
        name=f"{path.stem} {name}",
        times=times,
        xy=xy,
        confidence=np.ones(xy.shape[:2]),
        skeleton=COCO_17 if _layout_name(path) == "coco" else H36M_17,
        image_size=lens.image_size,
        camera=camera,
        provenance=Provenance(
            str(path), "Human3.6M 2D npz (VideoPose3D)", "pixels", "", rate,
            (*notes, "The file holds no confidences: 1 everywhere."),
        ),
    )  # fmt: skip


def _sequences(path: Path) -> dict[str, Any]:
    """Return the arrays of the file by their sequence's name."""
    names = npz_names(read_head(path), path)
    key = "positions_3d" if "positions_3d" in names else "positions_2d"
    found: dict[str, Any] = {}
    for subject, actions in mapping(path, key, load_member_cached(path, key)).items():
        for action, value in mapping(path, f"{key} of {subject}", actions).items():
            name = f"{subject}/{str(action).replace('/', ' ')}"
            if key == "positions_3d":
                found[name] = value
                continue
            stacked = isinstance(value, np.ndarray) and value.ndim > 0
            views = list(value) if stacked or isinstance(value, list | tuple) else []
            if not views:
                raise file_error(path, name, "is not a list of views", "give a file in VideoPose3D's layout")
            found |= {f"{name}/{_camera_name(c)}": view for c, view in enumerate(views)}
    return found


def _camera_name(index: int) -> str:
    return LENSES[index].name if index < len(LENSES) else str(index)


def _layout_name(path: Path) -> str:
    """Return the joint layout that the file's metadata name; empty where it has none."""
    npz = Npz(path)
    metadata = npz["metadata"].tolist() if "metadata" in npz else None
    return str(metadata.get("layout_name", "")) if isinstance(metadata, dict) else ""
