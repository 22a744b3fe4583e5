"""Pose errors, frame by frame: positions in metres, errors in millimetres.

Definitions: specification data_and_metrics.md, section 4. Every function takes prediction and truth (T, J, 3) in
metres and returns errors per frame and joint (T, J); `.mean()` is the metric, `.mean(1)` its value per frame and
`.mean(0)` per joint. All J joints count, the root (whose root-relative error is 0) included.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

MM = 1000.0
PCK_MM = 150.0
AUC_MM = tuple(5.0 * k for k in range(31))
"""0, 5, ..., 150 mm."""

PCK_JOINTS = (10, 8, 14, 15, 16, 11, 12, 13, 1, 2, 3, 4, 5, 6)
"""H36M-17 joints that stand for the 14 of MPI-INF-3DHP's PCK, in that order: head top, neck (thorax), right then left
shoulder, elbow and wrist, right then left hip, knee and ankle. Pelvis, spine and nose do not count."""


def root_relative(positions: Float, root: int = 0) -> Float:
    """(..., J, 3) with the root joint at the origin."""
    return np.asarray(positions - positions[..., root : root + 1, :])


def joint_error_mm(prediction: Float, truth: Float, *, root: int = 0) -> Float:
    """Root-relative distance, (T, J) mm. Its mean is MPJPE (protocol 1)."""
    return _distance_mm(root_relative(prediction, root), root_relative(truth, root))


def scaled_joint_error_mm(prediction: Float, truth: Float, *, root: int = 0) -> Float:
    """Root-relative distance after the best scale per frame, (T, J) mm. Its mean is N-MPJPE (protocol 3)."""
    p, g = root_relative(prediction, root), root_relative(truth, root)
    scale = _ratio((g * p).sum((-1, -2)), (p * p).sum((-1, -2)))
    return _distance_mm(scale[..., None, None] * p, g)


def aligned_joint_error_mm(prediction: Float, truth: Float) -> Float:
    """Distance after the best rotation, scale and shift per frame, (T, J) mm. Its mean is PA-MPJPE (protocol 2)."""
    return _distance_mm(procrustes(prediction, truth), truth)


def procrustes(prediction: Float, truth: Float) -> Float:
    """Each frame of the prediction (..., J, 3) moved onto the truth by a similarity without reflection.

    A frame whose joints all coincide has neither rotation nor size; it is moved onto the truth's mean.
    """
    p_mean, g_mean = prediction.mean(-2, keepdims=True), truth.mean(-2, keepdims=True)
    p, g = prediction - p_mean, truth - g_mean
    p_norm, g_norm = (np.sqrt((x * x).sum((-1, -2))) for x in (p, g))
    p, g = p / _nonzero(p_norm)[..., None, None], g / _nonzero(g_norm)[..., None, None]
    u, s, vt = np.linalg.svd(np.swapaxes(g, -1, -2) @ p)
    v, ut = np.swapaxes(vt, -1, -2).copy(), np.swapaxes(u, -1, -2)
    reflected = np.linalg.det(v @ ut) < 0
    v[..., 2] *= np.where(reflected, -1.0, 1.0)[..., None]
    s[..., 2] *= np.where(reflected, -1.0, 1.0)
    scale = s.sum(-1) * g_norm / _nonzero(p_norm)
    return np.asarray(scale[..., None, None] * ((prediction - p_mean) @ (v @ ut)) + g_mean)


def pck(error_mm: Float, threshold_mm: float = PCK_MM) -> Float:
    """Whether each of the 14 joints (`PCK_JOINTS`) is nearer than the threshold: (T, 17) mm -> (T, 14), 0 or 100 %."""
    return np.where(error_mm[..., PCK_JOINTS] < threshold_mm, 100.0, 0.0)


def auc(error_mm: Float) -> Float:
    """Mean of `pck` over the thresholds 0, 5, ..., 150 mm: (T, 17) mm -> (T, 14) %."""
    return np.asarray(np.mean([pck(error_mm, threshold) for threshold in AUC_MM], axis=0))


def _distance_mm(p: Float, g: Float) -> Float:
    return np.asarray(MM * np.linalg.norm(p - g, axis=-1))


def _nonzero(x: Float) -> Float:
    return np.where(x == 0, 1.0, x)


def _ratio(top: Float, bottom: Float) -> Float:
    """top / bottom, 0 where the bottom is 0."""
    return np.asarray(np.where(bottom == 0, 0.0, top / _nonzero(bottom)))
