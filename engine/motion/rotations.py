"""Rotations in every form that motion files and models use, vectorised over leading axes.

Angles in radians; quaternions wxyz; matrices act on column vectors; 6D is the first two columns of the
matrix, column after column: [R00, R10, R20, R01, R11, R21] (Zhou et al. 2019; AvatarPoser's order).
Euler angles are intrinsic and applied in the order written: order "ZYX" is R = Rz Ry Rx, as in a BVH
file whose channels read Zrotation Yrotation Xrotation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.spatial.transform import Rotation

Float = NDArray[np.float64]

IDENTITY = np.array([1.0, 0.0, 0.0, 0.0])


def multiply(a: Float, b: Float) -> Float:
    """Quaternion product (..., 4) x (..., 4) -> (..., 4): first b, then a."""
    aw, ax, ay, az = np.moveaxis(a, -1, 0)
    bw, bx, by, bz = np.moveaxis(b, -1, 0)
    return np.stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ],
        axis=-1,
    )


def conjugate(q: Float) -> Float:
    """The inverse of unit quaternions (..., 4)."""
    return np.asarray(q * np.array([1.0, -1.0, -1.0, -1.0]))


def rotate(q: Float, points: Float) -> Float:
    """Rotate points (..., 3) by unit quaternions (..., 4); leading axes broadcast."""
    w, axis = q[..., :1], q[..., 1:]
    twice = 2.0 * np.cross(axis, points)
    return np.asarray(points + w * twice + np.cross(axis, twice))


def change_axes(q: Float, axes: Float) -> Float:
    """Unit quaternions (..., 4) written in other axes: A R A^T for a proper rotation matrix A (3, 3)."""
    return np.concatenate([q[..., :1], q[..., 1:] @ axes.T], axis=-1)


def euler_to_quat(angles: Float, order: str) -> Float:
    """Euler angles (..., n) radians, n = len(order) of any of "XYZ" -> quaternions (..., 4)."""
    if np.shape(angles)[-1] != len(order):
        raise ValueError(f"{np.shape(angles)[-1]} angles given for the order {order!r}")
    total: Float = np.broadcast_to(IDENTITY, (*np.shape(angles)[:-1], 4))
    for k, axis in enumerate(order.upper()):
        half = np.asarray(angles[..., k], float) / 2
        turn = np.zeros((*half.shape, 4))
        turn[..., 0], turn[..., 1 + "XYZ".index(axis)] = np.cos(half), np.sin(half)
        total = turn if k == 0 else multiply(total, turn)
    return np.array(total)


def quat_to_euler(q: Float, order: str) -> Float:
    """Quaternions (..., 4) -> angles (..., 3) radians for an order of three axes.

    At the singular pose of the order one of the angles is set to zero; the rotation is still exact.
    """
    flat: Any = _rotation(q).as_euler(order.upper(), suppress_warnings=True)
    return np.asarray(flat, float).reshape(*q.shape[:-1], 3)


def euler_to_matrix(angles: Float, order: str) -> Float:
    """Euler angles (..., n) radians -> matrices (..., 3, 3)."""
    return quat_to_matrix(euler_to_quat(angles, order))


def matrix_to_euler(matrix: Float, order: str) -> Float:
    """Matrices (..., 3, 3) -> angles (..., 3) radians."""
    return quat_to_euler(matrix_to_quat(matrix), order)


def quat_to_matrix(q: Float) -> Float:
    """Unit quaternions (..., 4) -> matrices (..., 3, 3)."""
    return np.asarray(_rotation(q).as_matrix(), float).reshape(*q.shape[:-1], 3, 3)


def matrix_to_quat(matrix: Float) -> Float:
    """Matrices (..., 3, 3) -> quaternions (..., 4) with w >= 0."""
    rotation = _scipy().from_matrix(np.reshape(matrix, (-1, 3, 3)))
    return _from_scipy(rotation.as_quat(canonical=True)).reshape(*matrix.shape[:-2], 4)


def axis_angle_to_quat(vectors: Float) -> Float:
    """Rotation vectors (..., 3), axis times angle in radians -> quaternions (..., 4)."""
    rotation = _scipy().from_rotvec(np.reshape(vectors, (-1, 3)))
    return _from_scipy(rotation.as_quat()).reshape(*vectors.shape[:-1], 4)


def quat_to_axis_angle(q: Float) -> Float:
    """Quaternions (..., 4) -> rotation vectors (..., 3), angle in [0, pi]."""
    return np.asarray(_rotation(q).as_rotvec(), float).reshape(*q.shape[:-1], 3)


def matrix_to_six_d(matrix: Float) -> Float:
    """Matrices (..., 3, 3) -> 6D (..., 6)."""
    return np.concatenate([matrix[..., 0], matrix[..., 1]], axis=-1)


def six_d_to_matrix(six_d: Float) -> Float:
    """6D (..., 6), not necessarily orthonormal -> matrices (..., 3, 3) by Gram-Schmidt."""
    a, b = six_d[..., :3], six_d[..., 3:]
    x = a / np.linalg.norm(a, axis=-1, keepdims=True)
    b = b - np.sum(x * b, axis=-1, keepdims=True) * x
    y = b / np.linalg.norm(b, axis=-1, keepdims=True)
    return np.stack([x, y, np.cross(x, y)], axis=-1)


def quat_to_six_d(q: Float) -> Float:
    """Quaternions (..., 4) -> 6D (..., 6)."""
    return matrix_to_six_d(quat_to_matrix(q))


def six_d_to_quat(six_d: Float) -> Float:
    """6D (..., 6) -> quaternions (..., 4)."""
    return matrix_to_quat(six_d_to_matrix(six_d))


def slerp(a: Float, b: Float, share: Float) -> Float:
    """Between quaternions a and b (..., 4), the shorter way; share (...,) in [0, 1], 0 = a."""
    dot = np.sum(a * b, axis=-1, keepdims=True)
    b, dot = np.where(dot < 0, -b, b), np.abs(dot)
    angle = np.arccos(np.clip(dot, 0.0, 1.0))
    s = np.asarray(share, float)[..., None]
    near = angle < 1e-6  # then straight and round are the same to the last digit
    sine = np.where(near, 1.0, np.sin(angle))
    mixed = np.where(near, (1 - s) * a + s * b, (np.sin((1 - s) * angle) * a + np.sin(s * angle) * b) / sine)
    return np.asarray(mixed / np.linalg.norm(mixed, axis=-1, keepdims=True))


def _scipy() -> type[Rotation]:
    """SciPy's rotations, imported at their first use: they take a third as long as the rest of a window's start."""
    from scipy.spatial.transform import Rotation

    return Rotation


def _rotation(q: Float) -> Rotation:
    return _scipy().from_quat(np.reshape(q, (-1, 4))[:, [1, 2, 3, 0]])


def _from_scipy(xyzw: Any) -> Float:
    return np.asarray(xyzw, float)[:, [3, 0, 1, 2]]
