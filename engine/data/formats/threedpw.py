"""3DPW's sequence files: Python 2 pickles of SMPL joints in the world and of a moving camera (specification 3.3).

    jointPositions  one (F, 72) for each person: 24 joints, metres, world; 30 Hz
    poses, trans    one (F, 72) axis-angles and one (F, 3) for each person, optional: their SMPL pose
    poses2d         one (F, 3, 18) for each person: x, y, confidence of OpenPose's 18 points
    cam_poses (F, 4, 4) world -> camera, cam_intrinsics (3, 3), campose_valid one (F,) for each person, sequence

Frames whose camera was not aligned (campose_valid 0) are left out; the others keep their time. Which way is up is
found from the posture. A `Camera` stands still, so the moving one is left out of a clip. Sequences are named
"person 0", "person 1"; with "/2d" at the end the file's 2D keypoints are read instead.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.body import library
from engine.cameras.pinhole import Camera
from engine.data.arrays import axes_to_z_up, choose, find_up, floats, mapping, refuse_world, uniform_times
from engine.data.joint_sets import COCO_OF_18
from engine.data.scale import metres_per_unit
from engine.data.smpl_parameters import body_pose
from engine.errors import file_error
from engine.motion.clip import MotionClip, Provenance
from engine.motion.kinematics import rest_offsets
from engine.motion.pose import BodyPose
from engine.motion.skeleton import COCO_17, SMPL_24
from engine.observation.keypoints import Keypoints2D
from engine.observation.recording import Recording
from engine.untrusted.safe_pickle import load_pickle_cached, looks_like_pickle, mentions

Float = NDArray[np.float64]

RATE_HZ = 30.0
_FORMAT = "3DPW pickle"
_2D = "/2d"
_LARGEST_SLIDE = 0.02  # metres by which a joint may move on its parent's bone


def matches(head: bytes, path: Path) -> bool:
    """Tell whether this is a pickle that speaks of joint positions and camera poses."""
    return looks_like_pickle(head) and mentions(path, b"jointPositions") and mentions(path, b"cam_poses")


def contents(path: Path) -> list[str]:
    """List the people in the sequence. Raises InputError."""
    path = Path(path)
    return _people(path, _load(path))


def read(
    path: Path,
    *,
    rate_hz: float | None = None,
    unit: str | None = None,
    up: str | None = None,
    select: str | None = None,
) -> Recording:
    """Read one person as SMPL-24.

    unit and up say what the 3D positions are in, against metres and the axis found. Raises InputError.
    """
    path = Path(path)
    content = _load(path)
    who = choose(path, _people(path, content), None if select is None else select.removesuffix(_2D))
    person = int(who.removeprefix("person "))
    joints = floats(path, "jointPositions", _of(path, content, "jointPositions", person), (None, 72))
    frames = len(joints)
    valid = np.ones(frames, bool)
    if "campose_valid" in content:
        valid = floats(path, "campose_valid", _of(path, content, "campose_valid", person), (frames,)) > 0
    if not valid.any():
        raise file_error(path, "campose_valid", f"is 0 in all {frames} frames of {who}", "choose another person")
    times, rate = uniform_times(path, frames, rate_hz, RATE_HZ, "as 3DPW was recorded")
    times = times[valid] - times[valid][0]
    notes = [] if valid.all() else [f"{int((~valid).sum())} of {frames} frames without an aligned camera left out."]
    name = f"{path.stem} {who}"
    if select is not None and select.endswith(_2D):
        refuse_world(path, unit, up)
        points = floats(path, "poses2d", _of(path, content, "poses2d", person), (frames, 3, 18))[valid]
        points = points.transpose(0, 2, 1)[:, list(COCO_OF_18)]
        seen = points[..., 2:] > 0
        turn = axes_to_z_up(find_up(None, None, joints[valid].reshape(-1, 24, 3), SMPL_24).axis)
        camera = _camera(path, content, int(np.argmax(valid)), turn)
        notes.append("The camera moves: its intrinsics hold throughout, its place is that of the first frame.")
        return Keypoints2D(
            name, times, np.where(seen, points[..., :2], 0.0), np.clip(points[..., 2], 0, 1), COCO_17,
            camera.image_size, camera, Provenance(str(path), _FORMAT, "pixels", "", rate, tuple(notes)),
        )  # fmt: skip

    positions = joints[valid].reshape(-1, 24, 3)
    found = find_up(up, None, positions, SMPL_24)
    notes.append(found.note)
    metres, unit_name = (1.0, "metres") if unit is None else metres_per_unit(unit)
    world = axes_to_z_up(found.axis)
    positions = positions @ world.T * metres
    body = _body(path, content, person, valid, times, positions, world) if "poses" in content else None
    if body is not None:
        notes.append(f"The file's SMPL pose on the program's own body, {body.body}, with the bones of its joints.")
    return MotionClip(
        name=name,
        times=times,
        positions=positions,
        skeleton=SMPL_24,
        body=body,
        subject=str(person),
        provenance=Provenance(str(path), _FORMAT, unit_name, found.axis, rate, tuple(notes), assumed=found.assumption),
    )


def _body(
    path: Path,
    content: dict[Any, Any],
    person: int,
    valid: NDArray[np.bool_],
    times: Float,
    positions: Float,
    world: Float,
) -> BodyPose | None:
    """Return the pose of the mannequin on the skeleton of the file's joints; None where the two do not agree."""
    poses = floats(path, "poses", _of(path, content, "poses", person), (len(valid), 72))[valid].reshape(-1, 24, 3)
    name, nothing = library.MANNEQUIN, np.zeros(0)
    pose = body_pose(times, poses, np.zeros((len(times), 3)), world, 1.0, name, nothing)
    offsets, slide = rest_offsets(SMPL_24, pose.rotations, positions)
    return replace(pose, root=positions[:, 0], offsets=offsets) if slide < _LARGEST_SLIDE else None


def _load(path: Path) -> dict[Any, Any]:
    return mapping(path, "content", load_pickle_cached(path))


def _people(path: Path, content: dict[Any, Any]) -> list[str]:
    found = content.get("jointPositions")
    if not isinstance(found, list) or not found:
        raise file_error(path, "jointPositions", "is not a list of people", "give a 3DPW sequence file")
    return [f"person {k}" for k in range(len(found))]


def _of(path: Path, content: dict[Any, Any], key: str, person: int) -> Any:
    values = content.get(key)
    if not isinstance(values, list) or len(values) <= person:
        raise file_error(path, key, f"has no entry for person {person}", "give a complete file")
    return values[person]


def _camera(path: Path, content: dict[Any, Any], frame: int, turn: Float) -> Camera:
    """Return the camera of one frame; turn (3, 3) brings the file's world to Z up."""
    lens = floats(path, "cam_intrinsics", content.get("cam_intrinsics"), (3, 3))
    poses = floats(path, "cam_poses", content.get("cam_poses"), (None, 4, 4))
    rotation, shift = poses[min(frame, len(poses) - 1)][:3, :3], poses[min(frame, len(poses) - 1)][:3, 3]
    if not np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-2) or min(lens[0, 0], lens[1, 1]) <= 0:
        raise file_error(path, "cam_poses", "or cam_intrinsics are no camera", "give a complete file")
    portrait = lens[0, 2] < lens[1, 2]
    return Camera(
        name="first frame",
        rotation=rotation @ turn.T,
        centre=turn @ (-rotation.T @ shift),
        focal=(float(lens[0, 0]), float(lens[1, 1])),
        principal=(float(lens[0, 2]), float(lens[1, 2])),
        image_size=(1080, 1920) if portrait else (1920, 1080),
    )
