"""Cameras in a 3D view, as the edges of what they see. Without vispy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.view3d.items import Float
from engine.cameras.pinhole import Camera

CORNERS = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
EDGES = 11
"""Of one camera: four to the corners, four around the picture, two of the roof that says which side is up, the axis."""


@dataclass(frozen=True, eq=False)
class Frusta:
    """Cameras that stand still, as `app.view3d.segments_item.Segments`; the picture is drawn `depth` metres ahead."""

    cameras: Sequence[Camera]
    depth: float = 0.35

    @property
    def count(self) -> int:
        return EDGES * len(self.cameras)

    def at(self, seconds: float) -> Float:
        """Both ends (count, 2, 3) metres, at any moment."""
        return np.concatenate([edges_of(camera, self.depth) for camera in self.cameras])


def edges_of(camera: Camera, depth: float) -> Float:
    """(EDGES, 2, 3) metres, world; a lens' distortion is left out."""
    corners = np.array(CORNERS) * camera.image_size
    rays = np.concatenate([(corners - camera.principal) / camera.focal, np.ones((4, 1))], axis=1) * depth
    upper = rays[:2].mean(0)
    roof = upper - [0.0, 0.35 * np.linalg.norm(rays[1] - rays[0]), 0.0]
    here, ahead = np.zeros(3), np.array([0.0, 0.0, depth])
    seen = [
        *((here, ray) for ray in rays),
        *zip(rays, np.roll(rays, -1, axis=0), strict=True),
        (rays[0], roof),
        (roof, rays[1]),
        (here, ahead),
    ]
    return np.asarray(np.array(seen) @ camera.rotation + camera.centre)
