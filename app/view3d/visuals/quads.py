"""The base of the visuals: a batch of rectangles that a shader places in the world."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from vispy import gloo
from vispy.visuals import Visual

from app.view3d.pinhole import Pinhole

CORNERS = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float32)
TRIANGLES = np.array([0, 1, 2, 0, 2, 3], np.uint32)


class QuadsVisual(Visual):
    """`count` rectangles: attribute vec2 a_corner is -1 or 1 in each direction, uniform mat4 u_matrix world -> clip.

    Changes reach the graphics card right before drawing (`_tell`). vispy keeps every command for a visual until it is
    drawn: one that is hidden for an hour of playing would collect an hour of them.
    """

    def __init__(self, vertex: str, fragment: str, count: int, *, depth_test: bool) -> None:
        super().__init__(vcode=vertex, fcode=fragment)
        self._draw_mode = "triangles"
        self._untold: dict[str, Callable[[], object]] = {}
        self._index_buffer, self._corners = gloo.IndexBuffer(), gloo.VertexBuffer()
        self._set_count(count)
        self.set_gl_state("translucent", depth_test=depth_test, cull_face=False)
        self.shared_program["a_corner"] = self._corners

    def _tell(self, what: str, tell: Callable[[], object]) -> None:
        """Call `tell` before the next drawing; it replaces an earlier one about the same thing."""
        self._untold[what] = tell
        self.update()

    def _set_count(self, count: int) -> None:
        def tell() -> None:
            self._corners.set_data(np.tile(CORNERS, (count, 1)))
            self._draw_in(np.arange(count))

        self._tell("count", tell)

    def _draw_in(self, order: NDArray[np.intp]) -> None:
        """Draw the rectangles in this order."""
        self._index_buffer.set_data((4 * order[:, None] + TRIANGLES).ravel().astype(np.uint32))

    def see(self, pinhole: Pinhole) -> None:
        """Be seen through this camera from now on."""
        self._tell("camera", lambda: self._look_through(pinhole))

    def _look_through(self, pinhole: Pinhole) -> None:
        self.shared_program["u_matrix"] = pinhole.matrix

    def _prepare_draw(self, view: Visual) -> bool:
        for tell in self._untold.values():
            tell()
        self._untold.clear()
        return True

    def _prepare_transforms(self, view: Visual) -> None:
        pass  # vispy's transforms are not used


def per_quad(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """Repeat a vertex attribute at the four corners: (count, C) -> (4 count, C)."""
    return np.repeat(values, 4, axis=0).astype(np.float32)
