"""Single frames of a posed body, for drawing: the same time for each, however long the motion is.

`engine.body.skinning` is the reference; here one frame is computed alone, without SciPy, in single precision.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.body.model import POSE_FEATURES, Body
from engine.motion.pose import BodyPose
from engine.motion.skeleton import SMPL_24

Float = NDArray[np.float64]
Single = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Placement:
    """Where a body's bones are at one frame.

    joints      (24, 3) metres, world
    transforms  (24, 3, 4): a rest vertex v of a joint's own goes to transforms (v, 1)
    features    (207,) of the pose directions
    """

    joints: Float
    transforms: Float
    features: Float

    def moved(self, offset: tuple[float, float, float]) -> Placement:
        """Copy it to a place (x, y, z) metres away."""
        if not any(offset):
            return self
        transforms = self.transforms.copy()
        transforms[..., 3] += offset
        return Placement(self.joints + offset, transforms, self.features)


class PosedBody:
    """A body in motion, frame by frame; the frame that was asked for last is kept."""

    def __init__(self, body: Body, pose: BodyPose) -> None:
        self.body, self.pose = body, pose
        self._last: tuple[int, Placement] | None = None

    def __len__(self) -> int:
        return len(self.pose)

    @cached_property
    def rest(self) -> Float:
        """Rest vertices (V, 3) metres in the pose's shape."""
        return self.body.shaped(self.pose.shape)

    @cached_property
    def rest_joints(self) -> Float:
        """Rest joints (24, 3) metres in the pose's shape."""
        return np.asarray(self.body.joint_regressor @ self.rest)

    @cached_property
    def offsets(self) -> Float:
        """(24, 3) metres of each joint from its parent in the rest pose."""
        return self.body.offsets(self.pose.shape) if self.pose.offsets is None else self.pose.offsets

    @cached_property
    def radii(self) -> Float:
        """(23,) metres: how thick the body is around each bone of its tree; the median distance of the skin there."""
        owner, radii = self.body.weights.argmax(1), np.empty(len(SMPL_24.bones))
        for row, (parent, child) in enumerate(SMPL_24.bones):
            start, bone = self.rest_joints[parent], self.rest_joints[child] - self.rest_joints[parent]
            skin = self.rest[owner == parent] - start
            share = np.clip(skin @ bone / (bone @ bone), 0, 1)
            away = np.linalg.norm(skin - share[:, None] * bone, axis=-1)
            radii[row] = np.median(away) if len(away) else 0.0
        return radii

    def at(self, frame: int) -> Placement:
        """The bones at a frame."""
        if self._last is None or self._last[0] != frame:
            self._last = frame, self._place(frame)
        return self._last[1]

    def show(self, pose: BodyPose) -> None:
        """Take another motion of the same body in the same shape, with the same offsets."""
        self.pose, self._last = pose, None

    def vertices(self, frame: int) -> Single:
        """Vertices (V, 3) metres in the world at a frame."""
        placement, skin = self.at(frame), skin_of(self.body)
        return skin.pose(skin.corrected(self.rest.astype(np.float32), placement.features), placement.transforms)

    def _place(self, frame: int) -> Placement:
        local = matrices(self.pose.rotations[frame])
        turned, joints = local.copy(), np.empty((len(SMPL_24), 3))
        for j in SMPL_24.order:
            parent = SMPL_24.parents[j]
            if parent < 0:
                joints[j] = 0.0 if self.pose.root is None else self.pose.root[frame]
            else:
                joints[j] = joints[parent] + turned[parent] @ self.offsets[j]
                turned[j] = turned[parent] @ local[j]
        shifts = joints[..., None] - turned @ self.rest_joints[..., None]
        features = (local[1:] - np.eye(3)).reshape(POSE_FEATURES)
        return Placement(joints, np.concatenate([turned, shifts], axis=-1), features)


class Skin:
    """A body's skinning as drawing needs it, for all of its shapes.

    bones    (V, 4) the joints of the four largest weights
    shares   (V, 4) those weights, adding up to 1
    """

    def __init__(self, body: Body) -> None:
        self.bones = np.argsort(-body.weights, axis=1, kind="stable")[:, :4]
        shares = np.take_along_axis(body.weights, self.bones, axis=1)
        self.shares = (shares / shares.sum(1, keepdims=True)).astype(np.float32)
        weights = np.zeros(body.weights.shape, np.float32)
        np.put_along_axis(weights, self.bones, self.shares, axis=1)
        self._weights = np.ascontiguousarray(weights.T)
        self._directions: list[tuple[slice, NDArray[np.intp], Single]] = []
        for first in range(0, POSE_FEATURES, 9):  # of one joint
            columns = slice(first, first + 9)
            block = body.pose_directions[..., columns]
            moved = np.flatnonzero(np.abs(block).max((1, 2)) > 0)
            if len(moved):
                self._directions.append((columns, moved, np.ascontiguousarray(block[moved].reshape(-1, 9))))

    def corrected(self, rest: Single, features: Float) -> Single:
        """Rest vertices (V, 3) with the pose directions of features (207,) added: only those that they move."""
        result, features = rest.copy(), features.astype(np.float32)
        for columns, moved, block in self._directions:
            result[moved] += (block @ features[columns]).reshape(-1, 3)
        return result

    def pose(self, vertices: Single, transforms: Float) -> Single:
        """Vertices (V, 3) of the rest pose -> posed by the transforms (24, 3, 4)."""
        blended = (transforms.astype(np.float32).reshape(-1, 12).T @ self._weights).reshape(3, 4, -1)
        x, y, z = np.ascontiguousarray(vertices.T)
        return (blended[:, 0] * x + blended[:, 1] * y + blended[:, 2] * z + blended[:, 3]).T


@lru_cache(maxsize=8)
def skin_of(body: Body) -> Skin:
    """The skin of a body, made once."""
    return Skin(body)


def matrices(q: Float) -> Float:
    """Quaternions (..., 4), of any length but 0 -> matrices (..., 3, 3)."""
    w, x, y, z = np.moveaxis(q / np.linalg.norm(q, axis=-1, keepdims=True), -1, 0)
    rows = [
        1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
        2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
        2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y),
    ]  # fmt: skip
    return np.stack(rows, axis=-1).reshape(*q.shape[:-1], 3, 3)
