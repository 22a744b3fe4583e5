"""Joints regressed from posed bodies: where the skeleton's joints are, whatever the pose.

SMPL's own regressor is for bodies at rest: it may use skin far from the joint, which a bend carries away.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

from engine.body.bake.mirror import mirror_of
from engine.body.bake.source import Float
from engine.body.model import Body
from engine.body.skinning import pose_joints, posed_vertices
from engine.motion.pose import BodyPose
from engine.motion.rotations import axis_angle_to_quat
from engine.motion.skeleton import SMPL_24

RADIUS = 0.2
"""Vertices that are tried lie so near to their joint, metres."""
SUM, PEOPLE, BEND = 10.0, 90, 0.45
"""Weight of the equation that the weights add up to 1; people, each in a pose of its own; radians, one deviation."""


def posed_regressor(body: Body, random: np.random.Generator) -> tuple[Float, Float]:
    """(24, V) weights, and distances (N, 24) metres from the joints of other people in other poses."""
    vertices, joints = _posed(body, PEOPLE, random)
    result = np.zeros((24, len(body)))
    mirror, rest = mirror_of(body.template), body.joints(np.zeros(10))
    for j in range(24):
        opposite = SMPL_24.mirror[j]
        if opposite < j:
            result[j] = result[opposite][mirror]
            continue
        near = np.flatnonzero(np.linalg.norm(body.template - rest[j], axis=1) < RADIUS)
        rows = np.moveaxis(vertices[:, near] - joints[:, j, None], 1, 2).reshape(-1, len(near))
        found = nnls(np.vstack([rows, np.full(len(near), SUM)]), np.append(np.zeros(len(rows)), SUM))[0]
        result[j, near] = found / found.sum()
        if opposite == j:
            result[j] = (result[j] + result[j][mirror]) / 2
    others, their_joints = _posed(body, PEOPLE // 2, random)
    return result, np.linalg.norm(np.einsum("jv,nvd->njd", result, others) - their_joints, axis=-1)


def _posed(body: Body, count: int, random: np.random.Generator) -> tuple[Float, Float]:
    """Vertices (N, V, 3) and joints (N, 24, 3) of random people in random poses."""
    vertices, joints = np.empty((count, len(body), 3)), np.empty((count, 24, 3))
    for n in range(count):
        rotations = axis_angle_to_quat(random.normal(0, BEND, (1, 24, 3)))
        pose = BodyPose(np.zeros(1), rotations, np.zeros((1, 3)), random.normal(size=10), body.name)
        vertices[n], joints[n] = posed_vertices(body, pose)[0], pose_joints(body, pose)[0]
    return vertices, joints
