"""What the colours of the bones mean: a strip of the error scale with millimetres beside it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.error_colours import FULL_MM, error_colours
from app.theme import THEMES, tabular

MARKS_MM = (0, 50, 100, 150)
HEIGHT = 86
EDGE, STRIP = 9, 9


class ErrorScale(QWidget):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = THEMES["dark"]
        self.setFixedHeight(HEIGHT)
        self.setToolTip(
            "The colour of a bone is its joints' error at this frame, from 0 to 150 mm and more.\n"
            "The scale is always the same, so that models, frames and clips can be compared."
        )

    def set_theme(self, name: str) -> None:
        self._theme = THEMES[name]
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.panel))
        painter.drawRoundedRect(self.rect(), 4, 4)
        font = tabular(self.font())
        font.setPointSizeF(8.0)
        painter.setFont(font)
        line = painter.fontMetrics().height()
        strip = QRectF(EDGE, line + 6, STRIP, self.height() - line - 6 - EDGE)
        shades = 255 * error_colours(np.linspace(FULL_MM, 0, round(strip.height())))
        rows = np.ascontiguousarray(shades.astype(np.uint8))
        painter.drawImage(strip, QImage(rows.data, 1, len(rows), 3, QImage.Format.Format_RGB888))
        painter.setPen(QColor(self._theme.muted))
        right = self.width() - EDGE - STRIP - 5
        painter.drawText(QRectF(EDGE, 3, self.width() - EDGE, line), Qt.AlignmentFlag.AlignLeft, "Error mm")
        painter.setPen(QColor(self._theme.text))
        for mark in MARKS_MM:
            y = strip.bottom() - strip.height() * mark / FULL_MM
            box = QRectF(EDGE + STRIP + 5, y - line / 2, right, line)
            text = f"{mark}" if mark < FULL_MM else f"{mark}+"
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()
