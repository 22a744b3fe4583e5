"""One view in a vispy canvas: floor, items with their shadows, axes; one code path for windows and for pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from vispy.scene import Node, SceneCanvas

from app.view3d.camera_rig import fitted_to
from app.view3d.cell import Cell
from app.view3d.grid import Box
from app.view3d.items import Item, Vector
from app.view3d.pinhole import Pinhole
from app.view3d.theme import THEMES
from app.view3d.visuals.axes import Triad
from app.view3d.visuals.ground import Floor, Shadow
from app.view3d.visuals.table import ItemsVisual, visual_of
from engine.cameras.pinhole import Camera


class MotionScene:
    """One of the views in a canvas: it fills its box, at first all of the canvas.

    Set the items and the camera, choose the moment, let the canvas draw.
    """

    def __init__(self, canvas: SceneCanvas) -> None:
        self._canvas = canvas
        self._cell, self._picture = Cell(canvas), Box(0, 0, *canvas.size)
        self._floor = Floor(parent=self._cell.inside)  # drawn in this order
        self._ground, self._things = Node(parent=self._cell.inside), Node(parent=self._cell.inside)
        self._triad = Triad(parent=self._cell.inside)
        self._visuals: dict[type[ItemsVisual], ItemsVisual] = {}
        self._shadows: list[Shadow] = []
        self._pinhole: Pinhole | None = None
        self._items: tuple[Item, ...] = ()
        self._seconds, self._chosen = 0.0, False
        self.set_theme("dark")

    def set_items(self, items: Sequence[Item], seconds: float) -> None:
        """Show these instead of those before, at a moment."""
        self._items = tuple(items)
        shown = [(visual_of(item), item) for item in items if item.shown]
        for kind in dict.fromkeys(kind for kind, _ in shown):
            if kind not in self._visuals:
                self._visuals[kind] = kind(self._things)
                self._show_camera(self._visuals[kind])
        for kind, visual in self._visuals.items():
            visual.set_items([item for drawn_by, item in shown if drawn_by is kind], self._theme)
        self.set_time(seconds)

    def set_time(self, seconds: float) -> None:
        """Take everything to a moment."""
        self._seconds = seconds
        casters = [caster for visual in self._visuals.values() for caster in visual.set_time(seconds)]
        while len(self._shadows) < len(casters):
            self._shadows.append(Shadow(parent=self._ground))
            self._show_camera(self._shadows[-1])
        for k, shadow in enumerate(self._shadows):
            shadow.visible = k < len(casters)
            if k < len(casters):
                shadow.cast(*casters[k], self._theme)

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

    def set_camera(self, camera: Camera, centre: Vector) -> None:
        """See the scene through a camera, all of its picture fitted in; the floor lies around `centre` (x, y, z)."""
        picture, canvas, ratio = self._picture, self._canvas.size, self._canvas.pixel_scale
        camera = fitted_to(camera, picture.size)
        self._pinhole = Pinhole(camera, picture, canvas, ratio)
        for visual in (self._floor, *self._visuals.values(), *self._shadows):
            visual.see(self._pinhole)
        self._triad.look(camera, picture, canvas, ratio)
        self._floor.set_centre(np.array([centre[0], centre[1], 0.0]))

    def set_theme(self, name: str) -> None:
        """Change to "dark" or "light"."""
        self._theme = THEMES[name]
        self._canvas.bgcolor = self._theme.gap
        self.set_chosen(self._chosen)
        self._floor.set_theme(self._theme)
        self.set_items(self._items, self._seconds)

    def _show_camera(self, visual: ItemsVisual | Shadow) -> None:
        """Let a new visual be seen as the others are."""
        if self._pinhole is not None:
            visual.see(self._pinhole)
