"""The legend: a colour chip and a label for everybody in the view, painted alike on the screen and into pictures."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import QWidget

from app.view3d.actor import Actor
from app.view3d.theme import Colour, Theme

POINTS = 12
INSET = 14.0


def legend_font(scale: float = 1.0) -> QFont:
    font = QFont()
    font.setPixelSize(round(POINTS * 4 / 3 * scale))
    font.setWeight(QFont.Weight.Medium)
    return font


def legend_size(actors: Sequence[Actor], scale: float = 1.0) -> QSize:
    metrics = QFontMetricsF(legend_font(scale))
    labels = [metrics.horizontalAdvance(actor.label) for actor in actors if actor.shown]
    line = metrics.height() * 1.3
    return QSize(round(max(labels, default=0) + 2.2 * line), round(len(labels) * line))


def paint_legend(painter: QPainter, actors: Sequence[Actor], theme: Theme, scale: float = 1.0) -> None:
    """One line for each shown actor, from the painter's origin down."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(legend_font(scale))
    metrics = QFontMetricsF(painter.font())
    line = metrics.height() * 1.3
    for row, actor in enumerate(actor for actor in actors if actor.shown):
        middle = (row + 0.5) * line
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(qcolor(actor.shade(theme)))
        painter.drawEllipse(QPointF(line / 2, middle), 0.26 * line, 0.26 * line)
        painter.setPen(qcolor(theme.text))
        box = QRectF(1.05 * line, row * line, 4000 * scale, line)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, actor.label)


def qcolor(colour: Colour) -> QColor:
    return QColor.fromRgbF(*colour)


class Legend(QWidget):
    """The legend as a small see-through widget on top of a view."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.move(round(INSET), round(INSET))
        self._actors: tuple[Actor, ...] = ()

    def show_actors(self, actors: Sequence[Actor], theme: Theme) -> None:
        self._actors, self._theme = tuple(actors), theme
        self.resize(legend_size(actors))
        self.setVisible(any(actor.shown for actor in actors))
        self.update()

    def paintEvent(self, event: object) -> None:
        painter = QPainter(self)
        paint_legend(painter, self._actors, self._theme)
        painter.end()
