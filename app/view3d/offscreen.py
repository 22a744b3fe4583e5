"""The 3D view without a window: pictures and video frames, drawn by the same scene on EGL."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from app.view3d.camera_rig import Orbit
from app.view3d.egl import EglCanvas
from app.view3d.grid import Box, arrange
from app.view3d.items import Item, Vector, known_points
from app.view3d.legend import HEADROOM, inset_of, named, paint_legend
from app.view3d.scenes import Scenes
from app.view3d.theme import THEMES
from engine.cameras.pinhole import Camera


class Renderer:
    """Draws pictures of one size; keep it for a whole video, as starting one takes longer than a frame.

    Raises RuntimeError where there is no EGL to draw with. vispy remembers its current canvas for the whole process:
    use it from the thread that draws the window, or in a process of its own.
    """

    def __init__(self, size: tuple[int, int], theme: str = "dark", *, legend: bool = True) -> None:
        self._canvas = EglCanvas(size)
        self._scenes = Scenes(self._canvas)
        self._views: list[tuple[Item, ...]] = [()]
        self.set_style(size, theme, legend=legend)

    def set_style(self, size: tuple[int, int], theme: str = "dark", *, legend: bool = True) -> None:
        """Change what the constructor was given."""
        self._canvas.resize(size)
        self._scenes.set_theme(theme)
        self._theme, self._legend = THEMES[theme], legend
        if legend and QApplication.instance() is None:  # Qt has no fonts without one
            self._qt = QApplication(["kinestate", "-platform", "offscreen"])

    def set_items(self, items: Sequence[Item]) -> None:
        self.set_views([items])

    def set_views(self, views: Sequence[Sequence[Item]]) -> None:
        """Show each group of items in a view of its own (see `grid.arrange`), all through the same camera."""
        self._views = [tuple(items) for items in views]
        self._scenes.set_views(self._views)
        self._scenes.set_chosen(None)

    @property
    def view_size(self) -> tuple[int, int]:
        """(width, height) pixels of each view."""
        return self._places()[1][0].size

    def render(self, seconds: float, camera: Camera, centre: Vector | None = None) -> NDArray[np.uint8]:
        """Draw a moment: (H, W, 3) RGB seen by `camera`, all of its picture fitted in.

        The floor lies around `centre` (x, y, z) metres, by default the middle of the people at this moment.
        """
        middle: Vector | None = centre
        if middle is None:
            points = known_points(item.pickable(seconds) for items in self._views for item in items if item.shown)
            middle = points.mean(0) if len(points) else np.zeros(3)
        return self.render_views(seconds, [(camera, middle)] * len(self._views))

    def render_views(self, seconds: float, cameras: Sequence[tuple[Camera, Vector]]) -> NDArray[np.uint8]:
        """Draw a moment as `render`, each view by its own camera and around its own centre."""
        boxes, pictures = self._places()
        self._scenes.place(zip(boxes, pictures, strict=True))
        self._scenes.set_time(seconds)
        self._scenes.set_cameras(cameras)
        picture = np.ascontiguousarray(self._canvas.picture()[::-1])
        if self._legend:
            self._write_legends(picture, boxes)
        return np.ascontiguousarray(picture[..., 2::-1])

    def _write_legends(self, picture: NDArray[np.uint8], boxes: Sequence[Box]) -> None:
        height, width = picture.shape[:2]
        image = QImage(picture.data, width, height, 4 * width, QImage.Format.Format_RGB32)
        painter = QPainter(image)
        for items, box in zip(named(self._views), boxes, strict=True):
            scale = self._scale(box)
            painter.resetTransform()
            across, down = (scale * inset for inset in inset_of(len(boxes)))
            painter.translate(box.x + across, box.y + down)
            paint_legend(painter, items, {}, self._theme, scale, box.width - 2 * across)
        painter.end()

    def _places(self) -> tuple[list[Box], list[Box]]:
        """Return the box of every view, and the part of it that the camera's picture fills."""
        boxes = arrange(len(self._views), self._canvas.size)
        head = round(HEADROOM * self._scale(boxes[0])) if len(boxes) > 1 else 0
        return boxes, [box.below(head) for box in boxes]

    @staticmethod
    def _scale(box: Box) -> float:
        """Return the size of the letters, which grow with the picture."""
        return max(min(box.size) / 720, 0.75)


def render_frame(
    items: Sequence[Item],
    seconds: float,
    size: tuple[int, int] = (1280, 720),
    camera: Camera | Orbit | None = None,
    theme: str = "dark",
    *,
    legend: bool = True,
) -> NDArray[np.uint8]:
    """Draw one picture (H, W, 3) RGB, size (width, height). Without a camera: everybody, from a three-quarter angle."""
    if camera is None:
        camera = Orbit().fit(known_points(item.pickable(seconds) for item in items if item.shown), size)
    renderer = _renderer()
    renderer.set_style(size, theme, legend=legend)
    renderer.set_items(items)
    if isinstance(camera, Orbit):
        return renderer.render(seconds, camera.camera(size), camera.target)
    return renderer.render(seconds, camera)


@cache
def _renderer() -> Renderer:
    return Renderer((64, 64), legend=False)
