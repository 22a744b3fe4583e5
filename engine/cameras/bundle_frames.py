"""Bundle adjustment on frames in which several cameras see the same points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.cameras.bundle import Prior, adjust
from engine.cameras.pinhole import Camera
from engine.cameras.triangulation import LONG_SIDE

Float = NDArray[np.float64]

MOST_POINTS = 3000


def evenly(frames: int, joints: int) -> NDArray[np.intp]:
    """Numbers of frames, taken evenly, that hold up to MOST_POINTS points."""
    return np.arange(0, frames, max(1, -(-frames * joints // MOST_POINTS)))


def adjust_on_frames(
    cameras: Sequence[Camera],
    pixels: Float,
    confidences: Float,
    points: Float,
    *,
    prior: Sequence[Prior],
    width_px: float,
) -> tuple[Camera, ...]:
    """The cameras after `adjust` on detections pixels (T, V, J, 2) with confidences (T, V, J).

    points (T, J, 3) to start from, NaN where there are none; width_px is that of a picture of LONG_SIDE pixels.
    """
    views = len(cameras)
    known = np.isfinite(points[..., 0]).ravel()
    size = float(np.mean([max(camera.image_size) for camera in cameras])) / LONG_SIDE
    return adjust(
        cameras,
        np.moveaxis(pixels, 1, 0).reshape(views, -1, 2)[:, known],
        np.moveaxis(confidences, 1, 0).reshape(views, -1)[:, known],
        points.reshape(-1, 3)[known].T,
        prior=prior,
        width_px=width_px * size,
    ).cameras
