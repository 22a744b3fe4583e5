"""Names of curves at their right ends, apart from each other."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

NARROW = 300
"""Pixels of a plot below which there is no room for names."""
POINTS = 8.0


class EndNames(QWidget):
    """Stands at the right of a plot as high as it is."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[tuple[str, str, float]] = []  # name, "#rrggbb", pixels from above

    def show_names(self, names: Sequence[tuple[str, str, float]]) -> None:
        """Write names in their colours, as near to the wanted heights as they stay apart."""
        font = self.font()
        font.setPointSizeF(POINTS)
        self.setFont(font)
        line = QFontMetricsF(font).height()
        heights = spread([height for _, _, height in names], line, line / 2, self.height() - line / 2)
        self.names = [(n, c, y) for (n, c, _), y in zip(names, heights, strict=True)]
        self.setToolTip("\n".join(name for name, _, _ in names))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        metrics = QFontMetricsF(painter.font())
        for name, colour, y in self.names:
            painter.setPen(QColor(colour))
            text = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, self.width() - 6)
            box = QRectF(4, y - metrics.height() / 2, self.width() - 4, metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.end()


def spread(wanted: Sequence[float], gap: float, first: float, last: float) -> list[float]:
    """Move heights as little as they then stand `gap` apart between `first` and `last`, in their order."""
    order = sorted(range(len(wanted)), key=lambda k: wanted[k])
    placed: list[float] = []
    for k in order:
        placed.append(max(wanted[k], placed[-1] + gap if placed else first))
    limit = last
    for at in reversed(range(len(placed))):
        placed[at] = min(placed[at], limit)
        limit = placed[at] - gap
    found = [0.0] * len(wanted)
    for k, height in zip(order, placed, strict=True):
        found[k] = height
    return found
