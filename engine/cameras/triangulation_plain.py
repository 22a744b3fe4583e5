"""Triangulation of one point at a time, as it is written in books: the reference for `sight` and `triangulation`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera

Float = NDArray[np.float64]

ROUNDS = 200


def linear_point(cameras: Sequence[Camera], pixels: Float, weights: Float) -> Float:
    """(3,) The direct linear transform by singular values: pixels (V, 2), weights (V,), at least two above 0.

    Hartley and Zisserman, Multiple View Geometry, 12.2; homogeneous, in undistorted coordinates.
    """
    rows = []
    for camera, pixel, weight in zip(cameras, pixels, weights, strict=True):
        x, y = camera.rays(pixel)
        matrix = np.c_[camera.rotation, -camera.rotation @ camera.centre]
        rows += [np.sqrt(weight) * (x * matrix[2] - matrix[0]), np.sqrt(weight) * (y * matrix[2] - matrix[1])]
    point = np.linalg.svd(np.array(rows))[2][-1]
    return np.asarray(point[:3] / point[3])


def robust_point(cameras: Sequence[Camera], pixels: Float, weights: Float, width: float, start: Float) -> Float:
    """(3,) The point with the least sum of weight * log(1 + error²/width²), by reweighted Gauss-Newton steps."""
    point = np.array(start)
    for _ in range(ROUNDS):
        matrix, right = np.zeros((3, 3)), np.zeros(3)
        for camera, pixel, weight in zip(cameras, pixels, weights, strict=True):
            local = camera.rotation @ (point - camera.centre)
            flat, focal = local[:2] / local[2], np.array(camera.focal)
            off = (flat - camera.rays(pixel)) * focal
            slope = focal[:, None] * (camera.rotation[:2] - flat[:, None] * camera.rotation[2]) / local[2]
            trust = weight / (1 + off @ off / width**2)
            matrix += trust * slope.T @ slope
            right += trust * slope.T @ off
        step = np.linalg.solve(matrix, right)
        point -= step
        if np.linalg.norm(step) < 1e-12:
            break
    return point
