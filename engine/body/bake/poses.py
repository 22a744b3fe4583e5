"""Twenty poses of a body, for counting how often its surface crosses itself and for looking at it."""

from __future__ import annotations

import numpy as np

from engine.body.model import FROM_SMPL
from engine.motion.pose import BodyPose
from engine.motion.rotations import change_axes, euler_to_quat
from engine.motion.skeleton import SMPL_24

Angles = tuple[float, float, float]

POSES: dict[str, dict[str, Angles]] = {
    # degrees about x (left), y (up), z (forwards), x first; a joint without its side: both, mirrored
    "rest": {},
    "standing": {"shoulder": (0, 0, -72), "elbow": (0, -15, 0)},
    "arms up": {"collar": (0, 0, 25), "shoulder": (0, 0, 60)},
    "shrug": {"collar": (0, 0, 30), "shoulder": (0, 0, -80)},
    "elbows 130": {"elbow": (0, -130, 0)},
    "hip 115, knee 125": {"left hip": (-115, 0, 0), "left knee": (125, 0, 0), "shoulder": (0, 0, -60)},
    "squat": {
        "hip": (-110, 0, 15), "knee": (125, 0, 0), "ankle": (-25, 0, 0), "spine1": (20, 0, 0), "spine2": (15, 0, 0),
        "shoulder": (0, -80, -10),
    },
    "wrists turned 90": {"left wrist": (90, 0, 0), "right wrist": (-90, 0, 0)},
    "upper arms turned 80": {"left shoulder": (80, 0, 0), "right shoulder": (-80, 0, 0)},
    "bent forwards": {
        "spine1": (20, 0, 0), "spine2": (20, 0, 0), "spine3": (20, 0, 0), "neck": (25, 0, 0), "head": (20, 0, 0),
        "shoulder": (0, -60, 0),
    },
    "turned": {
        "spine1": (0, 25, 0), "spine2": (0, 25, 0), "spine3": (0, 25, 0), "neck": (0, 25, 0), "head": (0, 45, 0),
        "shoulder": (0, 0, -65),
    },
    "bent sideways": {
        "spine1": (0, 0, 20), "spine2": (0, 0, 20), "spine3": (0, 0, 20), "neck": (0, 0, 25), "head": (0, 0, 20),
        "shoulder": (0, 0, 0),
    },
    "bent backwards": {
        "spine1": (-15, 0, 0), "spine2": (-15, 0, 0), "spine3": (-15, 0, 0), "neck": (-30, 0, 0), "head": (-25, 0, 0),
        "shoulder": (0, 0, -60),
    },
    "running": {
        "left hip": (-70, 0, 0), "left knee": (80, 0, 0), "right hip": (25, 0, 0), "right knee": (90, 0, 0),
        "shoulder": (0, 0, -65), "elbow": (0, -95, 0), "spine1": (10, 0, 0),
    },
    "walking": {
        "left hip": (-28, 0, 0), "left knee": (8, 0, 0), "right hip": (20, 0, 0), "right knee": (25, 0, 0),
        "shoulder": (0, 0, -70), "elbow": (0, -20, 0),
    },
    "sitting": {"hip": (-90, 0, 5), "knee": (90, 0, 0), "shoulder": (0, 0, -65), "elbow": (0, -70, 0)},
    "kick": {"left hip": (-100, 0, 20), "left knee": (10, 0, 0), "shoulder": (0, -30, 20)},
    "arms forwards": {"shoulder": (0, -90, 0), "wrist": (0, 0, 50)},
    "kneeling": {"left hip": (-85, 0, 0), "left knee": (90, 0, 0), "right knee": (95, 0, 0), "shoulder": (0, 0, -65)},
    "jumping jack": {"hip": (0, 0, 40), "shoulder": (0, 0, 35)},
}  # fmt: skip


def poses(body: str) -> BodyPose:
    """All of POSES, one a second, of the mean shape."""
    rotations = np.stack([_quaternions(pose) for pose in POSES.values()])
    return BodyPose(np.arange(len(POSES), dtype=float), rotations, None, np.zeros(10), body)


def _quaternions(pose: dict[str, Angles]) -> np.ndarray:
    angles = np.zeros((len(SMPL_24), 3))
    for j, name in enumerate(SMPL_24.names):
        side, _, bare = name.rpartition(" ")
        if name in pose:
            angles[j] = pose[name]
        elif side and bare in pose:
            angles[j] = np.array(pose[bare]) * ((1, 1, 1) if side == "left" else (1, -1, -1))
    return change_axes(euler_to_quat(np.radians(angles[:, ::-1]), "ZYX"), FROM_SMPL)
