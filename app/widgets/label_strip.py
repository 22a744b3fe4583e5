"""Strips of labels over time: a colour for each, fainter where it is less likely, its name where there is room."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from app.look.label_colours import label_colour
from app.look.theme import Theme, model_colour
from app.present.labels import LabelStrip
from app.widgets.painting import faded
from engine.metrics.action import spans

ROW = 17
"""Height of one strip with the gap below it, pixels."""
FAINTEST = 0.25
PAD = 6.0


def paint_label_strip(
    painter: QPainter, strip: LabelStrip, place: QRectF, x: Callable[[float], float], theme: Theme
) -> None:
    """Paint one strip into `place`; x: from seconds to pixels. The model's colour stands at its left."""
    scores = strip.scores
    painter.fillRect(place, QColor(theme.raised))
    painter.fillRect(QRectF(2, place.top(), 4, place.height()), QColor(model_colour(strip.colour)))
    font = QFont(painter.font())
    font.setPointSizeF(8.0)
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    for span in spans(scores):
        left = x(float(scores.times[span.first]))
        right = x(float(scores.times[min(span.last, len(scores) - 1)]))
        box = QRectF(left, place.top(), max(right - left, 1.0), place.height())
        strength = FAINTEST + (1 - FAINTEST) * span.probability
        painter.fillRect(box, faded(label_colour(span.label, theme), strength))
        painter.fillRect(QRectF(left, place.top(), 1, place.height()), QColor(theme.panel))
        name = scores.labels[span.label]
        if metrics.horizontalAdvance(name) + 2 * PAD <= box.width():
            painter.setPen(QColor(theme.text))
            at = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
            painter.drawText(box.adjusted(PAD, 0, 0, 0), at, name)
