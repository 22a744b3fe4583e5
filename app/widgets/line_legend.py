"""The legend of colours and line styles, in as many rows as it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.look.theme import THEMES, Theme

ROW, SAMPLE, GAP, BETWEEN = 20, 30, 7, 20  # pixels
STYLES = {"solid": Qt.PenStyle.SolidLine, "dash": Qt.PenStyle.DashLine, "dot": Qt.PenStyle.DotLine}


@dataclass(frozen=True)
class Entry:
    """A line sample of that style ("solid", "dash", "dot") beside its meaning; colour "" is a neutral one.

    mark  of its points: "o" round, "s" square, "t" triangle, "" none
    """

    text: str
    colour: str = ""
    style: str = "solid"
    mark: str = ""


class LineLegend(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.entries: tuple[Entry, ...] = ()
        self._theme = THEMES["dark"]
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def set_entries(self, entries: Sequence[Entry]) -> None:
        self.entries = tuple(entries)
        self._fit()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(200, ROW)

    def _fit(self) -> None:
        rows = 1 + max((place.y() for place in self._places()), default=0) // ROW
        self.setFixedHeight(round(rows * ROW))
        self.update()

    def _places(self) -> list[QPointF]:
        """Return the upper left corner of every entry."""
        places, x, y = [], 0.0, 0.0
        for entry in self.entries:
            width = SAMPLE + GAP + self.fontMetrics().horizontalAdvance(entry.text)
            if x and x + width > self.width():
                x, y = 0.0, y + ROW
            places.append(QPointF(x, y))
            x += width + BETWEEN
        return places

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for entry, at in zip(self.entries, self._places(), strict=True):
            middle = at.y() + ROW / 2
            colour = QColor(entry.colour or self._theme.muted)
            painter.setPen(QPen(colour, 2.2, STYLES[entry.style]))
            painter.drawLine(QPointF(at.x(), middle), QPointF(at.x() + SAMPLE, middle))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            _draw_mark(painter, entry.mark, QPointF(at.x() + SAMPLE / 2, middle))
            painter.setPen(QColor(self._theme.text))
            base = middle + self.fontMetrics().ascent() / 2 - 1
            painter.drawText(QPointF(at.x() + SAMPLE + GAP, base), entry.text)
        painter.end()


def _draw_mark(painter: QPainter, mark: str, at: QPointF) -> None:
    x, y = at.x(), at.y()
    if mark == "o":
        painter.drawEllipse(at, 4, 4)
    elif mark == "s":
        painter.drawRect(QRectF(x - 3.5, y - 3.5, 7, 7))
    elif mark == "t":
        painter.drawPolygon([QPointF(x - 4, y - 3.5), QPointF(x + 4, y - 3.5), QPointF(x, y + 4)])
