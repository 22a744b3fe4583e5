"""Errors on a body's skin, millimetres at every vertex. No Qt."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.body.model import Body
from engine.body.posed import PosedBody
from engine.motion.skeleton import H36M_17, SMPL_24, Skeleton

Float = NDArray[np.float64]
H36M_OF_SMPL: dict[str, str | tuple[str, str]] = {
    "spine1": ("pelvis", "spine"), "spine2": "spine", "spine3": ("spine", "thorax"), "neck": "thorax",
    "head": ("nose", "head top"), "left foot": "left ankle", "right foot": "right ankle",
    "left collar": ("thorax", "left shoulder"), "right collar": ("thorax", "right shoulder"),
    "left hand": "left wrist", "right hand": "right wrist",
}  # fmt: skip
"""Joints of SMPL that Human3.6M's 17 do not have: the one that stands for it, or two of which the mean does."""


def vertex_error_mm(posed: PosedBody, frame: int, truth: PosedBody, truth_frame: int) -> Float:
    """Distance (V,) of two bodies of one mesh, vertex by vertex, both with the pelvis at the origin."""
    pelvis, other = posed.at(frame).joints[0], truth.at(truth_frame).joints[0]
    apart = posed.vertices(frame) - truth.vertices(truth_frame) - (pelvis - other).astype(np.float32)
    return np.asarray(1000 * np.linalg.norm(apart, axis=-1), float)


@lru_cache(maxsize=8)
def skin_weights(body: Body, skeleton: Skeleton) -> Float | None:
    """How much each joint's error counts at each vertex: (V, J), rows that add up to 1; None for an unknown skeleton.

    The body's skinning weights, where each bone goes from its joint's error to that of the next one: at the elbow the
    skin shows the elbow's error, halfway to the wrist the mean of both.
    """
    joints = _smpl_from(skeleton)
    if joints is None:
        return None
    rest = body.template
    places = body.joint_regressor @ rest
    shares = np.zeros((len(body), len(SMPL_24)))
    for joint in range(len(SMPL_24)):
        weight, child = body.weights[:, joint], _next(joint)
        along = np.zeros(len(body))
        if child is not None:
            bone = places[child] - places[joint]
            along = np.clip((rest - places[joint]) @ bone / (bone @ bone), 0, 1)
            shares[:, child] += along * weight
        shares[:, joint] += (1 - along) * weight
    return np.asarray(shares @ joints)


def _next(joint: int) -> int | None:
    """The joint at the end of a bone; None where several bones, or none, begin."""
    children = [child for child, parent in enumerate(SMPL_24.parents) if parent == joint]
    return children[0] if len(children) == 1 else None


def _smpl_from(skeleton: Skeleton) -> Float | None:
    """Errors of SMPL's joints from those of a skeleton: (24, J)."""
    if skeleton.names == SMPL_24.names:
        return np.eye(len(SMPL_24))
    if skeleton.names != H36M_17.names:
        return None
    shares = np.zeros((len(SMPL_24), len(skeleton)))
    for row, name in enumerate(SMPL_24.names):
        stands = H36M_OF_SMPL.get(name, name)
        for one in (stands,) if isinstance(stands, str) else stands:
            shares[row, skeleton.index(one)] += 1.0 if isinstance(stands, str) else 0.5
    return shares
