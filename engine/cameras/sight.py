"""Points as several cameras see them: least squares for many points at once.

Detections are freed of distortion first. Errors are in pixels of such a picture, which has the camera's own focal
lengths. Weights are zero where a camera does not see a point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera

Float = NDArray[np.float64]

NEAREST_M = 0.05  # a point is not taken to be nearer to a camera, or behind it
LONGEST_STEP_M = 0.5
SETTLED_M = 1e-5
DAMPING = 1e-9
BLOCK = 2048  # points that are worked on at once: what fits into a processor's cache
UPPER = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))


@dataclass(frozen=True, eq=False)
class Sight:
    """P points in V cameras.

    rotations (V, 3, 3), centres (V, 3), focal (V, 2)   of the cameras
    flat      (V, 2, P) undistorted x/z, y/z
    weights   (V, P) confidences, 0 = not seen
    """

    rotations: Float
    centres: Float
    focal: Float
    flat: Float
    weights: Float

    @classmethod
    def of(cls, cameras: Sequence[Camera], pixels: Float, weights: Float) -> Self:
        """Detections pixels (V, P, 2) with weights (V, P); what is not finite is not seen."""
        seen = np.isfinite(pixels).all(-1) & np.isfinite(weights) & (weights > 0)
        flat = [
            camera.rays(np.where(view[:, None], xy, camera.principal))
            for camera, xy, view in zip(cameras, pixels, seen, strict=True)
        ]
        return cls(
            np.stack([camera.rotation for camera in cameras]),
            np.stack([camera.centre for camera in cameras]),
            np.array([camera.focal for camera in cameras], np.float64),
            np.ascontiguousarray(np.moveaxis(np.stack(flat), -1, 1)),
            np.where(seen, weights, 0.0),
        )

    def take(self, points: NDArray[np.intp] | NDArray[np.bool_] | slice) -> Self:
        """Some of the points."""
        return replace(self, flat=self.flat[:, :, points], weights=self.weights[:, points])

    def in_cameras(self, points: Float) -> Float:
        """World points (3, P) metres -> camera coordinates (V, 3, P), depths at least NEAREST_M."""
        shifts = self.rotations @ self.centres[:, :, None]
        found = np.asarray(self.rotations @ points - shifts)
        np.maximum(found[:, 2], NEAREST_M, out=found[:, 2])
        return found

    def in_view(self, view: int, points: Float) -> Float:
        """As `in_cameras`, (3, P) in one of the views."""
        found = np.asarray(self.rotations[view] @ (points - self.centres[view][:, None]))
        np.maximum(found[2], NEAREST_M, out=found[2])
        return found

    def errors(self, points: Float) -> Float:
        """Pixels (V, P) between detections and points (3, P), whether seen or not."""
        local = self.in_cameras(points)
        off = (local[:, :2] / local[:, 2:] - self.flat) * self.focal[:, :, None]
        return np.asarray(np.sqrt(off[:, 0] ** 2 + off[:, 1] ** 2))

    def normal_equations(self, scale: Float | float = 1.0) -> tuple[Float, Float]:
        """What each view adds to the direct linear transform: matrices (V, 6, P) as UPPER names them, right sides
        (V, 3, P). scale (V, P) multiplies a view's equations: focal length over depth makes them pixels.

        Hartley and Zisserman, Multiple View Geometry, 12.2, in the inhomogeneous form.
        """
        rows = self.flat[:, :, None] * self.rotations[:, None, 2, :, None] - self.rotations[:, :2, :, None]  # (V,2,3,P)
        weights = self.weights * np.square(scale)
        right = np.einsum("vkcp,vc->vkp", rows, self.centres - self.middle)
        weighted = rows * weights[:, None, None]
        matrices = np.stack([(weighted[:, :, i] * rows[:, :, j]).sum(1) for i, j in UPPER], 1)
        return matrices, (weighted * right[:, :, None]).sum(1)

    @property
    def middle(self) -> Float:
        """(3,) The mean of the cameras' centres, from which normal equations count."""
        return np.asarray(self.centres.mean(0))

    def linear(self) -> Float:
        """Points (3, P) by the direct linear transform, weighted by confidence."""
        found = np.zeros((3, self.weights.shape[1]))
        for first in range(0, found.shape[1], BLOCK):
            block = slice(first, first + BLOCK)
            matrices, right = self.take(block).normal_equations()
            found[:, block] = solve(matrices.sum(0), right.sum(0)) + self.middle[:, None]
        return found

    def refined(self, points: Float, widths: Float, rounds: int) -> Float:
        """Points (3, P) moved to the least Cauchy-weighted reprojection error by Gauss-Newton steps.

        widths (V,) pixels at which a view's weight has fallen to a half. Where two views see a point nothing tells
        which is wrong, and plain least squares are taken. Points that nobody sees stay. A point is done when it moves
        by less than SETTLED_M, whatever the others do.
        """
        found = np.array(points)
        for first in range(0, found.shape[1], BLOCK):
            moving = np.arange(first, min(first + BLOCK, found.shape[1]))
            some = self.take(slice(first, first + BLOCK))
            robust = ((some.weights > 0).sum(0) > 2).astype(np.float64)
            still = np.ones(len(moving), bool)
            for _ in range(rounds):
                step = np.where(still, some._step(found[:, moving], widths, robust), 0.0)
                found[:, moving] += step
                still &= (step**2).sum(0) > SETTLED_M**2
                if not still.any():
                    break
                if still.mean() < 0.7:  # gathering costs more than a round for a few
                    moving, some, robust, still = moving[still], some.take(still), robust[still], still[still]
        return found

    def _step(self, points: Float, widths: Float, robust: Float) -> Float:
        local = self.in_cameras(points)
        flat = local[:, :2] / local[:, 2:]
        off = (flat - self.flat) * self.focal[:, :, None]
        squares = off[:, 0] ** 2 + off[:, 1] ** 2
        weights = self.weights / (1 + robust * squares / np.square(widths)[:, None])
        rows = self.rotations[:, :2, :, None] - flat[:, :, None] * self.rotations[:, None, 2, :, None]
        rows *= (self.focal[:, :, None] / local[:, 2:])[:, :, None]
        weighted = rows * weights[:, None, None]
        matrix = np.stack([np.einsum("vkp,vkp->p", weighted[:, :, i], rows[:, :, j]) for i, j in UPPER])
        step = -solve(matrix, np.einsum("vkcp,vkp->cp", weighted, off))
        length = np.sqrt((step**2).sum(0))
        return np.asarray(step * np.minimum(1, LONGEST_STEP_M / np.maximum(length, 1e-12)))


