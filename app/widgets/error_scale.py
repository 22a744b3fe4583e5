"""The legend of error colours: a strip of the scale with millimetres below it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.look.error_colours import FULL_MM, error_colours
from app.look.theme import THEMES, tabular

MARKS_MM = (0, 50, 100, 150)
STRIP, WIDTH = 8, 112  # height and width of the strip
EDGE = 8


class ErrorScale(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._theme = THEMES["dark"]
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setToolTip(
            "The colour of a bone, or of the skin, is the error there at this frame, from 0 to 150 mm and more.\n"
            "The scale is always the same, so that models, frames and clips can be compared.\n"
            "Blue is where the error is not known; grey is the ground truth alone."
        )

    def set_theme(self, name: str) -> None:
        self._theme = THEMES[name]
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(WIDTH + 2 * EDGE + 42, 26)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        font = tabular(self.font())
        font.setPointSizeF(8.0)
        painter.setFont(font)
        line = painter.fontMetrics().height()
        strip = QRectF(EDGE, (self.height() - STRIP - line) / 2, WIDTH, STRIP)
        shades = (255 * error_colours(np.linspace(0, FULL_MM, WIDTH))).astype(np.uint8)
        painter.drawImage(strip, QImage(shades.data, WIDTH, 1, 3 * WIDTH, QImage.Format.Format_RGB888))
        for mark in MARKS_MM:
            text = f"{mark}" if mark < FULL_MM else f"{mark}+ mm"
            x = strip.left() + strip.width() * mark / FULL_MM
            painter.setPen(QColor(self._theme.text))
            if mark == MARKS_MM[0]:
                at, box = Qt.AlignmentFlag.AlignLeft, QRectF(strip.left(), strip.bottom(), 60, line)
            elif mark == FULL_MM:
                left = x - painter.fontMetrics().horizontalAdvance(f"{mark}") / 2
                at, box = Qt.AlignmentFlag.AlignLeft, QRectF(left, strip.bottom(), 60, line)
            else:
                at, box = Qt.AlignmentFlag.AlignHCenter, QRectF(x - 30, strip.bottom(), 60, line)
            painter.drawText(box, at, text)
        painter.end()
