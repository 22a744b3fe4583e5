"""Rotation errors of a body's pose, degrees.

Definitions: specification data_and_metrics.md, section 4. Local rotations (T, 24, 4) wxyz of SMPL's tree go in; values
are (T, 21), one for each joint of the body but the root and the hands.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.motion.rotations import conjugate, multiply, quat_to_axis_angle

Float = NDArray[np.float64]

JOINTS = slice(1, 22)
"""Of SMPL's joints, those that a headset's trackers are judged by: no root, no hands."""


def rotation_error_deg(prediction: Float, truth: Float) -> Float:
    """Mean absolute difference of the three axis-angle components, each wrapped once into (-pi, pi]: (T, 21) degrees.

    Its mean is MPJRE as the public code of AvatarPoser and AGRoL computes it. It is no angle between rotations: two
    ways to write nearly the same half turn differ much.
    """
    difference = quat_to_axis_angle(prediction[:, JOINTS]) - quat_to_axis_angle(truth[:, JOINTS])
    difference = np.where(difference > np.pi, difference - 2 * np.pi, difference)
    difference = np.where(difference <= -np.pi, difference + 2 * np.pi, difference)
    return np.asarray(np.degrees(np.abs(difference)).mean(-1))


def geodesic_error_deg(prediction: Float, truth: Float) -> Float:
    """Angle of the rotation from prediction to truth, arccos((trace(P^T G) - 1) / 2): (T, 21) degrees."""
    between = multiply(conjugate(prediction[:, JOINTS]), truth[:, JOINTS])
    sine, cosine = np.linalg.norm(between[..., 1:], axis=-1), np.abs(between[..., 0])
    return np.asarray(np.degrees(2 * np.arctan2(sine, cosine)))  # as exact for small angles as for large ones