def cauchy_cost(sight: Sight, errors: Float, widths: Float) -> Float:
    """(P,) The sum over views of weight times log(1 + error²/width²). errors (V, P) pixels."""
    return np.asarray((sight.weights * np.log1p((errors / widths[:, None]) ** 2)).sum(0))


def solve(matrix: Float, right: Float) -> Float:
    """Solutions (3, …) of symmetric 3 x 3 systems, given as UPPER (6, …) and right sides (3, …); 0 where all is 0.

    The diagonal is raised by DAMPING times the trace, so that rays that are nearly parallel give no infinity.
    """
    raised = DAMPING * (matrix[0] + matrix[3] + matrix[5]) + 1e-300
    a, d, f = matrix[0] + raised, matrix[3] + raised, matrix[5] + raised
    b, c, e = matrix[1], matrix[2], matrix[4]
    c00, c01, c02 = d * f - e * e, c * e - b * f, b * e - c * d
    c11, c12, c22 = a * f - c * c, b * c - a * e, a * d - b * b
    whole = a * c00 + b * c01 + c * c02
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = np.where(whole > 0, 1 / whole, 0.0)
    x, y, z = right
    return np.stack([c00 * x + c01 * y + c02 * z, c01 * x + c11 * y + c12 * z, c02 * x + c12 * y + c22 * z]) * inverse
