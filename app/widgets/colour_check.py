"""A check box in a model's colour."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QCheckBox

from app.look.theme import Theme

BOX = 16


class ColourCheck(QCheckBox):
    """set_look gives it its colour; an empty frame in that colour means off."""

    def __init__(self) -> None:
        super().__init__()
        self._colour = self._accent = QColor()

    def set_look(self, colour: str, theme: Theme) -> None:
        self._colour, self._accent = QColor(colour), QColor(theme.text)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(BOX + 4, BOX + 4)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hitButton(self, pos: object) -> bool:
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(2, (self.height() - BOX) / 2, BOX, BOX)
        if self.hasFocus() or self.underMouse():
            painter.setPen(QPen(self._accent, 1.0))
            painter.drawRoundedRect(box.adjusted(-1, -1, 1, 1), 5, 5)
        painter.setPen(QPen(self._colour, 2.0))
        painter.setBrush(self._colour if self.isChecked() else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box.adjusted(1.5, 1.5, -1.5, -1.5), 3, 3)
        if self.isChecked():
            ink = "#ffffff" if self._colour.lightnessF() < 0.45 else "#101214"
            painter.setPen(QPen(QColor(ink), 2.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            corners = [QPointF(4.5, 8.4), QPointF(7.0, 10.9), QPointF(11.5, 5.4)]
            painter.drawPolyline(QPolygonF([box.topLeft() + corner for corner in corners]))
        painter.end()
