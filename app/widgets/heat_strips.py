"""Heat strips: the error of every model along the clip, one row each, on one scale that is written beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter

from app.look.theme import Theme, ember, tabular
from app.present.wording import number
from app.state.moment import frame_at

Float = NDArray[np.float64]

ROW, LEAST, MOST = 9, 6, 45
"""Pixels of a row, of one among many, and of all of them together."""
LIGHT = 14
"""Pixels where there is no row."""
SCALE = 70
"""Pixels at the right for the scale."""


@dataclass(frozen=True, eq=False)
class Heat:
    """One row: times (T,) seconds, errors (T,) millimetres, NaN where there is none."""

    name: str
    colour: str
    times: Float
    errors: Float


def heat_height(rows: int) -> int:
    """Return the pixels that so many rows take."""
    return LIGHT if not rows else rows * max(min(ROW, MOST // rows), LEAST)


def heat_range(rows: Sequence[Heat]) -> tuple[float, float]:
    """Find the errors at the ends of the scale, mm: the 2nd and the 98th percentile of all."""
    known = np.concatenate([np.zeros(0), *(row.errors[np.isfinite(row.errors)] for row in rows)])
    low, high = np.percentile(known, (2, 98)) if len(known) else (0.0, 1.0)
    return float(low), float(max(high, low + 1e-9))


def paint_heat(painter: QPainter, rows: Sequence[Heat], box: QRectF, span: tuple[float, float]) -> None:
    """Paint the rows over the seconds of `span`, each with its model's colour at the left of the box."""
    low, high = heat_range(rows)
    each = box.height() / max(len(rows), 1)
    columns = np.linspace(*span, max(round(box.width()), 1))
    for number_, row in enumerate(rows):
        place = np.clip(np.searchsorted(row.times, columns, side="right") - 1, 0, len(row.times) - 1)
        rgb = np.ascontiguousarray(ember((row.errors[place] - low) / (high - low))[None])
        image = QImage(rgb.data, len(columns), 1, 3 * len(columns), QImage.Format.Format_RGB888)
        top = box.top() + number_ * each
        painter.drawImage(QRectF(box.left(), top, box.width(), each - 1), image)
        painter.fillRect(QRectF(box.left() - 8, top, 4, each - 1), QColor(row.colour))


def paint_heat_scale(painter: QPainter, rows: Sequence[Heat], box: QRectF, theme: Theme) -> None:
    """Paint the scale into the box, the larger error above the smaller one, in millimetres."""
    strip = QRectF(box.left(), box.top(), 5, box.height() - 1)
    shades = np.ascontiguousarray(ember(np.linspace(1, 0, 32))[:, None])
    painter.drawImage(strip, QImage(shades.data, 1, 32, 3, QImage.Format.Format_RGB888))
    font = tabular(painter.font())
    font.setPointSizeF(7.5)
    painter.setFont(font)
    painter.setPen(QColor(theme.muted))
    low, high = heat_range(rows)
    line = QFontMetricsF(font).height()
    room = QRectF(strip.right() + 4, box.top() - 3, box.width() - 9, box.height() + 5)
    if box.height() < 1.6 * line:
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, f"{low:.0f}–{high:.0f} mm")
    else:
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, f"{high:.0f} mm")
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, f"{low:.0f}")


def heat_said(rows: Sequence[Heat], seconds: float) -> str:
    """Write every row's error at a moment, for a tooltip."""
    lines = []
    for row in rows:
        error = number(float(row.errors[frame_at(row.times, seconds)]))
        lines.append(f'<br><span style="color:{row.colour}">■</span> {escape(row.name)} <b>{error}</b> mm')
    return "".join(lines)
