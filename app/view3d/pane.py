"""One of the views in a viewport: who is in it, where it lies and how it is seen. No Qt and no vispy."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from app.view3d.actor import Actor
from app.view3d.camera_rig import Orbit
from app.view3d.grid import Box
from engine.cameras.pinhole import Camera

Float = NDArray[np.float64]
FITTED_FRAMES = 200  # of a clip that are looked at to fit it into the view


@dataclass(eq=False)
class Pane:
    """
    box      pixels of the viewport
    picture  the part of the box that the camera's picture fills; what lies beside it is seen, too
    fitted   the camera stands where everybody just fits, and again after resizing
    """

    actors: tuple[Actor, ...] = ()
    box: Box = field(default_factory=lambda: Box(0, 0, 1, 1))
    picture: Box = field(default_factory=lambda: Box(0, 0, 1, 1))
    orbit: Orbit = field(default_factory=Orbit)
    fitted: bool = True

    def camera(self, anchor: Float) -> Camera:
        """As a pinhole camera with pictures of the pane's size, the orbit's target being relative to `anchor` (3,)."""
        return self.orbit.moved(anchor).camera(self.picture.size)

    def extent(self, path: Float | None) -> list[Float]:
        """(T, J, 3) metres of everybody, seen from a camera that moves along `path` (T, 3) or stands still."""
        points = []
        for actor in self.actors:
            if actor.shown:
                frames = np.arange(len(actor.positions))[:: max(1, len(actor.positions) // FITTED_FRAMES)]
                positions = actor.positions[frames]
                points.append(positions if path is None else positions - path[np.minimum(frames, len(path) - 1), None])
        return points
