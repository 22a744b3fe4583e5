"""AMASS npz: SMPL, SMPL+H and SMPL-X motions, in both spellings of their keys (specification 3.4).

    poses (F, 72 | 156 | 165) axis-angle, or root_orient (F, 3) and pose_body (F, 63); trans (F, 3) metres;
    mocap_framerate or mocap_frame_rate; gender, betas

The body model's files are licensed and not needed: the joint angles move a rest skeleton of our own, written
below, so joint positions are those of a person of its proportions. SMPL's rest pose is Y up and faces +Z; AMASS
worlds are Z up, reached by the root rotation, so a person who stands upright with a root rotation of 90 degrees
about X faces -Y, as in Kinestate. Local rotations are rewritten so that identity is that T-pose.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.arrays import axes_to_z_up, floats, number, stand_on_floor, uniform_times
from engine.data.scale import metres_per_unit
from engine.errors import file_error
from engine.motion.clip import MotionClip, Provenance
from engine.motion.kinematics import forward_kinematics
from engine.motion.rotations import (
    axis_angle_to_quat,
    change_axes,
    conjugate,
    matrix_to_quat,
    multiply,
)
from engine.motion.skeleton import SMPL_22
from engine.untrusted.safe_npz import Npz, npz_names

Float = NDArray[np.float64]

ASSUMED_HZ = 60.0
_BODIES = {66: "body only", 72: "SMPL", 156: "SMPL+H", 165: "SMPL-X"}  # width of `poses` -> model
_RATES = ("mocap_framerate", "mocap_frame_rate")
_LARGEST_LIFT = 0.15  # metres; feet further off the floor are meant to be there
_REST_TO_Z_UP = axes_to_z_up("Y")

_SIDE = {  # left side, metres from the parent: x to the person's left, y backwards, z up
    "hip": (0.09, 0.0, -0.08),
    "knee": (0.02, 0.0, -0.39),
    "ankle": (-0.01, 0.03, -0.40),
    "foot": (0.03, -0.13, -0.06),
    "collar": (0.08, 0.01, 0.12),
    "shoulder": (0.10, 0.01, 0.03),
    "elbow": (0.26, 0.02, -0.01),
    "wrist": (0.25, 0.0, 0.0),
}
_MIDDLE = {
    "pelvis": (0.0, 0.0, 0.0),
    "spine1": (0.0, 0.02, 0.11),
    "spine2": (0.0, 0.0, 0.13),
    "spine3": (0.0, -0.01, 0.06),
    "neck": (0.0, 0.02, 0.21),
    "head": (0.0, -0.04, 0.09),
}


def rest_offsets() -> Float:
    """Return rest offsets (22, 3) in metres of a T-pose of SMPL-22, Z up, facing -Y; a person of about 1.7 m.

    Proportions are this project's own and not those of the SMPL model.
    """
    offsets = []
    for name in SMPL_22.names:
        side, _, joint = name.rpartition(" ")
        x, y, z = _SIDE[joint] if side else _MIDDLE[joint]
        offsets.append((-x if side == "right" else x, y, z))
    return np.array(offsets)


def matches(head: bytes, path: Path) -> bool:
    """Tell whether this is an npz with SMPL pose parameters."""
    names = npz_names(head, path)
    return "trans" in names and ("poses" in names or {"root_orient", "pose_body"} <= names)


def read(path: Path, *, rate_hz: float | None = None, unit: str | None = None, up: str | None = None) -> MotionClip:
    """Read a motion as SMPL-22 (the hands of SMPL, SMPL+H and SMPL-X are dropped), with rotations.

    unit and up say what `trans` and the world are in, against the format's metres and Z. Raises InputError.
    """
    path = Path(path)
    npz = Npz(path)
    angles, body = _angles(path, npz)
    trans = floats(path, "trans", npz["trans"], (len(angles), 3))
    key = next((k for k in _RATES if k in npz), None)
    stated = ASSUMED_HZ if key is None else number(path, key, npz[key])
    times, rate = uniform_times(
        path, len(trans), rate_hz, stated, "assumed, the file holds none" if key is None else f"from {key}"
    )
    metres, unit_name = (1.0, "metres") if unit is None else metres_per_unit(unit)
    world = axes_to_z_up("Z" if up is None else up)

    local = axis_angle_to_quat(angles)
    rotations = change_axes(local, _REST_TO_Z_UP)
    rotations[:, 0] = multiply(multiply(matrix_to_quat(world), local[:, 0]), conjugate(matrix_to_quat(_REST_TO_Z_UP)))
    offsets = rest_offsets()
    positions, _ = forward_kinematics(SMPL_22, rotations, offsets, trans @ world.T * metres)
    notes = ["Own rest skeleton, not the subject's: the licensed body model is not used."]
    if up is None:
        notes.append("Z up as AMASS files are; a subject who stands with root rotation 90 degrees about X faces -Y.")
    lift = float(stand_on_floor(positions, SMPL_22)[1][2])
    if abs(lift) <= _LARGEST_LIFT:
        positions[..., 2] += lift
        notes.append(f"Moved {'up' if lift > 0 else 'down'} by {abs(lift):.3f} m, so that its feet meet the floor.")
    gender = npz["gender"].tolist() if "gender" in npz else ""
    gender = gender.decode("ascii", "replace") if isinstance(gender, bytes) else gender
    if isinstance(gender, str) and gender.isascii() and gender.isalpha():
        notes.append(f"Gender {gender}; body shape not used.")
    return MotionClip(
        name=path.stem,
        times=times,
        positions=positions,
        skeleton=SMPL_22,
        rotations=rotations,
        offsets=offsets,
        provenance=Provenance(
            str(path), f"AMASS npz ({body})", unit_name, "Z" if up is None else up.strip().upper(), rate, tuple(notes)
        ),
    )


def _angles(path: Path, npz: Npz) -> tuple[Float, str]:
    """Return the axis-angles (F, 22, 3) of the body, radians, and what model the file is for."""
    if "poses" in npz:
        poses = floats(path, "poses", npz["poses"], (None, None))
        if poses.shape[1] not in _BODIES:
            known = ", ".join(f"{width} ({name})" for width, name in _BODIES.items())
            raise file_error(path, "poses", f"has {poses.shape[1]} columns", f"give a file with {known}")
        return poses[:, :66].reshape(-1, 22, 3), _BODIES[poses.shape[1]]
    root = floats(path, "root_orient", npz["root_orient"], (None, 3))
    body = floats(path, "pose_body", npz["pose_body"], (len(root), 63))
    return np.concatenate([root, body], axis=1).reshape(-1, 22, 3), "SMPL-X" if "pose_jaw" in npz else "SMPL+H"
