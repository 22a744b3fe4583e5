"""Figures of a live run in large letters, beside those that were pinned, and what differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.look.theme import THEMES, Theme, tabular

LARGER, SMALLEST, GAP = 2.6, 1.0, 28
"""Size of the figures beside the widget's letters, at most and at least, and pixels between two models."""


@dataclass(frozen=True)
class Said:
    """A model's name, "#rrggbb", and its figure in words."""

    name: str
    colour: str
    figure: str


class BeforeAfter(QWidget):
    """A column for each model: its name, its figure below. A line over all of them says what they are."""

    def __init__(self) -> None:
        super().__init__()
        self._theme = THEMES["dark"]
        self.models: tuple[Said, ...] = ()
        self.line = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def say(self, models: Sequence[Said], line: str) -> None:
        """Show these; `line` is written above them."""
        if (tuple(models), line) != (self.models, self.line):
            self.models, self.line = tuple(models), line
            self.update()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        plain = QFontMetricsF(self.font()).height()
        return QSize(200, round(2 * plain + QFontMetricsF(self._large(LARGER)).height()))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = tabular(self.font())
        painter.setFont(font)
        letters = QFontMetricsF(font)
        high = letters.height()
        painter.setPen(QColor(self._theme.muted))
        line = letters.elidedText(self.line, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(QRectF(0, 0, self.width(), high), Qt.AlignmentFlag.AlignLeft, line)
        room = (self.width() - GAP * (len(self.models) - 1)) / max(len(self.models), 1)
        large = self._fitting(room)
        left = 0.0
        for model in self.models:
            painter.setFont(font)
            name = letters.elidedText(model.name, Qt.TextElideMode.ElideMiddle, room - high)
            wide = max(high + letters.horizontalAdvance(name), QFontMetricsF(large).horizontalAdvance(model.figure))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(model.colour))
            painter.drawEllipse(QPointF(left + 0.35 * high, 1.5 * high), 0.28 * high, 0.28 * high)
            painter.setPen(QColor(self._theme.text))
            painter.drawText(QRectF(left + high, high, room, high), Qt.AlignmentFlag.AlignLeft, name)
            painter.setFont(large)
            below = QRectF(left, 2 * high, room, self.height() - 2 * high)
            painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, model.figure)
            left += wide + GAP
        painter.end()

    def _large(self, scale: float) -> QFont:
        font = tabular(self.font())
        font.setPointSizeF(scale * font.pointSizeF())
        font.setWeight(QFont.Weight.DemiBold)
        return font

    def _fitting(self, room: float) -> QFont:
        """The large letters, smaller where a figure would not fit into its column."""
        widest = max(
            (QFontMetricsF(self._large(LARGER)).horizontalAdvance(model.figure) for model in self.models), default=0.0
        )
        return self._large(max(min(LARGER, LARGER * room / max(widest, 1.0)), SMALLEST))
