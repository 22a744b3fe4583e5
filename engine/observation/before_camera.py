"""Where a pose stands before the camera that saw it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


def place_before_camera(positions: Float, rays: Float, confidence: Float) -> Float:
    """Where the pelvis is, (T, 3) metres in camera axes, so that poses (T, J, 3) meet the rays (T, J, 2) best.

    Weighted linear least squares on x - z·ray_x and y - z·ray_y; where too few joints are seen, the last place
    that was found, and before that the first one; at 0 where there is none.
    """
    return filled(places_seen(positions, rays, confidence))


def places_seen(positions: Float, rays: Float, confidence: Float) -> Float:
    """(T, 3), NaN where too few joints are seen."""
    # Each joint gives two equations  t_x - ray_x t_z = ray_x P_z - P_x  (the same for y).
    rows = np.zeros((*rays.shape[:2], 2, 3))
    rows[..., 0, 0] = rows[..., 1, 1] = 1.0
    rows[..., 2] = -rays
    right = rays * positions[..., 2:] - positions[..., :2]
    rows *= confidence[..., None, None]
    right = right * confidence[..., None]
    a, b = rows.reshape(len(rows), -1, 3), right.reshape(len(right), -1, 1)
    normal = np.swapaxes(a, -1, -2) @ a
    known = np.linalg.eigvalsh(normal)[:, 0] > 1e-6
    root = np.full((len(a), 3), np.nan)
    root[known] = np.linalg.solve(normal[known], np.swapaxes(a[known], -1, -2) @ b[known])[..., 0]
    return root


def filled(places: Float) -> Float:
    """Each place that is not known as the last one that is."""
    known = ~np.isnan(places[:, 0])
    if not known.any():
        return np.zeros_like(places)
    return places[np.maximum.accumulate(np.where(known, np.arange(len(places)), np.argmax(known)))]
