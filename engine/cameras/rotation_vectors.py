"""Rotations as vectors: the axis times the angle (Rodrigues), as OpenCV has them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


def matrix_of(vector: Float) -> Float:
    """Vectors (..., 3) radians -> matrices (..., 3, 3)."""
    vector = np.asarray(vector, np.float64)
    angle = np.linalg.norm(vector, axis=-1)[..., None, None]
    small = angle < 1e-8
    safe = np.where(small, 1.0, angle)
    k = cross_matrix(vector)
    a = np.where(small, 1.0, np.sin(safe) / safe)
    b = np.where(small, 0.5, (1 - np.cos(safe)) / safe**2)
    return np.asarray(np.eye(3) + a * k + b * (k @ k))


def vector_of(matrix: Float) -> Float:
    """A matrix (3, 3) -> its vector (3,) radians, at most pi long."""
    from scipy.spatial.transform import Rotation

    return np.asarray(Rotation.from_matrix(matrix).as_rotvec())


def cross_matrix(vector: Float) -> Float:
    """(..., 3) -> (..., 3, 3), with which a product is the cross product."""
    x, y, z = np.moveaxis(np.asarray(vector, np.float64), -1, 0)
    o = np.zeros_like(x)
    return np.stack([np.stack([o, -z, y], -1), np.stack([z, o, -x], -1), np.stack([-y, x, o], -1)], -2)


def angle_between(a: Float, b: Float) -> float:
    """Degrees between two rotations (3, 3)."""
    return float(np.degrees(np.linalg.norm(vector_of(a @ b.T))))
