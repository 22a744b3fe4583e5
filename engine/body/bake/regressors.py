"""Joints as means of vertices: non-negative weights that add up to 1, the same on both sides."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from engine.body.bake.source import Float
from engine.motion.skeleton import SMPL_24

RADIUS, CANDIDATES = 0.26, 800
"""Vertices that are tried lie so near to their joint, metres; as many of them at random."""
SUM, MEAN = 10.0, 100.0
"""Weights of the equations that the weights add up to 1, and that the mean person's joint is exact."""


def joint_regressor(
    people: Float, joints: Float, mirror: NDArray[np.int64], random: np.random.Generator
) -> NDArray[np.float32]:
    """(24, V) from vertices (N, V, 3) and joints (N, 24, 3) of symmetric people."""
    result = np.zeros((len(SMPL_24), people.shape[1]))
    mean, sides = people.mean(0), SMPL_24.mirror
    for j in range(len(SMPL_24)):
        if sides[j] < j:
            result[j] = result[sides[j]][mirror]
            continue
        near = np.flatnonzero(np.linalg.norm(mean - joints[:, j].mean(0), axis=1) < RADIUS)
        tried = random.choice(near, min(len(near), CANDIDATES), replace=False)
        result[j, tried] = _weights(people[:, tried], joints[:, j])
        if sides[j] == j:
            result[j] = (result[j] + result[j][mirror]) / 2
    return result.astype(np.float32)


def _weights(vertices: Float, joint: Float) -> Float:
    """(C,) for candidates (N, C, 3) and a joint (N, 3)."""
    origin = joint.mean(0)
    rows = np.moveaxis(vertices - origin, 1, 2).reshape(-1, vertices.shape[1])
    mean = MEAN * (vertices.mean(0) - origin).T
    wanted = np.concatenate([(joint - origin).ravel(), np.zeros(3), [SUM]])
    found = nnls(np.vstack([rows, mean, np.full(rows.shape[1], SUM)]), wanted)[0]
    return np.asarray(found / found.sum())
