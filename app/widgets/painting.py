"""Colours and frames of the painted widgets."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QWidget

from app.look.theme import Theme, tabular

HEADING = 16
"""Height of an inset's line of text, pixels."""


def faded(colour: str, alpha: float) -> QColor:
    """A colour with this opacity, 0 to 1."""
    result = QColor(colour)
    result.setAlphaF(alpha)
    return result


def begin_inset(widget: QWidget, theme: Theme, title: str, note: str = "") -> QPainter:
    """Fill a small panel on top of the 3D view and frame it; title at the left, note at the right of its first line.

    Without a note, the title stands in the middle. The painter writes in muted small letters from then on.
    """
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(widget.rect(), QColor(theme.plot))
    painter.setPen(QPen(QColor(theme.hover), 1))
    painter.drawRect(QRectF(widget.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
    font = tabular(QFont(widget.font()))
    font.setPointSizeF(8.0)
    painter.setFont(font)
    painter.setPen(QColor(theme.muted))
    if not note:
        painter.drawText(widget.rect(), Qt.AlignmentFlag.AlignCenter, title)
        return painter
    line = widget.rect().adjusted(7, 5, -7, -5)
    painter.drawText(line, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft, title)
    painter.drawText(line, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight, note)
    return painter
