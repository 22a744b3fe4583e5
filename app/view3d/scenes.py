"""Several views in one canvas: same frame, same theme, each with its own people, box and camera."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vispy.scene import SceneCanvas

from app.view3d.actor import Actor
from app.view3d.grid import Box
from app.view3d.scene import MotionScene
from engine.cameras.pinhole import Camera


class Scenes:
    """One scene for each view; those that are not needed any more are kept, hidden."""

    def __init__(self, canvas: SceneCanvas) -> None:
        self._canvas, self._theme, self._frame = canvas, "dark", 0
        self._scenes: list[MotionScene] = []
        self.set_views([()])

    def set_views(self, views: Sequence[Sequence[Actor]]) -> None:
        """Show these people in each view; place them and set their cameras next."""
        while len(self._scenes) < len(views):
            self._scenes.append(MotionScene(self._canvas))
            self._scenes[-1].set_theme(self._theme)
        self._shown = self._scenes[: len(views)]
        for scene in self._scenes:
            scene.set_visible(scene in self._shown)
        for scene, actors in zip(self._shown, views, strict=True):
            scene.set_actors(actors, self._frame)

    def place(self, places: Iterable[tuple[Box, Box]], ratio: float = 1.0) -> None:
        """Box and picture of each view (see `MotionScene.place`); `ratio` pixels of the canvas are one of these."""
        for scene, (box, picture) in zip(self._shown, places, strict=True):
            scene.place(box.scaled(ratio), picture.scaled(ratio))

    def set_cameras(self, cameras: Iterable[tuple[Camera, Sequence[float]]]) -> None:
        """Each view's camera, and the (x, y, z) metres that its floor lies around."""
        for scene, (camera, centre) in zip(self._shown, cameras, strict=True):
            scene.set_camera(camera, centre)

    def set_frame(self, frame: int) -> None:
        self._frame = frame
        for scene in self._shown:
            scene.set_frame(frame)

    def set_theme(self, name: str) -> None:
        """ "dark" or "light"."""
        self._theme = name
        for scene in self._scenes:
            scene.set_theme(name)

    def set_chosen(self, chosen: int | None) -> None:
        """Which view has a frame around it; None: all show the same side, and the first names the axes for all."""
        for k, scene in enumerate(self._shown):
            scene.set_chosen(k == chosen)
            scene.set_axes(k == 0 or chosen is not None)
