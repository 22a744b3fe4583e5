"""Vertex errors of a body's mesh, millimetres.

Definition: specification data_and_metrics.md, section 4.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.body.library import body
from engine.body.skinning import posed_vertices
from engine.kinds import as_joints
from engine.metrics.pose import MM
from engine.motion.pose import BodyPose
from engine.motion.skeleton import H36M_17

Float = NDArray[np.float64]

FRAMES_AT_ONCE = 256


def same_mesh(prediction: BodyPose, truth: BodyPose) -> bool:
    """Whether both are poses of one body, so that their vertices are the same points."""
    return prediction.body == truth.body


def vertex_error_mm(prediction: Float, truth: Float, prediction_root: Float, truth_root: Float) -> Float:
    """Distance of vertices (T, V, 3), each set about its own root (T, 3), metres: (T, V) mm. Its mean is MPVE."""
    between = (prediction - prediction_root[:, None]) - (truth - truth_root[:, None])
    return np.asarray(MM * np.linalg.norm(between, axis=-1))


def mean_vertex_error_mm(prediction: BodyPose, truth: BodyPose) -> Float:
    """Mean of `vertex_error_mm` over the vertices, (T, 1) mm; the root is H36M-17's pelvis of each mesh."""
    parts = []
    for start in range(0, len(prediction), FRAMES_AT_ONCE):
        frames = slice(start, start + FRAMES_AT_ONCE)
        parts.append(vertex_error_mm(*_about_pelvis(prediction.take(frames), truth.take(frames))).mean(1))
    return np.concatenate([*parts, np.zeros(0)])[:, None]


def _about_pelvis(prediction: BodyPose, truth: BodyPose) -> tuple[Float, Float, Float, Float]:
    p, g = (posed_vertices(body(pose.body), pose) for pose in (prediction, truth))
    return p, g, _pelvis(prediction, p), _pelvis(truth, g)


def _pelvis(pose: BodyPose, vertices: Float) -> Float:
    """(T, 3) the pelvis of `as_joints`, from vertices (T, V, 3) that are there already."""
    regressor = body(pose.body).regressors.get(H36M_17.name)
    if regressor is None:
        return as_joints(pose, H36M_17).positions[:, H36M_17.root]
    return np.asarray(regressor[H36M_17.root] @ vertices)
