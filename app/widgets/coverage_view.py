"""Where in a camera's picture the board was seen: the lens is known there, and guessed elsewhere."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.look.theme import THEMES, tabular
from app.widgets.painting import faded
from app.widgets.picture_view import BAND
from engine.cameras.board.board import Corners
from engine.cameras.board.from_pictures import Seen
from engine.cameras.board.intrinsics import Intrinsics

MANY = 40
"""Corners in a cell from which on it is as bright as it gets."""
POINT, EMPTY = 1.3, 0.22
"""Radius of a corner, and opacity of a cell without one."""


class CoverageView(QWidget):
    """The picture's cells, brighter with more corners, and the corners of the pictures that were used.

    A line above says the camera, its error and how much is covered.
    """

    def __init__(self, lens: Intrinsics, seen: Seen) -> None:
        super().__init__()
        self._theme = THEMES["dark"]
        self.lens = lens
        self._corners = [c for c, used in zip(seen, lens.used, strict=True) if used and isinstance(c, Corners)]
        self.setMinimumSize(120, 100)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        empty = int((lens.coverage == 0).sum())
        self.setAccessibleName(f"Coverage of {lens.camera.name}")
        self.setToolTip(
            f"{lens.camera.name}: {empty} of {lens.coverage.size} parts of the picture never showed the board. "
            "Take more pictures with the board there."
        )

    def set_theme(self, name: str) -> None:
        self._theme = THEMES[name]
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._write(painter)
        frame = self._frame()
        painter.fillRect(frame, QColor(self._theme.plot))
        self._draw_cells(painter, frame)
        self._draw_corners(painter, frame)
        painter.setPen(QPen(QColor(self._theme.hover), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(frame)

    def _write(self, painter: QPainter) -> None:
        font = tabular(QFont(self.font()))
        painter.setFont(font)
        line = QRectF(0, 0, self.width(), BAND)
        painter.setPen(QColor(self._theme.text))
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.lens.camera.name)
        painter.setPen(QColor(self._theme.muted))
        said = f"{self.lens.error_px:.2f} px · {100 * self.lens.covered:.0f} % covered"
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, said)

    def _frame(self) -> QRectF:
        """Where the picture is, as large as it fits below the line."""
        width, height = self.lens.camera.image_size
        room = QRectF(1, BAND + 1, self.width() - 2, self.height() - BAND - 2)
        scale = min(room.width() / width, room.height() / height)
        return QRectF(room.left(), room.top(), scale * width, scale * height)

    def _draw_cells(self, painter: QPainter, frame: QRectF) -> None:
        rows, columns = self.lens.coverage.shape
        wide, high = frame.width() / columns, frame.height() / rows
        for row, column in np.ndindex(rows, columns):
            count = int(self.lens.coverage[row, column])
            cell = QRectF(frame.left() + column * wide, frame.top() + row * high, wide, high).adjusted(1, 1, -1, -1)
            bright = faded(self._theme.accent, 0.14 + 0.5 * min(count / MANY, 1.0))
            painter.fillRect(cell, bright if count else faded(self._theme.error, EMPTY))

    def _draw_corners(self, painter: QPainter, frame: QRectF) -> None:
        scale = frame.width() / self.lens.camera.image_size[0]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.text))
        for corners in self._corners:
            for x, y in corners.xy * scale:
                painter.drawEllipse(QPointF(frame.left() + x, frame.top() + y), POINT, POINT)
