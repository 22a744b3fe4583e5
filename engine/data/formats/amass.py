"""AMASS npz: SMPL, SMPL+H and SMPL-X motions, in both spellings of their keys (specification 3.4).

    poses (F, 72 | 156 | 165) axis-angle, or root_orient (F, 3) and pose_body (F, 63); trans (F, 3) metres;
    mocap_framerate or mocap_frame_rate; gender, betas

The body model's files are licensed and not needed: without them the joint angles move the program's own body, so joint
positions are those of a person of its proportions. SMPL's rest pose is Y up and faces +Z; AMASS
worlds are Z up, reached by the root rotation, so a person who stands upright with a root rotation of 90 degrees
about X faces -Y, as in Kinestate. Local rotations are rewritten so that identity is that T-pose.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.body import library
from engine.body.model import FROM_SMPL
from engine.data.arrays import axes_to_z_up, find_up, floats, stand_on_floor, uniform_times
from engine.data.rates import rate_in
from engine.data.scale import metres_per_unit
from engine.data.smpl_parameters import body_for, body_pose
from engine.errors import file_error
from engine.kinds import as_joints
from engine.motion.clip import MotionClip, Provenance
from engine.motion.skeleton import SMPL_22
from engine.motion.stature import ASSUMED_HEIGHT_M
from engine.motion.up_axis import UpAxis
from engine.untrusted.safe_npz import Npz, npz_names

Float = NDArray[np.float64]

ASSUMED_HZ = 60.0
_BODIES = {66: "body only", 72: "SMPL", 156: "SMPL+H", 165: "SMPL-X"}  # width of `poses` -> model
_OFFSETS = "kinestate_offsets"  # of files that Kinestate exported
_LARGEST_LIFT = 0.15  # metres; feet further off the floor are meant to be there
_MODELS = {"body only": "smplh", "SMPL": "smpl", "SMPL+H": "smplh", "SMPL-X": "smplx"}


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
    stated = rate_in(path, npz) if rate_hz is None else None
    known = "assumed, the file holds none" if stated is None else f"from {stated.key}"
    times, rate = uniform_times(path, len(trans), rate_hz, ASSUMED_HZ if stated is None else stated.hz, known)
    assumed: tuple[str, ...] = (f"{ASSUMED_HZ:g} Hz",) if rate_hz is None and stated is None else ()
    metres, unit_name = (1.0, "metres") if unit is None else metres_per_unit(unit)

    gender = _text(npz["gender"]) if "gender" in npz else ""
    betas = floats(path, "betas", npz["betas"], (None,)) if "betas" in npz else None
    offsets = floats(path, _OFFSETS, npz[_OFFSETS], (24, 3)) if _OFFSETS in npz else None
    if offsets is None:
        name, shape, note = body_for(_MODELS[body], gender or "neutral", betas)
    else:
        name, shape, note = _exported_body(path, npz)
    if offsets is None and name == library.MANNEQUIN:
        assumed += (f"height {ASSUMED_HEIGHT_M:.2f} m",)
    pose = body_pose(times, angles, trans, np.eye(3), metres, name, shape)
    if offsets is not None:
        pose = replace(pose, root=metres * (trans + offsets[0]), offsets=metres * offsets @ FROM_SMPL.T)
    joints = as_joints(pose, SMPL_22)
    found = find_up(up, UpAxis("Z", "as AMASS files are"), joints.positions, SMPL_22)
    world, here = axes_to_z_up(found.axis), np.zeros((len(pose), 3))
    pose, positions = pose.in_world(world, here), joints.in_world(world, here).positions
    notes = [note, found.note]
    lift = float(stand_on_floor(positions, SMPL_22)[1][2])
    if offsets is None and abs(lift) <= _LARGEST_LIFT:
        pose = pose.in_world(np.eye(3), np.tile((0.0, 0.0, lift), (len(pose), 1)))
        positions[..., 2] += lift
        notes.append(f"Moved {'up' if lift > 0 else 'down'} by {abs(lift):.3f} m, so that its feet meet the floor.")
    if gender:
        notes.append(f"Gender {gender}.")
    return MotionClip(
        name=path.stem,
        times=times,
        positions=positions,
        skeleton=SMPL_22,
        rotations=pose.rotations[:, : len(SMPL_22)],
        offsets=(library.body(name).offsets(shape) if pose.offsets is None else pose.offsets)[: len(SMPL_22)],
        body=pose,
        provenance=Provenance(
            str(path),
            f"AMASS npz ({body})",
            unit_name,
            found.axis,
            rate,
            tuple(notes),
            assumed=(*assumed, *found.assumption),
        ),
    )


def _exported_body(path: Path, npz: Npz) -> tuple[str, Float, str]:
    """Return name and shape of the body of a file that Kinestate exported, and a sentence about it."""
    note = "Exported by Kinestate, with the bones of its person"
    name = str(npz["kinestate_body"]) if "kinestate_body" in npz else ""
    if name not in library.names() or "kinestate_shape" not in npz:
        return library.MANNEQUIN, np.zeros(0), f"{note}; its body is not installed, so they wear the program's own."
    shape = floats(path, "kinestate_shape", npz["kinestate_shape"], (None,))
    return name, shape[: library.body(name).shape_directions.shape[2]], f"{note}."


def _text(value: NDArray[Any]) -> str:
    """Return a word of the file, "" for anything else."""
    word = value.tolist()
    word = word.decode("ascii", "replace") if isinstance(word, bytes) else word
    return word.lower() if isinstance(word, str) and word.isascii() and word.isalpha() else ""


def _angles(path: Path, npz: Npz) -> tuple[Float, str]:
    """Return the axis-angles (F, 22 or, with hands, 24, 3) of the body, radians, and what model the file is for."""
    if "poses" in npz:
        stored = npz["poses"]
        shape = (None, None, 3) if stored.ndim == 3 else (None, None)  # (F, 24, 3) is (F, 72) folded
        poses = floats(path, "poses", stored, shape).reshape(len(stored), -1)
        if poses.shape[1] not in _BODIES:
            known = ", ".join(f"{width} ({name})" for width, name in _BODIES.items())
            raise file_error(path, "poses", f"has {poses.shape[1]} columns", f"give a file with {known}")
        used = 72 if _BODIES[poses.shape[1]] == "SMPL" else 66  # SMPL's hands are two joints, the others' have fingers
        return poses[:, :used].reshape(len(poses), -1, 3), _BODIES[poses.shape[1]]
    root = floats(path, "root_orient", npz["root_orient"], (None, 3))
    body = floats(path, "pose_body", npz["pose_body"], (len(root), 63))
    return np.concatenate([root, body], axis=1).reshape(-1, 22, 3), "SMPL-X" if "pose_jaw" in npz else "SMPL+H"
