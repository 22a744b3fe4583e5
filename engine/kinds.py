"""Joints, body, mesh or labels of a pose, a clip or a prediction. Nobody else asks which kind something is."""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch

import numpy as np
from numpy.typing import NDArray

from engine.body.library import body
from engine.body.skinning import pose_joints, posed_vertices
from engine.errors import InputError
from engine.motion.clip import MotionClip
from engine.motion.conversions import convert, in_layout
from engine.motion.kinematics import global_rotations
from engine.motion.pose import BodyPose, ClassScores, Joints, Person, Truth
from engine.motion.rotations import rotate
from engine.motion.skeleton import SMPL_24, Skeleton
from engine.pieces import by_pieces

Float = NDArray[np.float64]

_VERTICES = 1024
"""Frames whose vertices are in memory at once."""


@singledispatch
def as_joints(given: object, skeleton: Skeleton) -> Joints:
    """The joints of a pose, a person or a clip in a skeleton. Raises InputError where no rule leads there."""
    raise InputError(f"{type(given).__name__} has no joints; choose a model that predicts a pose.")


@as_joints.register
def _(given: Joints, skeleton: Skeleton) -> Joints:
    if given.skeleton.names == skeleton.names:
        return given
    clip = MotionClip("pose", given.times, given.positions, given.skeleton)
    return replace(given, positions=convert(clip, skeleton).positions, skeleton=skeleton, confidence=None)


@as_joints.register
def _(given: Person, skeleton: Skeleton) -> Joints:
    return as_joints(given.pose, skeleton)


@as_joints.register
def _(given: MotionClip, skeleton: Skeleton) -> Joints:
    found = in_layout(given, skeleton)
    return Joints(found.times, found.positions, found.skeleton)


@as_joints.register
def _(given: BodyPose, skeleton: Skeleton) -> Joints:
    model = body(given.body)

    def own(part: slice) -> Float:
        return pose_joints(model, given.take(part))

    regressor = model.regressors.get(skeleton.name)
    if skeleton.names == SMPL_24.names:
        return _joints(given, by_pieces(own, len(given)), SMPL_24)
    if regressor is None:
        return _without_regressor(given, by_pieces(own, len(given)), skeleton)
    used = np.flatnonzero(np.abs(regressor).max(0) > 0)
    weights = regressor[:, used]

    def regressed(part: slice) -> Float:
        return np.asarray(weights @ posed_vertices(model, given.take(part), used))

    return _joints(given, by_pieces(regressed, len(given), _VERTICES), skeleton)


def _without_regressor(given: BodyPose, joints: Float, skeleton: Skeleton) -> Joints:
    """By the rules for SMPL's joints; nose and head top, which it lacks, where the mannequin has them on its head."""
    found = as_joints(_joints(given, joints, SMPL_24), skeleton)
    regressor = body().regressors.get(skeleton.name)
    points = [skeleton.names.index(name) for name in ("nose", "head top") if name in skeleton.names]
    if regressor is None or not points:
        return found
    head, nothing = SMPL_24.index("head"), np.zeros(0)
    on_head = regressor[points] @ body().shaped(nothing) - body().joints(nothing)[head]
    turned = global_rotations(SMPL_24, given.rotations)[:, head]
    positions = found.positions.copy()
    positions[:, points] = joints[:, head, None] + rotate(turned[:, None], on_head)
    return replace(found, positions=positions)


def _joints(given: BodyPose, positions: Float, skeleton: Skeleton) -> Joints:
    return Joints(given.times, positions, skeleton, frame=given.frame, rooted=given.root is not None)


def first_person(truth: Truth) -> Joints | BodyPose | None:
    """The pose of the first of the people; None where there are none, and for labels."""
    return truth[0].pose if isinstance(truth, tuple) and truth else None


@singledispatch
def as_body(given: object) -> BodyPose | None:
    """The body's pose of a prediction, a person or a clip; None where it has none."""
    return None


@as_body.register
def _(given: BodyPose) -> BodyPose:
    return given


@as_body.register
def _(given: Person) -> BodyPose | None:
    return as_body(given.pose)


@as_body.register
def _(given: MotionClip) -> BodyPose | None:
    return given.body


@singledispatch
def as_mesh(given: object, frame: int) -> Float:
    """Vertices (V, 3) metres of a pose at one frame. Raises InputError for one without a body."""
    raise InputError(f"{type(given).__name__} has no mesh; choose a model that predicts a body.")


@as_mesh.register
def _(given: BodyPose, frame: int) -> Float:
    return posed_vertices(body(given.body), given.take(slice(frame, frame + 1)))[0]


@singledispatch
def as_labels(given: object) -> ClassScores:
    """The scores of a prediction. Raises InputError for one without."""
    raise InputError(f"{type(given).__name__} has no labels; choose a model that recognises actions.")


@as_labels.register
def _(given: ClassScores) -> ClassScores:
    return given
