"""The legend: a colour chip and a label for every item of a view, painted alike on the screen and into pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from app.view3d.items import Item
from app.view3d.theme import Colour, Theme

POINTS = 12
INSET = 14.0
HEADROOM = 24  # pixels above the picture of a view that is one of several, at scale 1: its first line stands there


def inset_of(views: int) -> tuple[float, float]:
    """Return pixels from a view's corner to its legend, at scale 1: fewer from above where views share the height."""
    return INSET, INSET if views == 1 else INSET / 2


def legend_scale(height: int) -> float:
    """Return the size of the letters in a view of so many pixels."""
    return min(max(height / 560, 0.8), 1.0)


def named(views: Sequence[Sequence[Item]]) -> list[tuple[Item, ...]]:
    """Name every item once, in the first view that shows it; in one of several views, models first.

    Those that step aside have their names over their heads.
    """
    known: set[str] = set()
    lines = []
    for items in views:
        here = [item for item in items if item.shown and not item.aside and item.key not in known]
        new = list({item.key: item for item in reversed(here)}.values())[::-1]
        known.update(item.key for item in new)
        lines.append(tuple(sorted(new, key=lambda item: len(views) > 1 and item.colour is None)))
    return lines


def legend_font(scale: float = 1.0) -> QFont:
    font = QFont()
    font.setPixelSize(round(POINTS * 4 / 3 * scale))
    font.setWeight(QFont.Weight.Medium)
    font.setFeature(QFont.Tag("tnum"), 1)  # digits of one width: the notes do not dance
    return font


def legend_size(items: Sequence[Item], notes: Mapping[str, str], scale: float = 1.0) -> QSize:
    metrics = QFontMetricsF(legend_font(scale))
    line = metrics.height() * 1.3
    width = max((metrics.horizontalAdvance(_text(item, notes)) for item in items), default=0)
    return QSize(round(width + 2.2 * line), round(len(items) * line))


def paint_legend(
    painter: QPainter,
    items: Sequence[Item],
    notes: Mapping[str, str],
    theme: Theme,
    scale: float = 1.0,
    room: float = float("inf"),
) -> None:
    """Write a line for each item from the painter's origin down, at most `room` wide: chip, label, note by key."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(legend_font(scale))
    metrics = QFontMetricsF(painter.font())
    line = metrics.height() * 1.3
    at = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
    for row, item in enumerate(items):
        note = notes.get(item.key, "")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(qcolor(theme.colour_of(item.colour)))
        painter.drawEllipse(QPointF(line / 2, (row + 0.5) * line), 0.26 * line, 0.26 * line)
        free = min(room, 4000 * scale) - 1.05 * line - metrics.horizontalAdvance(_beside(note))
        label = metrics.elidedText(item.label, Qt.TextElideMode.ElideMiddle, max(free, 0))
        box = QRectF(1.05 * line, row * line, 4000 * scale, line)
        painter.setPen(qcolor(theme.text))
        painter.drawText(box, at, label)
        if note:
            painter.setPen(qcolor(theme.muted))
            painter.drawText(box.translated(metrics.horizontalAdvance(label), 0), at, _beside(note))


def _beside(note: str) -> str:
    return f"   {note}" if note else ""


def _text(item: Item, notes: Mapping[str, str]) -> str:
    return item.label + _beside(notes.get(item.key, ""))


def qcolor(colour: Colour) -> QColor:
    return QColor.fromRgbF(*colour)


class Legend(QWidget):
    """The legend as a small see-through widget on top of a view."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._items: tuple[Item, ...] = ()
        self._notes: Mapping[str, str] = {}
        self._room, self._scale = 0, 1.0
        self._written: QPixmap | None = None

    def show_items(self, items: Sequence[Item], theme: Theme) -> None:
        self._items, self._theme = tuple(items), theme
        self._fit()

    def set_notes(self, notes: Mapping[str, str]) -> None:
        """Write these beside the labels, by the items' keys."""
        if notes != self._notes:
            self._notes = notes
            self._fit()

    def fit(self, room: int, scale: float) -> None:
        """Take at most so many pixels across, with letters of this size."""
        self._room, self._scale = room, scale
        self._fit()

    def _fit(self) -> None:
        size = legend_size(self._items, self._notes, self._scale)
        self.resize(min(size.width(), max(self._room, 0)), size.height())
        self.setVisible(bool(self._items))
        self._written = None
        self.update()

    def paintEvent(self, event: object) -> None:
        """Lay what was written over the view, which is painted anew with every frame."""
        ratio = self.devicePixelRatioF()
        if self._written is None or self._written.devicePixelRatio() != ratio:
            self._written = self._write(ratio)
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._written)
        painter.end()

    def _write(self, ratio: float) -> QPixmap:
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        paint_legend(painter, self._items, self._notes, self._theme, self._scale, self.width())
        painter.end()
        return picture
