"""What a 3D view shows: floor, people with their shadows, axes; one code path for windows and for pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from vispy.scene import Node, SceneCanvas

from app.view3d.actor import Actor
from app.view3d.axes import Triad
from app.view3d.camera_rig import fitted_to
from app.view3d.cell import Cell
from app.view3d.grid import Box
from app.view3d.ground import Floor, Shadow
from app.view3d.people import People
from app.view3d.pinhole import Pinhole
from app.view3d.theme import THEMES
from engine.cameras.pinhole import Camera

Float = NDArray[np.float64]


class MotionScene:
    """One view in a vispy canvas, which may hold several: each fills the box that it is given, at first all of it.

    Set the actors and the camera, choose the frame, let the canvas draw.
    """

    def __init__(self, canvas: SceneCanvas) -> None:
        self._canvas = canvas
        self._cell, self._picture = Cell(canvas), Box(0, 0, *canvas.size)
        self._floor = Floor(parent=self._cell.inside)  # drawn in this order
        self._ground = Node(parent=self._cell.inside)
        self._people = People(self._cell.inside)
        self._triad = Triad(parent=self._cell.inside)
        self._shadows: list[Shadow] = []
        self._pinhole: Pinhole | None = None
        self._actors: tuple[Actor, ...] = ()
        self._frame, self._chosen = 0, False
        self.set_theme("dark")

    def set_actors(self, actors: Sequence[Actor], frame: int) -> None:
        """Show these people instead of those before, at a frame."""
        self._actors = tuple(actors)
        self._people.set_actors(actors, self._theme)
        self.set_frame(frame)

    def set_frame(self, frame: int) -> None:
        """Move everybody to a frame."""
        self._frame = frame
        bodies = self._people.set_frame(frame)
        while len(self._shadows) < len(bodies):
            self._shadows.append(Shadow(parent=self._ground))
            if self._pinhole is not None:
                self._shadows[-1].see(self._pinhole)
        for shadow in self._shadows[len(bodies) :]:
            shadow.visible = False
        for shadow, (bones, radii) in zip(self._shadows, bodies, strict=False):
            shadow.visible = True
            shadow.cast(bones, radii, self._theme)

    def place(self, box: Box, picture: Box) -> None:
        """Fill a box of the canvas, pixels, and its part `picture` with the camera's picture; set the camera next."""
        self._cell.place(box)
        self._picture = picture

    def set_visible(self, visible: bool) -> None:
        self._cell.visible = visible

    def set_axes(self, shown: bool) -> None:
        """Draw the triad that names the axes, or leave it out."""
        self._triad.visible = shown

    def set_chosen(self, chosen: bool) -> None:
        """Put a frame around the view, or none."""
        self._chosen = chosen
        self._cell.paint(self._theme.background, self._theme.chosen if chosen else None)

    def set_camera(self, camera: Camera, centre: Sequence[float]) -> None:
        """See the scene through a camera, all of its picture fitted in; the floor lies around `centre` (x, y, z)."""
        picture, canvas, ratio = self._picture, self._canvas.size, self._canvas.pixel_scale
        camera = fitted_to(camera, picture.size)
        self._pinhole = Pinhole(camera, picture, canvas, ratio)
        for visual in (self._floor, self._people, *self._shadows):
            visual.see(self._pinhole)
        self._triad.look(camera, picture, canvas, ratio)
        self._floor.set_centre(np.array([centre[0], centre[1], 0.0]))

    def set_theme(self, name: str) -> None:
        """ "dark" or "light"."""
        self._theme = THEMES[name]
        self._canvas.bgcolor = self._theme.gap
        self.set_chosen(self._chosen)
        self._floor.set_theme(self._theme)
        self.set_actors(self._actors, self._frame)
