"""Several views in one canvas: one moment and theme, each with its own items, box and camera."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vispy.scene import SceneCanvas

from app.view3d.grid import Box
from app.view3d.items import Item, Vector
from app.view3d.scene import MotionScene
from engine.cameras.pinhole import Camera


class Scenes:
    """One scene for each view; those that are not needed any more are kept, hidden."""

    def __init__(self, canvas: SceneCanvas) -> None:
        self._canvas, self._theme, self._seconds = canvas, "dark", 0.0
        self._scenes: list[MotionScene] = []
        self.set_views([()])

    def set_views(self, views: Sequence[Sequence[Item]]) -> None:
        """Show these items in each view; place them and set their cameras next."""
        while len(self._scenes) < len(views):
            self._scenes.append(MotionScene(self._canvas))
            self._scenes[-1].set_theme(self._theme)
        self._shown = self._scenes[: len(views)]
        for scene in self._scenes:
            scene.set_visible(scene in self._shown)
        for scene, items in zip(self._shown, views, strict=True):
            scene.set_items(items, self._seconds)

    def place(self, places: Iterable[tuple[Box, Box]], ratio: float = 1.0) -> None:
        """Give each view box and picture (see `MotionScene.place`); `ratio` pixels of the canvas are one of these."""
        for scene, (box, picture) in zip(self._shown, places, strict=True):
            scene.place(box.scaled(ratio), picture.scaled(ratio))

    def set_cameras(self, cameras: Iterable[tuple[Camera, Vector]]) -> None:
        """Give each view its camera and the (x, y, z) metres that its floor lies around."""
        for scene, (camera, centre) in zip(self._shown, cameras, strict=True):
            scene.set_camera(camera, centre)

    def set_time(self, seconds: float) -> None:
        self._seconds = seconds
        for scene in self._shown:
            scene.set_time(seconds)

    def set_theme(self, name: str) -> None:
        """Change to "dark" or "light"."""
        self._theme = name
        for scene in self._scenes:
            scene.set_theme(name)

    def set_chosen(self, chosen: int | None) -> None:
        """Put a frame around one view. None: all show the same side, and the first names the axes for all."""
        for k, scene in enumerate(self._shown):
            scene.set_chosen(k == chosen)
            scene.set_axes(k == 0 or chosen is not None)
