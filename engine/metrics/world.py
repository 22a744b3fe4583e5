"""Errors and jitter of a body's joints where it stands in the world: not moved onto the truth.

Definitions: specification data_and_metrics.md, section 4: the measures of models that see a headset and two hands.
Positions (T, J, 3) metres, of SMPL-24's first 22 joints or more; only these 22 count. Lengths in centimetres.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.body import library
from engine.body.model import Body
from engine.body.skinning import pose_joints
from engine.metrics.motion import derivative, jitter_m_s3
from engine.motion.pose import BodyPose

Float = NDArray[np.float64]

CM = 100.0
COUNTED = 22
UPPER = (3, 6, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21)
LOWER = (0, 1, 2, 4, 5, 7, 8, 10, 11)
HANDS = (20, 21)
ROOT = (0,)
"""Indices into SMPL's joints; the hands are the wrists. UPPER and LOWER together are all 22."""


def both_in_world(prediction: BodyPose, truth: BodyPose) -> bool:
    """Whether both have a place in the world."""
    return in_world(prediction, None) and in_world(truth, None)


def in_world(pose: BodyPose, _: object) -> bool:
    """Whether a pose has a place in the world."""
    return pose.root is not None and pose.frame == "world"


def joints_of(pose: BodyPose) -> Float:
    """The joints (T, 24, 3) of a body's pose, metres. The last few poses stay in memory: do not modify them."""
    return _joints_once(library.body(pose.body), pose)


def world_error_cm(prediction: Float, truth: Float) -> Float:
    """Distance of each joint, (T, 22) cm. Its mean is the trackers' MPJPE; of columns, that of hands, upper body …"""
    return np.asarray(CM * np.linalg.norm(prediction[:, :COUNTED] - truth[:, :COUNTED], axis=-1))


def world_velocity_error_cm_s(prediction: Float, truth: Float, times: Float) -> Float:
    """Norm of the difference of velocities, (T - 1, 22) cm/s, on real time. Its mean is the trackers' MPJVE."""
    difference = derivative(prediction[:, :COUNTED] - truth[:, :COUNTED], times, 1)
    return np.asarray(CM * np.linalg.norm(difference, axis=-1))


def world_jitter_100_m_s3(positions: Float, times: Float) -> Float:
    """Norm of the third derivative in the world, (T - 3, 22), in 10^2 m/s^3 as the tables of AGRoL print it."""
    return jitter_m_s3(positions[:, :COUNTED], times) / 100


@lru_cache(maxsize=8)
def _joints_once(body: Body, pose: BodyPose) -> Float:
    return pose_joints(body, pose)
