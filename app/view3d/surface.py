"""The surface of a 3D view in the window: drawn by the graphics card, or painted as a picture where a CPU draws.

Qt composes a window that holds an OpenGL widget with OpenGL. Without a graphics card that costs several times as much
as drawing the scene, at every change anywhere in the window. There the scene is drawn without a window and painted like
any other widget, which also works where Qt has no OpenGL at all (some remote desktops, Qt's offscreen platform).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage, QOffscreenSurface, QOpenGLContext, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget
from vispy.app import Application
from vispy.scene import SceneCanvas

from app.view3d.egl import EglCanvas

GL_RENDERER = 0x1F01
ON_A_CPU = ("llvmpipe", "softpipe", "swiftshader", "software")


@cache
def window_renderer() -> str:
    """Name what draws OpenGL in Qt's windows, as its driver does; "" where Qt has none."""
    context, surface = QOpenGLContext(), QOffscreenSurface()
    surface.create()
    if not context.create() or not context.makeCurrent(surface):
        return ""
    name = str(context.functions().glGetString(GL_RENDERER))
    context.doneCurrent()
    return name


def drawn_by_cpu() -> bool:
    """Tell whether Qt's windows get no graphics card."""
    name = window_renderer().lower()
    return not name or any(word in name for word in ON_A_CPU)


class PictureSurface(QWidget):
    """Shows an off-screen canvas as a picture."""

    drawn = Signal(float)  # milliseconds that the picture took

    def __init__(self, parent: QWidget, prepare: Callable[[], None]) -> None:
        """Call `prepare` before every drawing, when the canvas has its size."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.canvas = EglCanvas((64, 64), quick=True)
        self.renderer = self.canvas.renderer
        self.widget: QWidget = self
        self._prepare, self._image, self._stale = prepare, QImage(), True

    def refresh(self) -> None:
        self._stale = True
        self.update()

    def draw(self) -> None:
        """Draw the scene now, where it has changed and is seen; painting it is then cheap, whatever else is painted."""
        if self.isVisible():
            self._draw()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Show the picture; it is drawn before, where the scene has changed, not where a label over it has."""
        self._draw()
        painter = QPainter(self)
        painter.setTransform(painter.transform().translate(0, self.height()).scale(1, -1))  # rows run upwards
        painter.drawImage(self.rect(), self._image)
        painter.end()

    def _draw(self) -> None:
        size: QSize = (self.size() * self.devicePixelRatioF()).expandedTo(QSize(1, 1))
        if not self._stale and self._image.size() == size:
            return
        start = time.perf_counter()
        self._stale = False
        self.canvas.resize((size.width(), size.height()))
        self._prepare()
        self._pixels = self.canvas.picture()  # kept as long as the image that lies in it
        width, height = size.width(), size.height()
        self._image = QImage(self._pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
        self.drawn.emit(1e3 * (time.perf_counter() - start))


class WindowSurface(QObject):
    """An OpenGL widget in the window."""

    drawn = Signal(float)  # milliseconds from starting to draw until the window had swapped its buffers

    def __init__(self, parent: QWidget, prepare: Callable[[], None]) -> None:
        super().__init__(parent)
        self.canvas = SceneCanvas(app=Application("pyside6"), keys=None, parent=parent, show=False)
        self.renderer = window_renderer()
        self.widget: QWidget = self.canvas.native
        self.widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._prepare, self._start = prepare, 0.0
        self.canvas.events.draw.connect(self._begin, position="first")
        self.widget.frameSwapped.connect(self._end)

    def refresh(self) -> None:
        self.canvas.update()

    def draw(self) -> None:
        """The graphics card draws when the window is painted."""

    def _begin(self, event: object) -> None:
        self._start = time.perf_counter()
        self._prepare()

    def _end(self) -> None:
        self.drawn.emit(1e3 * (time.perf_counter() - self._start))


def make_surface(parent: QWidget, prepare: Callable[[], None], kind: str = "auto") -> PictureSurface | WindowSurface:
    """Make a surface: "picture", "window", or "auto" for the faster one here."""
    if kind == "auto":
        kind = "picture" if drawn_by_cpu() else "window"
    return PictureSurface(parent, prepare) if kind == "picture" else WindowSurface(parent, prepare)
