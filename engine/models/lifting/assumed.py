"""Requirements of lifting models on keypoints, and assumptions where something is not known."""

from __future__ import annotations

from functools import cache

import numpy as np

from engine.cameras.pinhole import Camera, look_at
from engine.errors import InputError
from engine.models.lifting.layout import LAYOUT
from engine.observation.keypoints import Keypoints2D

ASSUMED_FOV_DEG = 45.0
"""Vertical field of view assumed for keypoints whose camera is unknown."""


@cache
def default_camera(image_size: tuple[int, int] = (1000, 1000)) -> Camera:
    """The camera assumed where none is known: centred, `ASSUMED_FOV_DEG`, level, looking along +Y."""
    return look_at("assumed", np.zeros(3), np.array([0.0, 1.0, 0.0]), fov_deg=ASSUMED_FOV_DEG, image_size=image_size)


def require_h36m17(keypoints: Keypoints2D) -> None:
    """InputError for keypoints of another number of joints."""
    if len(keypoints.skeleton) != len(LAYOUT):
        raise InputError(
            f"{keypoints.name}: skeleton is {keypoints.skeleton.name}; convert the keypoints to H36M-17 first."
        )
