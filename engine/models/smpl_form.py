"""Rotations as networks of SMPL bodies answer them: joints in 6D, in SMPL's own axes.

SMPL's joints have Y up and face +Z at rest, ours Z up and -Y; the world, or the camera, is the same in both. So the
root's columns are named anew, and the others' rotations are written in other axes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.body.model import FROM_SMPL
from engine.motion.rotations import change_axes, conjugate, matrix_to_quat, multiply, quat_to_six_d, six_d_to_quat

Float = NDArray[np.float64]


def to_smpl_form(rotations: Float) -> Float:
    """Local rotations (..., J, 4) wxyz, joint 0 in the world -> 6D (..., J, 6)."""
    form = change_axes(rotations, FROM_SMPL.T)
    form[..., 0, :] = multiply(rotations[..., 0, :], matrix_to_quat(FROM_SMPL))
    return quat_to_six_d(form)


def from_smpl_form(six_d: Float) -> Float:
    """6D (..., J, 6), not necessarily orthonormal -> local rotations (..., J, 4) wxyz, joint 0 in the world."""
    form = six_d_to_quat(six_d)
    rotations = change_axes(form, FROM_SMPL)
    rotations[..., 0, :] = multiply(form[..., 0, :], conjugate(matrix_to_quat(FROM_SMPL)))
    return rotations
