"""The part of a canvas that one scene is drawn in."""

from __future__ import annotations

from vispy.scene import Node, SceneCanvas

from app.view3d.grid import Box
from app.view3d.theme import Colour

FRAME = 2  # pixels


class Cell(Node):
    """A box of the canvas, outside of which nothing below `inside` is drawn.

    Several cells share one canvas, so that four views need one context and one picture.
    """

    def __init__(self, canvas: SceneCanvas) -> None:
        super().__init__(parent=canvas.scene)
        self._box = Box(0, 0, *canvas.size)
        self._background: Colour = (0.0, 0.0, 0.0)
        self._frame: Colour | None = None
        self.inside = Node(parent=self)
        _Whole(parent=self)

    def place(self, box: Box) -> None:
        """Draw in this box, pixels of the canvas."""
        self._box = box
        self.update()

    def paint(self, background: Colour, frame: Colour | None = None) -> None:
        """Fill the box before anything is drawn, with a frame around it or without."""
        self._background, self._frame = background, frame
        self.update()

    def draw(self) -> None:
        """Fill the box; vispy calls it before drawing the nodes below."""
        if self._frame is not None:
            self._fill(0, self._frame)
        self._fill(FRAME if self._frame is not None else 0, self._background)

    def _fill(self, inset: int, colour: Colour) -> None:
        """Colour the box less `inset` pixels at each side, and draw only there from now on."""
        box, ratio = self._box, self.canvas.pixel_scale
        bottom = self.canvas.size[1] - box.y - box.height  # OpenGL counts from below
        inner = Box(box.x + inset, bottom + inset, box.width - 2 * inset, box.height - 2 * inset)
        self.canvas.context.set_state(scissor_test=True, scissor=tuple(inner.scaled(ratio)))
        self.canvas.context.clear(color=(*colour, 1.0), depth=False)


class _Whole(Node):
    """The last node of a cell: the whole canvas is drawn in again."""

    def draw(self) -> None:
        self.canvas.context.set_state(scissor_test=False)
