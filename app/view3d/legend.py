"""The legend: a colour chip and a label for everybody in a view, painted alike on the screen and into pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import QWidget

from app.view3d.actor import Actor
from app.view3d.theme import Colour, Theme

POINTS = 12
INSET = 14.0
HEADROOM = 24  # pixels above the picture of a view that is one of several, at scale 1: its first line stands there


def inset_of(views: int) -> tuple[float, float]:
    """Pixels from a view's corner to its legend, at scale 1: less from above where views share the height."""
    return INSET, INSET if views == 1 else INSET / 2


def legend_scale(height: int) -> float:
    """Of the letters in a view of so many pixels."""
    return min(max(height / 560, 0.8), 1.0)


def named(views: Sequence[Sequence[Actor]]) -> list[tuple[Actor, ...]]:
    """Who is named in which view: everybody once, in the first view that shows them; beside others, models first."""
    known: set[str] = set()
    lines = []
    for actors in views:
        new = [actor for actor in actors if actor.shown and actor.key not in known]
        known.update(actor.key for actor in new)
        lines.append(tuple(sorted(new, key=lambda actor: len(views) > 1 and actor.colour is None)))
    return lines


def legend_font(scale: float = 1.0) -> QFont:
    font = QFont()
    font.setPixelSize(round(POINTS * 4 / 3 * scale))
    font.setWeight(QFont.Weight.Medium)
    font.setFeature(QFont.Tag("tnum"), 1)  # digits of one width: the notes do not dance
    return font


def legend_size(actors: Sequence[Actor], notes: Mapping[str, str], scale: float = 1.0) -> QSize:
    metrics = QFontMetricsF(legend_font(scale))
    line = metrics.height() * 1.3
    width = max((metrics.horizontalAdvance(_text(actor, notes)) for actor in actors), default=0)
    return QSize(round(width + 2.2 * line), round(len(actors) * line))


def paint_legend(
    painter: QPainter,
    actors: Sequence[Actor],
    notes: Mapping[str, str],
    theme: Theme,
    scale: float = 1.0,
    room: float = float("inf"),
) -> None:
    """One line for each actor from the painter's origin down, at most `room` wide: chip, label, and its note by key."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(legend_font(scale))
    metrics = QFontMetricsF(painter.font())
    line = metrics.height() * 1.3
    at = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
    for row, actor in enumerate(actors):
        note = notes.get(actor.key, "")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(qcolor(actor.shade(theme)))
        painter.drawEllipse(QPointF(line / 2, (row + 0.5) * line), 0.26 * line, 0.26 * line)
        free = min(room, 4000 * scale) - 1.05 * line - metrics.horizontalAdvance(_beside(note))
        label = metrics.elidedText(actor.label, Qt.TextElideMode.ElideMiddle, max(free, 0))
        box = QRectF(1.05 * line, row * line, 4000 * scale, line)
        painter.setPen(qcolor(theme.text))
        painter.drawText(box, at, label)
        if note:
            painter.setPen(qcolor(theme.muted))
            painter.drawText(box.translated(metrics.horizontalAdvance(label), 0), at, _beside(note))


def _beside(note: str) -> str:
    return f"   {note}" if note else ""


def _text(actor: Actor, notes: Mapping[str, str]) -> str:
    return actor.label + _beside(notes.get(actor.key, ""))


def qcolor(colour: Colour) -> QColor:
    return QColor.fromRgbF(*colour)


class Legend(QWidget):
    """The legend as a small see-through widget on top of a view."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._actors: tuple[Actor, ...] = ()
        self._notes: Mapping[str, str] = {}
        self._room, self._scale = 0, 1.0

    def show_actors(self, actors: Sequence[Actor], theme: Theme) -> None:
        self._actors, self._theme = tuple(actors), theme
        self._fit()

    def set_notes(self, notes: Mapping[str, str]) -> None:
        """What stands beside each label, by the actor's key."""
        if notes != self._notes:
            self._notes = notes
            self._fit()

    def fit(self, room: int, scale: float) -> None:
        """How wide it may be, pixels, and how large its letters are."""
        self._room, self._scale = room, scale
        self._fit()

    def _fit(self) -> None:
        size = legend_size(self._actors, self._notes, self._scale)
        self.resize(min(size.width(), max(self._room, 0)), size.height())
        self.setVisible(bool(self._actors))
        self.update()

    def paintEvent(self, event: object) -> None:
        painter = QPainter(self)
        paint_legend(painter, self._actors, self._notes, self._theme, self._scale, self.width())
        painter.end()
