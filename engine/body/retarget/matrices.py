"""Rotation matrices over leading axes: kinematics of SMPL's tree, swings, exponential map, projection."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.motion.skeleton import SMPL_24

Float = NDArray[np.float64]

PARENTS = np.array(SMPL_24.parents)
X, Y, Z = np.eye(3)


def local_of(turned: Float) -> Float:
    """Local rotations from global ones, both (T, 24, 3, 3); joint 0 stays in the world."""
    local = np.swapaxes(turned[:, PARENTS], -1, -2) @ turned
    local[:, 0] = turned[:, 0]
    return local


def global_of(local: Float) -> Float:
    """Global rotations from local ones, both (T, 24, 3, 3)."""
    turned = np.empty_like(local)
    for j in SMPL_24.order:
        turned[:, j] = local[:, j] if PARENTS[j] < 0 else turned[:, PARENTS[j]] @ local[:, j]
    return turned


def unit(vectors: Float) -> Float:
    """Vectors (..., 3) at length one; those of length zero stay zero."""
    return np.asarray(vectors / np.maximum(np.sqrt(dot(vectors, vectors)), 1e-12))


def dot(a: Float, b: Float) -> Float:
    """Scalar products (..., 1)."""
    return np.asarray(np.einsum("...a,...a->...", a, b)[..., None])


def cross(a: Float, b: Float) -> Float:
    """Vector products (..., 3); several times as fast as `numpy.cross`."""
    a, b = np.broadcast_arrays(a, b)
    out = np.empty(a.shape)
    out[..., 0] = a[..., 1] * b[..., 2] - a[..., 2] * b[..., 1]
    out[..., 1] = a[..., 2] * b[..., 0] - a[..., 0] * b[..., 2]
    out[..., 2] = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return out


def skew(v: Float) -> Float:
    """Matrices (..., 3, 3) with skew(v) @ w = v x w."""
    out = np.zeros((*v.shape, 3))
    out[..., 0, 1], out[..., 0, 2] = -v[..., 2], v[..., 1]
    out[..., 1, 0], out[..., 1, 2] = v[..., 2], -v[..., 0]
    out[..., 2, 0], out[..., 2, 1] = -v[..., 1], v[..., 0]
    return out


def turn(vectors: Float) -> Float:
    """Rotation matrices (..., 3, 3) of rotation vectors (..., 3), radians (Rodrigues)."""
    square = dot(vectors, vectors)[..., None]
    angle = np.sqrt(square)
    small = angle < 1e-4
    safe = np.where(small, 1.0, angle)
    first = np.where(small, 1 - square / 6, np.sin(safe) / safe)
    second = np.where(small, 0.5 - square / 24, (1 - np.cos(safe)) / safe**2)
    k = skew(vectors)
    return np.asarray(np.eye(3) + first * k + second * (k @ k))


def rotation_vector(rotations: Float) -> Float:
    """Rotation vectors (..., 3), radians, of matrices (..., 3, 3) that turn by less than a half turn."""
    r = rotations
    axis = np.stack([r[..., 2, 1] - r[..., 1, 2], r[..., 0, 2] - r[..., 2, 0], r[..., 1, 0] - r[..., 0, 1]], axis=-1)
    twice_sine = np.sqrt(dot(axis, axis))
    angle = np.arctan2(twice_sine[..., 0], np.trace(r, axis1=-2, axis2=-1) - 1)[..., None]
    return np.asarray(axis * np.where(twice_sine > 1e-9, angle / np.maximum(twice_sine, 1e-9), 0.5))


def about(axis: Float, angle: Float | float) -> Float:
    """Rotation matrices (..., 3, 3) about a unit axis (3,) or (..., 3) by angles (...,) radians."""
    return turn(np.asarray(angle)[..., None] * axis)


def swing(a: Float, b: Float) -> Float:
    """The least rotations (..., 3, 3) that turn directions a onto b (..., 3); any half turn for opposite ones."""
    a, b = np.broadcast_arrays(unit(a), unit(b))
    k = skew(cross(a, b))
    cosine = dot(a, b)[..., None]
    result = np.eye(3) + k + (k @ k) / np.maximum(1 + cosine, 1e-9)
    opposite = cosine[..., 0, 0] < -1 + 1e-9
    if opposite.any():
        across = unit(cross(a[opposite], np.where(np.abs(a[opposite][..., :1]) < 0.9, X, Y)))
        result[opposite] = 2 * across[..., :, None] * across[..., None, :] - np.eye(3)
    return np.asarray(result)


def frame(x: Float, z: Float) -> Float:
    """Matrices (..., 3, 3) whose columns are right-handed axes: x as given, z as near as it goes."""
    x = unit(x)
    y = unit(cross(z, x))
    return np.stack([x, y, cross(x, y)], axis=-1)


def nearest_rotation(matrices: Float) -> Float:
    """The rotations nearest to matrices (..., 3, 3), in the Frobenius norm."""
    u, _, v = np.linalg.svd(matrices)
    u[..., -1] *= np.sign(np.linalg.det(u @ v))[..., None]
    return np.asarray(u @ v)


def angle_between(a: Float, b: Float) -> Float:
    """Geodesic angles (...,) radians between rotations (..., 3, 3); exact for small ones."""
    chord = np.linalg.norm(a - b, axis=(-1, -2)) / np.sqrt(8.0)
    return np.asarray(2 * np.arcsin(np.clip(chord, 0.0, 1.0)))
