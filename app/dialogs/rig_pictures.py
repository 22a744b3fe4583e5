"""The pictures of a rig's cameras in a grid, with what was found in them and where models' joints would be seen."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QWidget

from app.docks.panel import tipped
from app.look.theme import Theme, model_colour
from app.present.rig_found import RigFound
from app.widgets.picture_view import BAND, Overlay, PictureView
from engine.cameras.pinhole import Camera
from engine.cameras.video_file import Picture

GAP = 6
LONGEST, GREY = 480, 26
"""Pixels, and shade, of what stands for a picture where there is none."""


class CameraPicture(PictureView):
    """One camera's picture; a tick in its title says whether it takes part."""

    def __init__(self, camera: Camera) -> None:
        super().__init__("")
        self.camera = camera
        self.setMinimumSize(96, 96)
        self.tick = tipped(QCheckBox(camera.name, self), "Whether models are given this camera")
        self.tick.setChecked(True)
        self.tick.setGeometry(6, 0, 160, BAND)

    def show_moment(self, picture: Picture | None, found: RigFound, view: int, seconds: float) -> None:
        """Draw the picture of a moment with the keypoints and every model's joints over it."""
        shown = blank(self.camera) if picture is None else picture
        scale = shown.shape[1] / self.camera.image_size[0]
        frame = found.seen_at(view, seconds)
        seen = found.views.confidence[view, frame, 0] > 0
        bones = found.views.skeleton.bones
        overlays = [Overlay(found.views.xy[view, frame, 0] * scale, seen, bones)]
        note = ""
        for model in range(len(found.figures)):
            xy = found.projected(model, view, seconds)
            overlays.append(Overlay.of_model(xy * scale, bones, model_colour(model)))
            if model == 0 and seen.any():
                off = np.linalg.norm(xy - found.views.xy[view, frame, 0], axis=-1)[seen]
                note = f"{np.nanmedian(off):.0f} px" if np.isfinite(off).any() else ""
        self.show_picture(shown, overlays, note=note)


Shown = TypeVar("Shown", bound=CameraPicture)


class PictureGrid(QWidget, Generic[Shown]):
    """One picture a camera, as large as they fit. Emits `ticked` when a camera is to take part or no longer.

    make  of the picture of a camera
    """

    ticked = Signal()

    def __init__(self, empty: str, make: Callable[[Camera], Shown]) -> None:
        super().__init__()
        self._empty, self._make_picture = PictureView(empty), make
        self._theme: Theme | None = None
        self.cameras: list[Shown] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GAP)
        self._grid.addWidget(self._empty, 0, 0)

    @property
    def off(self) -> frozenset[str]:
        """Names of the cameras that take no part."""
        return frozenset(view.camera.name for view in self.cameras if not view.tick.isChecked())

    def set_cameras(self, cameras: Sequence[Camera]) -> None:
        """Show these; the ticks stay where the cameras are the same ones."""
        same = [view.camera.name for view in self.cameras] == [camera.name for camera in cameras]
        if same:
            for view, camera in zip(self.cameras, cameras, strict=True):
                view.camera = camera
            return
        for view in self.cameras:
            self._grid.removeWidget(view)
            view.deleteLater()
        self._empty.setVisible(not cameras)
        self.cameras = [self._make_picture(camera) for camera in cameras]
        for view in self.cameras:
            view.tick.toggled.connect(lambda _: self.ticked.emit())
            if self._theme is not None:
                view.set_theme(self._theme)
        self._arrange()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._empty.set_theme(theme)
        for view in self.cameras:
            view.set_theme(theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        if not self.cameras:
            return
        shapes = [view.camera.image_size for view in self.cameras]
        across = best_columns(shapes, self.width(), self.height(), self.cameras[0].band())
        for number, view in enumerate(self.cameras):
            self._grid.removeWidget(view)
            self._grid.addWidget(view, *divmod(number, across))


class RigPictures(PictureGrid[CameraPicture]):
    """Of recordings."""

    def __init__(self, empty: str) -> None:
        super().__init__(empty, CameraPicture)

    def show_moment(self, pictures: Sequence[Picture | None], found: RigFound, seconds: float) -> None:
        for number, (view, picture) in enumerate(zip(self.cameras, pictures, strict=True)):
            view.show_moment(picture, found, number, seconds)


def best_columns(sizes: Sequence[tuple[int, int]], width: int, height: int, band: int = BAND) -> int:
    """Count the pictures in a row with which the smallest of them is largest; band: pixels of text above each."""

    def least(across: int) -> float:
        rows = math.ceil(len(sizes) / across)
        wide, high = width / across - GAP, height / rows - GAP - band
        return min(min(wide / w, high / h) for w, h in sizes)

    return max(range(1, len(sizes) + 1), key=least)


def blank(camera: Camera) -> NDArray[np.uint8]:
    """A dark picture of a camera's shape."""
    scale = LONGEST / max(camera.image_size)
    width, height = (max(round(side * scale), 1) for side in camera.image_size)
    return np.full((height, width, 3), GREY, np.uint8)
