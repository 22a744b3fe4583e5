"""The camera that is assumed where none is known."""

from __future__ import annotations

from functools import cache

import numpy as np

from engine.cameras.pinhole import Camera, look_at

ASSUMED_FOV_DEG = 45.0
"""Vertical field of view. People's proportions do not tell it (docs/live.md)."""


@cache
def default_camera(image_size: tuple[int, int] = (1000, 1000)) -> Camera:
    """Centred, `ASSUMED_FOV_DEG`, level, looking along +Y."""
    return look_at("assumed", np.zeros(3), np.array([0.0, 1.0, 0.0]), fov_deg=ASSUMED_FOV_DEG, image_size=image_size)
