"""Regressors of the keypoints that detectors and lifters know: COCO with feet, and Human3.6M's 17 joints."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.body.bake.closest import closest
from engine.body.bake.source import Float, Index
from engine.motion.skeleton import COCO_17, H36M_17, SMPL_24

FEET = ("left big toe", "left small toe", "left heel", "right big toe", "right small toe", "right heel")
THORAX = {"neck": 0.3, "left shoulder": 0.35, "right shoulder": 0.35}
"""The neck's base, 2 cm above the line of the shoulders."""
HEAD_TOP = 0.95
"""Human3.6M's head top as a share of the stature."""
HEAD_FORWARDS = 0.03
"""How far the head top lies before the thorax, metres."""


def stacked(keypoints: Mapping[str, Float]) -> Float:
    """COCO's 17 keypoints and the feet's six, in that order: (23, V)."""
    return np.stack([keypoints[name] for name in (*COCO_17.names, *FEET)])


def coco_rows(rows: Float, full: Float, vertices: Float, faces: Index) -> Float:
    """Weights (23, V) of a mesh with vertices (V, 3) -> (23, W) of a smaller one with vertices (W, 3).

    Each vertex passes its weight to the nearest point of the smaller surface.
    """
    return np.asarray(rows @ closest(vertices, faces, full))


def h36m(joint_rows: Float, coco: Float, template: Float) -> Float:
    """(17, W) by the rules that `engine.motion.rigs` names, from rows of SMPL's joints and of COCO's keypoints."""
    joints = dict(zip(SMPL_24.names, joint_rows, strict=True))
    rows = {name: joints[name] for name in H36M_17.names if name in joints}
    rows["pelvis"] = (joints["left hip"] + joints["right hip"]) / 2
    rows["thorax"] = sum((share * joints[name] for name, share in THORAX.items()), np.zeros(len(template)))
    rows["spine"] = joints["spine2"]
    rows["head top"] = _head_top(template, depth=float(rows["thorax"] @ template[:, 2]) + HEAD_FORWARDS)
    # inside the head, 11 cm above the thorax and 4 cm before it
    rows["nose"] = 0.55 * joints["neck"] + 0.25 * coco[0] + 0.20 * rows["head top"]
    return np.stack([rows[name] for name in H36M_17.names])


def _head_top(template: Float, depth: float) -> Float:
    """(W,) a ring around the head at HEAD_TOP of the stature, weighted from front to back so as to lie at a depth z."""
    low, high = template[:, 1].min(), template[:, 1].max()
    height = low + HEAD_TOP * (high - low)
    ring = np.exp(-(((template[:, 1] - height) / 0.004) ** 2)) * (np.abs(template[:, 0]) < 0.2)
    ring = np.where(ring > 0.01, ring, 0.0) / ring.sum()
    ahead = template[:, 2] - ring @ template[:, 2]
    ring *= np.maximum(1 + (depth - ring @ template[:, 2]) / (ring @ ahead**2) * ahead, 0.0)
    return np.asarray(ring / ring.sum())
