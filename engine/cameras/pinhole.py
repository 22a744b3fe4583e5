"""Pinhole cameras.

Camera axes are OpenCV's: x right, y down, z forward. World axes are Kinestate's: Z up, metres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.cameras.lens import check_coefficients, distort, undistort

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Camera:
    """One calibrated view.

    rotation     (3, 3) world -> camera, acts on column vectors: x_cam = rotation @ (x_world - centre)
    centre       (3,) camera centre in the world, metres
    focal        (fx, fy) pixels
    principal    (cx, cy) pixels
    image_size   (width, height) pixels
    distortion   OpenCV's coefficients in its order, as in `engine.cameras.lens`; empty = none
    """

    name: str
    rotation: Float
    centre: Float
    focal: tuple[float, float]
    principal: tuple[float, float]
    image_size: tuple[int, int]
    distortion: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        check_coefficients(self.distortion)

    def to_camera(self, points: Float) -> Float:
        """World points (..., 3) metres -> camera coordinates (..., 3) metres."""
        return np.asarray((points - self.centre) @ self.rotation.T)

    def to_world(self, points: Float) -> Float:
        """Camera coordinates (..., 3) metres -> world points (..., 3) metres."""
        return np.asarray(points @ self.rotation + self.centre)

    def project(self, points: Float) -> tuple[Float, Float]:
        """World points (..., 3) metres -> pixels (..., 2) and depth (...,) metres (<= 0 is behind)."""
        cam = self.to_camera(points)
        depth = cam[..., 2]
        safe = np.where(np.abs(depth) < 1e-6, 1e-6, depth)
        return self.pixels(cam[..., :2] / safe[..., None]), depth

    def pixels(self, flat: Float) -> Float:
        """Undistorted directions (..., 2), x/z and y/z in camera coordinates -> pixels (..., 2)."""
        return distort(flat, self.distortion) * np.asarray(self.focal) + np.asarray(self.principal)

    def rays(self, pixels: Float) -> Float:
        """Pixels (..., 2) -> undistorted directions (..., 2), x/z and y/z in camera coordinates."""
        flat = (pixels - np.asarray(self.principal)) / np.asarray(self.focal)
        return undistort(flat, self.distortion)


def in_picture(pixels: Float, size: tuple[int, int] | NDArray[np.intp]) -> NDArray[np.bool_]:
    """Whether pixels (..., 2) lie in a picture of size (width, height); several pictures' sizes (..., 2) broadcast."""
    return np.asarray(((pixels >= 0) & (pixels <= size)).all(-1))


def look_at(
    name: str, eye: Float, target: Float, *, fov_deg: float = 45.0, image_size: tuple[int, int] = (1000, 1000)
) -> Camera:
    """A level pinhole camera at `eye` looking at `target` (both (3,) metres, world Z up).

    fov_deg is the vertical field of view.
    """
    forward = np.asarray(target, float) - np.asarray(eye, float)
    forward = forward / np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    if np.linalg.norm(right) < 1e-6:  # looking straight up or down
        right = np.array([1.0, 0.0, 0.0])
    right = right / np.linalg.norm(right)
    down = np.cross(forward, right)
    width, height = image_size
    focal = 0.5 * height / np.tan(np.radians(fov_deg) / 2)
    return Camera(
        name,
        np.stack([right, down, forward]),
        np.asarray(eye, float),
        (focal, focal),
        (width / 2, height / 2),
        image_size,
    )
