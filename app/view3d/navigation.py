"""Mouse navigation of a 3D view: left drag turns, right drag and wheel zoom, middle or Shift and left drag pan.

A press and release on one spot is a click.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.view3d.camera_rig import Orbit

RADIANS_PER_PIXEL = 0.0075
ZOOM_PER_PIXEL = 1.006
ZOOM_PER_NOTCH = 1.12
CLICK_PIXELS = 4.0


class Navigation(QObject):
    """Turns a widget's mouse events into orbits and clicks.

    get, put       read and change the view's orbit
    click          called with the place (x, y) of a click, pixels
    double_click   called on a double click of the left button
    """

    def __init__(
        self,
        widget: QWidget,
        get: Callable[[], Orbit],
        put: Callable[[Orbit], None],
        click: Callable[[tuple[float, float]], None],
        double_click: Callable[[], None],
    ) -> None:
        super().__init__(widget)
        self._widget, self._get, self._put = widget, get, put
        self._click, self._double_click = click, double_click
        self._pressed: QPointF | None = None
        self._last = QPointF()
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Everything that is used here ends here: vispy would draw the scene again to find what was hit."""
        kind = event.type()
        if isinstance(event, QWheelEvent):
            notches = event.angleDelta().y() / 120
            self._put(self._get().zoomed(ZOOM_PER_NOTCH**-notches))
        elif not isinstance(event, QMouseEvent):
            return False
        elif kind == QEvent.Type.MouseButtonDblClick:
            self._pressed = None
            if event.button() == Qt.MouseButton.LeftButton:
                self._double_click()
        elif kind == QEvent.Type.MouseButtonPress:
            self._pressed = self._last = event.position()
        elif kind == QEvent.Type.MouseMove:
            self._drag(event)
        elif kind == QEvent.Type.MouseButtonRelease and self._pressed is not None:
            still = (event.position() - self._pressed).manhattanLength() <= CLICK_PIXELS
            if still and event.button() == Qt.MouseButton.LeftButton:
                self._click((event.position().x(), event.position().y()))
            self._pressed = None
        return True

    def _drag(self, event: QMouseEvent) -> None:
        if self._pressed is None or not event.buttons():
            return
        step = event.position() - self._last
        self._last = event.position()
        orbit, buttons = self._get(), event.buttons()
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if buttons & Qt.MouseButton.MiddleButton or (shift and buttons & Qt.MouseButton.LeftButton):
            size = (self._widget.width(), self._widget.height())
            self._put(orbit.panned((step.x(), step.y()), size))
        elif buttons & Qt.MouseButton.LeftButton:
            self._put(orbit.turned(-RADIANS_PER_PIXEL * step.x(), RADIANS_PER_PIXEL * step.y()))
        elif buttons & Qt.MouseButton.RightButton:
            self._put(orbit.zoomed(ZOOM_PER_PIXEL ** step.y()))
