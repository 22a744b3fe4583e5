"""The points of a body that are brought to a clip's joints: SMPL's joints and three of H36M-17 that are none of them.

Thorax, nose and head top ride on spine3 and on the head, at fixed places in their axes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.body.model import Body
from engine.motion.skeleton import H36M_17, SMPL_24

Float = NDArray[np.float64]

_RIDING = {"thorax": "spine3", "nose": "head", "head top": "head"}
NAMES = (*SMPL_24.names, *_RIDING)
JOINTS = len(SMPL_24)
PARENTS = np.array([*SMPL_24.parents, *(SMPL_24.index(joint) for joint in _RIDING.values())])
ORDER = (*SMPL_24.order, *range(JOINTS, len(NAMES)))
JUDGED = tuple(
    NAMES.index(name)
    for name in (
        "left hip", "right hip", "left knee", "right knee", "left ankle", "right ankle", "left foot", "right foot",
        "left shoulder", "right shoulder", "left elbow", "right elbow", "left wrist", "right wrist",
        "left hand", "right hand", "thorax", "neck",
    )
)  # fmt: skip
"""Points that mean the same on every skeleton, as far as a clip has them: pelvis, spine, collars and head do not."""


def at(name: str) -> int:
    """Index of a point."""
    return NAMES.index(name)


def rest_points(body: Body) -> Float:
    """(27, 3) metres in the rest pose of the mean shape; of a body that has no H36M-17 regressor, at joints."""
    joints = body.joints(np.zeros(0))
    regressor = body.regressors.get(H36M_17.name)
    if regressor is None:
        return np.concatenate([joints, joints[[SMPL_24.index(j) for j in ("neck", "head", "head")]]])
    seen = regressor @ body.shaped(np.zeros(0))
    return np.concatenate([joints, seen[[H36M_17.index(name) for name in _RIDING]]])


def offsets_of(points: Float) -> Float:
    """(27, 3) of each rest point from its parent; the pelvis from the template's origin."""
    return np.where(PARENTS[:, None] < 0, points, points - points[PARENTS])


def positions_of(turned: Float, root: Float, offsets: Float) -> Float:
    """Points (T, 27, 3) metres from global rotations (T, 24, 3, 3), root (T, 3) and rest offsets (27, 3)."""
    steps = np.einsum("tjab,jb->tja", turned[:, PARENTS], offsets)
    points = np.empty((len(turned), len(NAMES), 3))
    for j in ORDER:
        points[:, j] = root if PARENTS[j] < 0 else points[:, PARENTS[j]] + steps[:, j]
    return points
