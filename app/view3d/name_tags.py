"""Name tags: over the head of every person their colour, name and figure, whatever colours their limbs are in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QWidget

from app.view3d.items import Float, Item, Track, sample_at
from app.view3d.legend import legend_font, qcolor
from app.view3d.theme import Theme
from engine.cameras.pinhole import Camera

SCALE, GAP, LINES = 0.8, 8, 2
"""Size of the letters beside a legend's, pixels between two tags and above a head, and lines of a tag."""
NARROWEST = 48
"""Pixels: people who are nearer to each other in the picture have their tags above each other."""

_ROUND = 0.06
"""Metres that a skeleton's head is drawn beyond its uppermost joint."""


@dataclass(frozen=True, eq=False)
class Wearer:
    """Who wears a tag: the path (T, 3) metres of the person, and how high the highest point of the clip is."""

    item: Item
    path: Track
    top: float

    def place(self, seconds: float) -> Float:
        """Return the point (3,) metres above the person."""
        own = self.item.tag_at(seconds)
        if own is not None:
            return own
        at = self.path.points[sample_at(self.path.times, seconds)]
        return np.array([at[0], at[1], self.top + _ROUND])


def wearers(items: Sequence[Item]) -> list[Wearer]:
    """Find everybody who has a path, once, in their order."""
    found: dict[str, Wearer] = {}
    for item in items:
        path = item.path()
        if item.shown and path is not None and len(path.times):
            high = item.extent().points[..., 2]
            top = float(np.nanmax(high)) if np.isfinite(high).any() else 0.0
            before = found.get(item.key)
            kept = item if before is None else before.item
            found[item.key] = Wearer(kept, path, top if before is None else max(top, before.top))
    return list(found.values())


def tag_height(letters: float = 1.0, lines: int = LINES) -> int:
    """Return the pixels that a tag is high, with letters of this size."""
    return round(lines * QFontMetricsF(legend_font(SCALE * letters)).height()) + 2


class NameTag(QWidget):
    """One tag: colour and name, the figure below, or `beside` in the same line."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.name, self.note, self.letters, self.beside = "", "", 1.0, False

    def say(self, item: Item, note: str, theme: Theme) -> None:
        self.name, self.note, self._colour, self._theme = item.label, note, item.colour, theme
        self.update()

    def wanted(self) -> int:
        """Return the pixels across that it would like."""
        metrics = QFontMetricsF(legend_font(SCALE * self.letters))
        name, note = metrics.horizontalAdvance(self.name) + metrics.height(), metrics.horizontalAdvance(self.note)
        return ceil(name + self._gap(metrics) + note if self.beside else max(name, note)) + 4

    def paintEvent(self, event: object) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(legend_font(SCALE * self.letters))
        metrics = QFontMetricsF(painter.font())
        line = metrics.height()
        after = self._gap(metrics) + metrics.horizontalAdvance(self.note) if self.beside else 0.0
        name = metrics.elidedText(self.name, Qt.TextElideMode.ElideMiddle, self.width() - line - after)
        wide = metrics.horizontalAdvance(name)
        left = (self.width() - line - wide - after) / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(qcolor(self._theme.colour_of(self._colour)))
        painter.drawEllipse(QPointF(left + 0.4 * line, 0.5 * line), 0.28 * line, 0.28 * line)
        painter.setPen(qcolor(self._theme.text))
        painter.drawText(QRectF(left + line, 0, self.width(), line), Qt.AlignmentFlag.AlignLeft, name)
        painter.setPen(qcolor(self._theme.muted))
        note = metrics.elidedText(self.note, Qt.TextElideMode.ElideLeft, self.width())  # the figure stands last
        if self.beside:
            place = QRectF(left + line + wide + self._gap(metrics), 0, self.width(), line)
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft, note)
        else:
            painter.drawText(QRectF(0, line, self.width(), line), Qt.AlignmentFlag.AlignHCenter, note)
        painter.end()

    def _gap(self, metrics: QFontMetricsF) -> float:
        return metrics.averageCharWidth() if self.note else 0.0


class NameTags:
    """The tags of a view; none until people are given.

    nearest  pixels between two people from which on they have their tags beside each other, not above
    """

    def __init__(self, parent: QWidget) -> None:
        self._parent = parent
        self.tags: list[NameTag] = []
        self._wearers: list[Wearer] = []
        self._notes: Mapping[str, str] = {}
        self.letters, self.nearest = 1.0, float(NARROWEST)

    def show_people(self, items: Sequence[Item], theme: Theme) -> None:
        """Give a tag to everybody among these."""
        self._wearers, self._theme = wearers(items), theme
        while len(self.tags) < len(self._wearers):
            self.tags.append(NameTag(self._parent))
        for k, tag in enumerate(self.tags):
            tag.setVisible(k < len(self._wearers))
        self._say()

    def set_notes(self, notes: Mapping[str, str]) -> None:
        """Write these below the names, by the items' keys."""
        if notes != self._notes:
            self._notes = notes
            self._say()

    def _say(self) -> None:
        for wearer, tag in zip(self._wearers, self.tags, strict=False):
            tag.letters = self.letters
            tag.say(wearer.item, self._notes.get(wearer.item.key, ""), self._theme)

    def place(self, camera: Camera, seconds: float) -> None:
        """Put the tags over the heads as the camera sees them, each no wider than there is room."""
        if not self._wearers:
            return
        places = np.array([wearer.place(seconds) for wearer in self._wearers])
        pixels, depth = camera.project(places)
        seen = (depth > 0) & np.isfinite(pixels).all(-1)
        for tag, visible in zip(self.tags, seen, strict=False):
            tag.setVisible(bool(visible))
        groups = together(pixels, np.flatnonzero(seen), self.nearest)
        middles = [float(pixels[group, 0].mean()) for group in groups]
        room = min((b - a for a, b in pairwise(middles)), default=float(camera.image_size[0])) - GAP
        for x, group in zip(middles, groups, strict=True):
            height = tag_height(self.letters, 1 if len(group) > 1 else LINES)
            top = max(round(float(pixels[group, 1].min())) - len(group) * height - GAP, 2)
            for row, k in enumerate(group):
                tag = self.tags[k]
                tag.beside = len(group) > 1
                width = round(max(min(tag.wanted(), room), NARROWEST))
                tag.setGeometry(round(x - width / 2), top + row * height, width, height)


def together(pixels: Float, people: Sequence[int] | NDArray[np.intp], nearest: float) -> list[list[int]]:
    """Group people who are nearer to each other across the picture: from left to right, in each in their own order.

    pixels (N, 2) of everybody; people: the indices of those who are seen
    """
    groups: list[list[int]] = []
    for k in sorted(map(int, people), key=lambda k: float(pixels[k, 0])):
        if groups and pixels[k, 0] - pixels[groups[-1][0], 0] < nearest:
            groups[-1].append(k)
        else:
            groups.append([k])
    return [sorted(group) for group in groups]
