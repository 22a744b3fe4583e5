"""SMPL's parameters of a file as the pose of a body that is installed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.body import library
from engine.body.model import FROM_SMPL
from engine.body.stature import shape_of_stature
from engine.errors import InputError
from engine.motion.pose import BodyPose
from engine.motion.rotations import axis_angle_to_quat, change_axes, conjugate, matrix_to_quat, multiply
from engine.motion.skeleton import SMPL_24
from engine.motion.stature import ASSUMED_HEIGHT_M

Float = NDArray[np.float64]


def body_for(model: str, gender: str, betas: Float | None) -> tuple[str, Float, str]:
    """Name and shape of the body that a file's motion is put on, and a sentence about it.

    model   "smpl", "smplh" or "smplx"; gender as the file says; betas its shape, None where it has none
    The licensed body where it is installed, with the file's shape; else the mannequin, as tall as is assumed.
    """
    licensed, why = f"{model}_{gender}", "is not installed"
    if betas is not None and licensed in library.names():
        try:
            count = library.body(licensed).shape_directions.shape[2]
            return licensed, betas[:count], f"Body {licensed} in the file's own shape."
        except InputError as error:
            why = f"was refused ({error})"
    shape = shape_of_stature(library.body(), ASSUMED_HEIGHT_M)
    return library.MANNEQUIN, shape, (
        f"Body height assumed: {ASSUMED_HEIGHT_M:.2f} m. The file's shape is of {licensed}, which {why}; the motion is "
        "on the program's own body."
    )  # fmt: skip


def body_pose(
    times: Float, angles: Float, trans: Float, world: Float, metres: float, name: str, shape: Float
) -> BodyPose:
    """The body's pose of axis-angles (T, J <= 24, 3) radians and trans (T, 3) in the file's axes and unit.

    world (3, 3) turns the file's axes to Z up. SMPL turns about the pelvis joint of the body at rest.
    """
    local = np.zeros((len(times), len(SMPL_24), 4))
    local[..., 0] = 1.0
    local[:, : angles.shape[1]] = axis_angle_to_quat(angles)
    rotations = change_axes(local, FROM_SMPL)
    rotations[:, 0] = multiply(multiply(matrix_to_quat(world), local[:, 0]), conjugate(matrix_to_quat(FROM_SMPL)))
    pelvis = FROM_SMPL.T @ library.body(name).joints(shape)[0]
    return BodyPose(times, rotations, (trans * metres + pelvis) @ world.T, shape, name)
