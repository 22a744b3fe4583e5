"""Virtual cameras: where a clip that has no camera of its own is seen from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera, look_at
from engine.motion.heading import heading
from engine.pieces import by_pieces

Float = NDArray[np.float64]

CAMERA_PRESETS: dict[str, tuple[float, float]] = {
    "front": (0.0, 5.0),
    "front-left": (45.0, 10.0),
    "left": (90.0, 5.0),
    "back": (180.0, 5.0),
    "right": (-90.0, 5.0),
    "front-right": (-45.0, 10.0),
    "high": (30.0, 35.0),
}
"""Azimuth from where the person faces at the start (counter-clockwise from above) and elevation, degrees."""


def preset_camera(preset: str, positions: Float, *, fov_deg: float = 45.0) -> Camera:
    """A fixed camera that sees the whole of an H36M-17 motion (T, 17, 3), metres, world.

    Directions are the person's own at the start of the clip: "left" looks at their left side. The distance is chosen
    so that every joint of every frame lies inside the picture with a margin.
    """
    azimuth, elevation = np.radians(CAMERA_PRESETS[preset])
    azimuth = azimuth + heading(positions)
    low, high = positions.min((0, 1)), positions.max((0, 1))
    target = (low + high) / 2
    direction = np.array([np.sin(azimuth) * np.cos(elevation), -np.cos(azimuth) * np.cos(elevation), np.sin(elevation)])
    away = by_pieces(lambda part: np.linalg.norm(positions[part] - target, axis=-1).max(1), len(positions))
    radius = float(away.max())
    distance = max(1.15 * radius / np.sin(np.radians(fov_deg) / 2), 2.0)
    return look_at(preset, target + distance * direction, target, fov_deg=fov_deg)
