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

    drawn = Signal(float)  # milliseconds from starting to draw until the picture was painted

    def __init__(self, parent: QWidget, prepare: Callable[[], None]) -> None:
        """Call `prepare` before every drawing, when the canvas has its size."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.canvas = EglCanvas((64, 64), quick=True)
        self.renderer = self.canvas.renderer
        self.widget: QWidget = self
        self._prepare = prepare

    def refresh(self) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        start = time.perf_counter()
        size: QSize = self.size() * self.devicePixelRatioF()
        width, height = max(size.width(), 1), max(size.height(), 1)
        self.canvas.resize((width, height))
        self._prepare()
        pixels = self.canvas.picture()
        image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
        painter = QPainter(self)
        painter.setTransform(painter.transform().translate(0, self.height()).scale(1, -1))  # rows run upwards
        painter.drawImage(self.rect(), image)
        painter.end()
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
