"""Mouse navigation of a 3D view: left drag turns, right drag and wheel zoom, middle or Shift and left drag pan.

A press and release on one spot is a click.
"""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.view3d.camera_rig import Orbit

RADIANS_PER_PIXEL = 0.0075
ZOOM_PER_PIXEL = 1.006
ZOOM_PER_NOTCH = 1.12
CLICK_PIXELS = 4.0


class Steered(Protocol):
    """A view that can be steered, or the one of several that was taken last."""

    @property
    def orbit(self) -> Orbit: ...

    @property
    def view_size(self) -> tuple[int, int]:
        """Pixels."""

    def set_orbit(self, orbit: Orbit) -> None: ...

    def take(self, place: tuple[float, float]) -> None:
        """Steer from now on the view at a place (x, y) pixels of the widget."""

    def click(self, place: tuple[float, float]) -> None: ...

    def hover(self, place: tuple[float, float]) -> None: ...

    def frame_all(self) -> None:
        """Fit everybody into the view, on a double click."""


class Navigation(QObject):
    """Turns a widget's mouse events into orbits and clicks."""

    def __init__(self, widget: QWidget, steered: Steered) -> None:
        super().__init__(widget)
        self._steered = steered
        self._pressed: QPointF | None = None
        self._last = QPointF()
        widget.setMouseTracking(True)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Use mouse events, and keep them from vispy, which would draw the scene again to find what was hit."""
        kind = event.type()
        if isinstance(event, QWheelEvent):
            notches = event.angleDelta().y() / 120
            self._steered.take(_place(event))
            self._steered.set_orbit(self._steered.orbit.zoomed(ZOOM_PER_NOTCH**-notches))
        elif not isinstance(event, QMouseEvent):
            return False
        elif kind == QEvent.Type.MouseButtonDblClick:
            self._pressed = None
            if event.button() == Qt.MouseButton.LeftButton:
                self._steered.frame_all()
        elif kind == QEvent.Type.MouseButtonPress:
            self._pressed = self._last = event.position()
            self._steered.take(_place(event))
        elif kind == QEvent.Type.MouseMove and not event.buttons():
            self._steered.hover(_place(event))
        elif kind == QEvent.Type.MouseMove:
            self._drag(event)
        elif kind == QEvent.Type.MouseButtonRelease and self._pressed is not None:
            still = (event.position() - self._pressed).manhattanLength() <= CLICK_PIXELS
            if still and event.button() == Qt.MouseButton.LeftButton:
                self._steered.click(_place(event))
            self._pressed = None
        return True

    def _drag(self, event: QMouseEvent) -> None:
        if self._pressed is None or not event.buttons():
            return
        step = event.position() - self._last
        self._last = event.position()
        orbit, buttons = self._steered.orbit, event.buttons()
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if buttons & Qt.MouseButton.MiddleButton or (shift and buttons & Qt.MouseButton.LeftButton):
            orbit = orbit.panned((step.x(), step.y()), self._steered.view_size)
        elif buttons & Qt.MouseButton.LeftButton:
            orbit = orbit.turned(-RADIANS_PER_PIXEL * step.x(), RADIANS_PER_PIXEL * step.y())
        elif buttons & Qt.MouseButton.RightButton:
            orbit = orbit.zoomed(ZOOM_PER_PIXEL ** step.y())
        self._steered.set_orbit(orbit)


def _place(event: QMouseEvent | QWheelEvent) -> tuple[float, float]:
    return event.position().x(), event.position().y()
