"""Forward kinematics: joint rotations and bone offsets to joint positions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.motion.rotations import conjugate, multiply, rotate
from engine.motion.skeleton import Skeleton
from engine.progress import passing

Float = NDArray[np.float64]


def forward_kinematics(skeleton: Skeleton, rotations: Float, offsets: Float, root: Float) -> tuple[Float, Float]:
    """Positions and global rotations of every joint.

    rotations  (T, J, 4) local rotations wxyz (root: world)
    offsets    (J, 3) metres from the parent, in the parent's axes; or (T, J, 3) where joints also slide;
               the root's own offset is not used
    root       (T, 3) metres, world
    returns    positions (T, J, 3) metres and global rotations (T, J, 4)
    Raises Cancelled where somebody watches.
    """
    frames, joints = rotations.shape[:2]
    offsets = np.broadcast_to(offsets, (frames, joints, 3))
    positions = np.empty((frames, joints, 3))
    turned = np.empty((frames, joints, 4))
    for j in skeleton.order:
        passing()
        parent = skeleton.parents[j]
        if parent < 0:
            positions[:, j], turned[:, j] = root, rotations[:, j]
        else:
            positions[:, j] = positions[:, parent] + rotate(turned[:, parent], offsets[:, j])
            turned[:, j] = multiply(turned[:, parent], rotations[:, j])
    return positions, turned


def joints_at_rest(skeleton: Skeleton, offsets: Float) -> Float:
    """Positions (J, 3) of the joints in the rest pose from their offsets (J, 3); the root at its own."""
    places = np.array(offsets, dtype=np.float64)
    for j in skeleton.order:
        if (parent := skeleton.parents[j]) >= 0:
            places[j] += places[parent]
    return places


def global_rotations(skeleton: Skeleton, rotations: Float) -> Float:
    """Local rotations (T, J, 4) -> global rotations (T, J, 4), both wxyz."""
    turned = np.empty_like(rotations)
    for j in skeleton.order:
        parent = skeleton.parents[j]
        turned[:, j] = rotations[:, j] if parent < 0 else multiply(turned[:, parent], rotations[:, j])
    return turned


def rest_offsets(skeleton: Skeleton, rotations: Float, positions: Float) -> tuple[Float, float]:
    """The offsets (J, 3) of `forward_kinematics` that give positions (T, J, 3) best, and how far joints slide on them.

    The means over frames; 0 for the root. The distance is the largest of a joint in a frame, metres.
    """
    parents = np.array(skeleton.parents)
    turned = global_rotations(skeleton, rotations)[:, parents]
    own = rotate(conjugate(turned), positions - positions[:, parents])
    own[:, parents < 0] = 0.0
    offsets = own.mean(0)
    return offsets, float(np.linalg.norm(own - offsets, axis=-1).max())
