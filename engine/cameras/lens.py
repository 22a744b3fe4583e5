"""Lens distortion by OpenCV's models: radial and tangential, rational, thin prism, tilted sensor.

Coefficients in OpenCV's order: k1, k2, p1, p2[, k3[, k4, k5, k6[, s1, s2, s3, s4[, tx, ty]]]]
(https://docs.opencv.org, calib3d). OpenCV is imported to undistort, and for lenses of more than five coefficients.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

COUNTS = (0, 4, 5, 8, 12, 14)
"""How many coefficients a model can have."""

ITERATIONS, PRECISION = 100, 1e-12


def check_coefficients(coefficients: tuple[float, ...]) -> None:
    """Raises ValueError for a number of coefficients that no model has."""
    if len(coefficients) not in COUNTS:
        known = ", ".join(map(str, COUNTS[1:-1]))
        raise ValueError(f"{len(coefficients)} distortion coefficients; OpenCV's models have {known} or {COUNTS[-1]}")


def distort(flat: Float, coefficients: tuple[float, ...]) -> Float:
    """Undistorted x/z, y/z (..., 2) -> distorted (..., 2)."""
    if not coefficients or flat.size == 0:
        return np.asarray(flat)
    if len(coefficients) <= 5:
        return _brown(flat, *coefficients)
    import cv2

    points = np.concatenate([flat, np.ones_like(flat[..., :1])], -1).reshape(-1, 1, 3)
    none = np.zeros(3)
    distorted, _ = cv2.projectPoints(points, none, none, np.eye(3), np.array(coefficients))
    return distorted.reshape(flat.shape)


def _brown(flat: Float, k1: float, k2: float, p1: float, p2: float, k3: float = 0.0) -> Float:
    """The radial and tangential model as it is written: five times as fast as OpenCV's general one."""
    x, y = flat[..., 0], flat[..., 1]
    xx, yy, xy = x * x, y * y, 2 * x * y
    r2 = xx + yy
    radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
    return np.stack([x * radial + p1 * xy + p2 * (r2 + 2 * xx), y * radial + p1 * (r2 + 2 * yy) + p2 * xy], -1)


def undistort(flat: Float, coefficients: tuple[float, ...]) -> Float:
    """Distorted x/z, y/z (..., 2) -> undistorted (..., 2), to 1e-9 where the lens can be inverted."""
    if not coefficients or flat.size == 0:
        return np.asarray(flat)
    import cv2

    criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, ITERATIONS, PRECISION)
    points = np.ascontiguousarray(flat, np.float64).reshape(-1, 1, 2)
    undistorted = cv2.undistortPoints(points, np.eye(3), np.array(coefficients), criteria=criteria)
    return undistorted.reshape(flat.shape)
