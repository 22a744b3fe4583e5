"""Joints of another skeleton on a body, one frame after the other, from the few vertices that they are made of.

`engine.kinds.as_joints` is the reference, for whole motions.
"""

from __future__ import annotations

import numpy as np

from engine.body import library
from engine.body.posed import Float, PosedBody
from engine.motion.pose import BodyPose, Joints
from engine.motion.skeleton import Skeleton


class RegressedJoints:
    """Made for one person: the body, shape and offsets of the first pose. KeyError for an unknown skeleton."""

    def __init__(self, first: BodyPose, skeleton: Skeleton) -> None:
        self.skeleton, self._first = skeleton, first
        body = library.body(first.body)
        self._posed = PosedBody(body, first)
        regressor = body.regressors[skeleton.name]
        used = np.flatnonzero(np.abs(regressor).max(0) > 0)
        self._regressor, self._rest = regressor[:, used], body.shaped(first.shape)[used]
        self._weights = body.weights[used]
        self._directions = body.pose_directions[used].astype(np.float64).reshape(3 * len(used), -1)

    def fits(self, pose: BodyPose) -> bool:
        """Whether a pose is of the same person."""
        first = self._first
        same_bones = pose.offsets is first.offsets or (
            pose.offsets is not None and first.offsets is not None and np.array_equal(pose.offsets, first.offsets)
        )
        return pose.body == first.body and np.array_equal(pose.shape, first.shape) and same_bones

    def push(self, pose: BodyPose) -> Joints:
        """The joints of a pose of one frame that `fits`."""
        self._posed.show(pose)
        placement = self._posed.at(0)
        rest = self._rest + (self._directions @ placement.features).reshape(-1, 3)
        blended = (self._weights @ placement.transforms.reshape(24, 12)).reshape(-1, 3, 4)
        vertices: Float = np.einsum("vab,vb->va", blended[..., :3], rest) + blended[..., 3]
        positions = (self._regressor @ vertices)[None]
        return Joints(pose.times, positions, self.skeleton, frame=pose.frame, rooted=pose.root is not None)
