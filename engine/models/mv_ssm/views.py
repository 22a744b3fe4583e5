"""Calibrated views as tensors: projection through Brown's lens, and back.

Metres, pixels; V views, N points. The lens is OpenCV's with five coefficients k1, k2, p1, p2, k3.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from engine.cameras.rig import CameraRig

COEFFICIENTS = 5
ITERATIONS = 5
"""Fixed-point iterations that take a lens away, as MVGFormer's."""
NEAREST_M = 1e-2
"""Depths are at least that far in front of a camera."""


class Views(NamedTuple):
    """rotation (V, 3, 3) world -> camera; centre (V, 3); focal, principal, image_size (V, 2); distortion (V, 5)."""

    rotation: Tensor
    centre: Tensor
    focal: Tensor
    principal: Tensor
    image_size: Tensor
    distortion: Tensor

    def project(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """World points (N, 3) -> pixels (V, N, 2) and depths (V, N); those behind a camera mean nothing."""
        seen = (points - self.centre[:, None]) @ self.rotation.mT
        depth = seen[..., 2]
        flat = seen[..., :2] / depth.clamp_min(NEAREST_M)[..., None]
        radial, shift = _lens(flat, self.distortion)
        return (flat * radial + shift) * self.focal[:, None] + self.principal[:, None], depth

    def flatten(self, pixels: Tensor) -> Tensor:
        """Pixels (V, ..., 2) -> undistorted x/z, y/z (V, ..., 2)."""
        shape = pixels.shape
        pixels = pixels.flatten(1, -2)
        distorted = (pixels - self.principal[:, None]) / self.focal[:, None]
        flat = distorted
        for _ in range(ITERATIONS):
            radial, shift = _lens(flat, self.distortion)
            flat = (distorted - shift) / radial
        return flat.reshape(shape)


def views_of(rig: CameraRig, dtype: torch.dtype = torch.float32) -> Views:
    """The tensors of a rig. ValueError for a lens of more than five coefficients."""
    if any(len(camera.distortion) > COEFFICIENTS for camera in rig):
        raise ValueError(f"a lens has more than {COEFFICIENTS} coefficients; the published network knows no others")
    rows = [
        [c.rotation.tolist(), c.centre.tolist(), c.focal, c.principal, c.image_size, _padded(c.distortion)] for c in rig
    ]
    return Views(*(torch.tensor([row[k] for row in rows], dtype=dtype) for k in range(len(Views._fields))))


def _padded(coefficients: tuple[float, ...]) -> list[float]:
    return [*coefficients, *[0.0] * (COEFFICIENTS - len(coefficients))]


def _lens(flat: Tensor, coefficients: Tensor) -> tuple[Tensor, Tensor]:
    """The radial factor (V, N, 1) and tangential shift (V, N, 2) of Brown's model at undistorted points (V, N, 2)."""
    k1, k2, p1, p2, k3 = (c[:, None] for c in coefficients.unbind(-1))
    x, y = flat.unbind(-1)
    r2 = x * x + y * y
    radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
    across = 2 * p1 * x * y + p2 * (r2 + 2 * x * x)
    down = p1 * (r2 + 2 * y * y) + 2 * p2 * x * y
    return radial[..., None], torch.stack([across, down], -1)
