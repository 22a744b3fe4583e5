"""A vispy canvas without a window, on EGL, and its picture in memory."""

from __future__ import annotations

import os
from ctypes import c_int, c_uint, c_void_p
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QOpenGLContext
from vispy.app import Application
from vispy.gloo import gl
from vispy.gloo.gl import gl2
from vispy.scene import SceneCanvas

RGBA_8, DEPTH_24 = 0x8058, 0x81A6  # GL_RGBA8, GL_DEPTH_COMPONENT24
BGRA = 0x80E1  # GL_BGRA
GL_RENDERER = 0x1F01


@cache
def egl_application() -> Application:
    """Open the process's EGL display. Raises RuntimeError where there is none.

    Mesa needs to be told that no screen is meant, but only while the display is opened: Qt reads the same variable.
    """
    before = os.environ.get("EGL_PLATFORM")
    os.environ.setdefault("EGL_PLATFORM", "surfaceless")
    try:
        return Application("egl")
    finally:
        if before is None:
            del os.environ["EGL_PLATFORM"]


class EglCanvas(SceneCanvas):
    """A scene canvas that has no window; `picture()` draws it.

    The drawing goes to a buffer of its own, as vispy asks EGL for one that may come without depth.
    """

    def __init__(self, size: tuple[int, int], *, quick: bool = False) -> None:
        """quick: many pictures are wanted rather than fine ones."""
        super().__init__(app=egl_application(), size=(1, 1), keys=None, show=True)
        self.unfreeze()
        self.quick = quick
        self.renderer = str(gl2.glGetParameter(GL_RENDERER))  # the OpenGL driver's name for what draws
        self._frame = gl2.glCreateFramebuffer()
        self._stores = (
            (gl2.glCreateRenderbuffer(), gl2.GL_COLOR_ATTACHMENT0, RGBA_8),
            (gl2.glCreateRenderbuffer(), gl2.GL_DEPTH_ATTACHMENT, DEPTH_24),
        )
        self._pixels = np.empty((0, 0, 4), np.uint8)
        self._backend._vispy_get_fb_bind_location = lambda: self._frame
        self.freeze()
        self._fit(size)

    def resize(self, size: tuple[int, int]) -> None:
        """Take another size (width, height), pixels."""
        if size != self.size:
            self._fit(size)

    def set_current(self, event: object = None) -> None:
        """Draw here from now on; a context of Qt's that is current gives way."""
        qt = QOpenGLContext.currentContext()
        if qt is not None:
            qt.doneCurrent()
        super().set_current()

    def picture(self) -> NDArray[np.uint8]:
        """Draw: (H, W, 4) bytes, blue, green, red and unused, rows from the bottom up; overwritten by the next call."""
        self.set_current()
        self._update_pending = False
        self._draw_scene()
        self.context.finish()
        # vispy's own glReadPixels fills a new buffer twice and has no BGRA, the order that screens and QImage want.
        read = gl2._get_gl_func("glReadPixels", None, (c_int, c_int, c_int, c_int, c_uint, c_uint, c_void_p))
        read(0, 0, *self.size, BGRA, gl2.GL_UNSIGNED_BYTE, self._pixels.ctypes.data)
        self._let_go()
        return self._pixels

    def _fit(self, size: tuple[int, int]) -> None:
        """Give transforms and buffers the canvas's size."""
        self._backend._size = size  # not `self.size`: EGL's own buffer is not used, and leaks when made anew
        self.events.resize(size=size, physical_size=size)
        self.set_current()
        self._pixels = np.empty((*size[::-1], 4), np.uint8)
        gl2.glBindFramebuffer(gl2.GL_FRAMEBUFFER, self._frame)
        for store, attachment, kind in self._stores:
            gl2.glBindRenderbuffer(gl2.GL_RENDERBUFFER, store)
            gl2.glRenderbufferStorage(gl2.GL_RENDERBUFFER, kind, *size)
            gl2.glFramebufferRenderbuffer(gl2.GL_FRAMEBUFFER, attachment, gl2.GL_RENDERBUFFER, store)
        if gl2.glCheckFramebufferStatus(gl2.GL_FRAMEBUFFER) != gl2.GL_FRAMEBUFFER_COMPLETE:
            raise RuntimeError(f"{self.renderer} cannot draw a picture of {size[0]} by {size[1]} pixels")
        self._let_go()

    def _let_go(self) -> None:
        """Leave the thread without a drawing context: Qt cannot open one of its own beside an EGL one."""
        from vispy.app.backends import _egl  # importing it opens the display

        _egl.egl.eglMakeCurrent(_egl._EGL_DISPLAY, None, None, None)


def gl_renderer() -> str:
    """Name what draws off-screen. Raises RuntimeError where nothing does."""
    canvas = EglCanvas((16, 16))
    canvas.set_current()
    name = f"{gl.glGetParameter(gl.GL_RENDERER)}, OpenGL {gl.glGetParameter(gl.GL_VERSION)}"
    canvas.close()
    return name
