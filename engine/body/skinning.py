"""Linear blend skinning with corrective pose directions (SMPL, equations 2 to 9).

The NumPy functions are the reference; `engine.body.skinning_torch` gives gradients, the 3D view skins on the GPU.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.body.model import Body, pose_features
from engine.motion.kinematics import forward_kinematics
from engine.motion.pose import BodyPose
from engine.motion.rotations import quat_to_matrix
from engine.motion.skeleton import SMPL_24

Float = NDArray[np.float64]

FRAMES_AT_ONCE = 64
"""Whose pose corrections are one matrix product, a few times as fast as one after the other."""


@dataclass(frozen=True, eq=False)
class Bones:
    """What moves a body's vertices, frame by frame.

    joints    (T, 24, 3) metres, world
    turned    (T, 24, 3, 3) global rotations
    shifts    (T, 24, 3): a rest vertex v of a joint's own goes to turned v + shifts
    features  (T, 207) of the pose directions
    """

    joints: Float
    turned: Float
    shifts: Float
    features: Float


def pose_joints(body: Body, pose: BodyPose) -> Float:
    """Joints (T, 24, 3) metres, in the world; around the pelvis where the pose has no root."""
    return _kinematics(body, pose)[0]


def bones_of(body: Body, pose: BodyPose) -> Bones:
    """The bone transforms of a pose."""
    joints, global_quaternions = _kinematics(body, pose)
    turned = quat_to_matrix(global_quaternions)
    rest = body.joints(pose.shape)
    shifts = joints - np.einsum("tjab,jb->tja", turned, rest)
    return Bones(joints, turned, shifts, pose_features(quat_to_matrix(pose.rotations)))


def posed_vertices(body: Body, pose: BodyPose, vertices: NDArray[np.intp] | None = None) -> Float:
    """Vertices (T, V, 3) metres in the world, or those with the given indices (N,) alone: (T, N, 3)."""
    chosen = slice(None) if vertices is None else vertices
    return skinned(body, bones_of(body, pose), body.shaped(pose.shape)[chosen], vertices)


def skinned(body: Body, bones: Bones, rest: Float, vertices: NDArray[np.intp] | None = None) -> Float:
    """`posed_vertices` from bone transforms and rest vertices (N, 3)."""
    chosen = np.arange(len(body)) if vertices is None else vertices
    weights = body.weights[chosen]
    moved = np.flatnonzero(np.isin(chosen, body.corrected))
    directions = body.pose_directions[chosen[moved]].astype(np.float64).reshape(-1, bones.features.shape[1])
    result = np.empty((len(bones.joints), len(rest), 3))
    for start in range(0, len(result), FRAMES_AT_ONCE):
        corrections = bones.features[start : start + FRAMES_AT_ONCE] @ directions.T
        for t, correction in enumerate(corrections, start):
            placed = rest.copy()
            placed[moved] += correction.reshape(-1, 3)
            turned = (weights @ bones.turned[t].reshape(24, 9)).reshape(-1, 3, 3)
            result[t] = np.einsum("vab,vb->va", turned, placed) + weights @ bones.shifts[t]
    return result


def _kinematics(body: Body, pose: BodyPose) -> tuple[Float, Float]:
    offsets = body.offsets(pose.shape) if pose.offsets is None else pose.offsets
    root = np.zeros((len(pose), 3)) if pose.root is None else pose.root
    return forward_kinematics(SMPL_24, pose.rotations, offsets, root)
