"""SMPL parameters as datasets and body estimators write them: npz, pickle, joblib, .pt (engine.data.smpl.people).

Which axis is up is found from the posture, where the person does not stand along the one that such files have.
A camera sees no floor, and estimated worlds have it anywhere: the feet are put on z = 0.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.body import library
from engine.data.arrays import CAMERA_UP, axes_to_z_up, choose, find_up, numbered_times, stand_on_floor
from engine.data.joints.gaps import left_out
from engine.data.rates import KEYS
from engine.data.scale import metres_per_unit
from engine.data.smpl.people import AIST, ANY, tracks_of
from engine.data.smpl.record import BETAS, PAIRS, PLACES, POSES, SmplTrack
from engine.data.smpl_parameters import body_for, body_pose
from engine.kinds import as_joints
from engine.motion.clip import MotionClip, Provenance
from engine.motion.skeleton import SMPL_22, SMPL_24
from engine.motion.up_axis import UpAxis
from engine.untrusted.limits import read_head
from engine.untrusted.safe_npz import Npz, npz_names
from engine.untrusted.safe_pickle import load_pickle_cached, looks_like_pickle, mentions
from engine.untrusted.torch_file import is_torch_file, load_torch_file, torch_file_mentions

Float = NDArray[np.float64]

ASSUMED_HZ = 30.0
_ASSUMED = "assumed, the file holds none"
_OWN = ("smpl_poses", "smpl_thetas", "pose_world", "smpl_params_global")
"""Keys that no other kind of file has."""


_OTHERS = ("smpl_scaling", "frame_ids", "gender", "results", "pred_cam", "orig_cam")
_MEMBERS = {*_OWN, *POSES, *PLACES, *BETAS, *PAIRS[0], *PAIRS[1], *_OTHERS}


def matches(head: bytes, path: Path) -> bool:
    """Tell whether this is an npz or a pickle with the pose of an SMPL body, and no AMASS file."""
    if names := npz_names(head, path):
        pose = names.intersection(("poses", "pose")) and "betas" in names and "trans" not in names
        return names == {"results"} or bool(names.intersection(_OWN)) or set(PAIRS[0]) <= names or bool(pose)
    if is_torch_file(head, path):
        return torch_file_mentions(path, b"smpl_params_global")
    if not looks_like_pickle(head) or not any(mentions(path, word) for word in (b"pose", b"smpl_thetas")):
        return False  # at once: a large file is searched for each word
    if mentions(path, b"jointPositions"):  # of 3DPW
        return False
    pairs = (*PAIRS, ("pose", "betas"), ("poses", "trans"))
    return any(_has_key(path, key) for key in _OWN) or any(_has_key(path, a) and _has_key(path, b) for a, b in pairs)


def contents(path: Path) -> list[str]:
    """List the people, in 4D-Humans' and ROMP's files the one seen in most frames first. Raises InputError."""
    return list(_tracks(Path(path)))


def read(
    path: Path,
    *,
    rate_hz: float | None = None,
    unit: str | None = None,
    up: str | None = None,
    select: str | None = None,
) -> MotionClip:
    """Read one person as SMPL-24, or SMPL-22 where the file's body has fingers, with rotations and the body.

    rate_hz  30 where neither the file nor the person says
    unit     of the person's place, against metres
    up       against what the posture says
    Raises InputError.
    """
    path = Path(path)
    tracks = _tracks(path)
    who = choose(path, list(tracks), select)
    track = tracks[who]
    stated, source = _rate(track)
    times, rate = numbered_times(path, track.frames, rate_hz, stated, source)
    assumed = [f"{ASSUMED_HZ:g} Hz"] if rate_hz is None and source == _ASSUMED else []
    name, shape, note = body_for(_model(track), track.gender or "neutral", track.betas)
    notes = [note, *left_out(track.frames)]
    metres, unit_name = (1.0, "metres") if unit is None else metres_per_unit(unit)

    here = np.zeros((len(times), 3)) if track.trans is None else track.trans
    pose = body_pose(times, track.angles, here, np.eye(3), metres, name, shape)
    skeleton = SMPL_24 if track.angles.shape[1] == len(SMPL_24) else SMPL_22
    usual = UpAxis(track.up, "assumed", assumed=True) if track.form == ANY else UpAxis(track.up, "as such files are")
    joints = as_joints(pose, skeleton)
    found = find_up(up, usual, joints.positions, skeleton)
    notes.append(found.note)
    world = axes_to_z_up(found.axis)
    shift = stand_on_floor(joints.positions @ world.T, skeleton)[1]
    if track.trans is not None and found.axis != CAMERA_UP:
        shift[:2] = 0.0
    shifts = np.tile(shift, (len(times), 1))
    pose, joints = pose.in_world(world, shifts), joints.in_world(world, shifts)
    notes.append(f"Moved by {np.round(shift, 2).tolist()} m, so that its feet meet the floor.")
    if track.trans is None:
        notes.append("The file holds no place: the pelvis is kept still.")
    return MotionClip(
        name=path.stem if len(tracks) == 1 else f"{path.stem} {who}",
        times=times,
        positions=joints.positions,
        skeleton=skeleton,
        rotations=pose.rotations[:, : len(skeleton)],
        offsets=library.body(name).offsets(shape)[: len(skeleton)],
        body=pose,
        provenance=Provenance(
            str(path), f"SMPL parameters ({track.form})", unit_name, found.axis, rate, tuple(notes),
            assumed=(*assumed, *found.assumption),
        ),
    )  # fmt: skip


def _tracks(path: Path) -> dict[str, SmplTrack]:
    head = read_head(path)
    if is_torch_file(head, path):
        return tracks_of(path, load_torch_file(path))
    if not head.startswith(b"PK"):
        return tracks_of(path, load_pickle_cached(path))
    npz = Npz(path)
    return tracks_of(path, {name: npz[name] for name in npz if name in _MEMBERS or name.lower() in KEYS})


def _rate(track: SmplTrack) -> tuple[float, str]:
    """Return the rate, hertz, and how it is known."""
    if track.rate is not None:
        return track.rate.hz, f"from {track.rate.key}"
    return (60.0, "as AIST++ was recorded") if track.form == AIST else (ASSUMED_HZ, _ASSUMED)


def _model(track: SmplTrack) -> str:
    """Return the family of bodies that the file's shape is of."""
    return "smpl" if track.angles.shape[1] == len(SMPL_24) else "smplx"


def _has_key(path: Path, key: str) -> bool:
    """Tell whether a pickle holds a text that is exactly this, as protocols 0 to 5 write it."""
    text, size = key.encode(), len(key)
    if not mentions(path, text):
        return False
    forms = (b"X" + size.to_bytes(4, "little"), b"\x8c" + bytes([size]), b"U" + bytes([size]))
    return any(mentions(path, form + text) for form in forms) or mentions(path, b"'" + text + b"'")
