"""The models' input: what the cameras of a rig see, a small picture each, with joints that are not found marked."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.look.theme import THEMES, Theme
from app.present.rig_items import observed_views
from app.present.wording import hertz
from app.state.moment import frame_at
from app.state.results import Shown
from app.state.state import State
from app.widgets.inset import Inset
from app.widgets.painting import HEADING, begin_inset, faded

Float = NDArray[np.float64]

MARGIN, GAP = 5, 3
ROOM = 1.25
"""Side of the square around a person, in sides of the box around the joints."""
DIM = 0.25
"""Share of the seen joints below which a picture says that nobody is found."""


class ViewsInset(Inset):
    """Two or four pictures in a row; each shows the person large."""

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(
            state,
            parent,
            "What models of several views get: the keypoints that each camera's detector finds.\n"
            "A picture is empty where its camera finds nobody.",
        )

    def wanted_height(self, width: int) -> int:
        """Pixels for all pictures."""
        if self.given is None:
            return 0
        columns = columns_for(len(self.given.rig))
        side = (width - 2 * MARGIN - (columns - 1) * GAP) / columns
        rows = math.ceil(len(self.given.rig) / columns)
        return round(HEADING + 2 * MARGIN + rows * side + (rows - 1) * GAP)

    def show_results(self, shown: Shown | None) -> None:
        self.given = observed_views(shown)

    def frames_at(self, seconds: float) -> tuple[int, ...]:
        return () if self.given is None else (frame_at(self.given.times, seconds),)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, shown = THEMES[self._state.view.theme], self._state.results.shown
        rate = "" if shown is None else hertz(round(shown.results.input_hz, 2))
        count = "" if self.given is None else f"{len(self.given.rig)} views"
        painter = begin_inset(self, theme, count or "Views", rate)
        if self.given is not None:
            (at,) = self._frames
            for view in range(len(self.given.rig)):
                self._paint(painter, theme, view, self._place(view), self.given.xy[view, at, 0],
                            self.given.confidence[view, at, 0] > 0)  # fmt: skip
        painter.end()

    def _place(self, view: int) -> QRectF:
        assert self.given is not None
        columns = columns_for(len(self.given.rig))
        side = (self.width() - 2 * MARGIN - (columns - 1) * GAP) / columns
        row, column = divmod(view, columns)
        return QRectF(MARGIN + column * (side + GAP), HEADING + MARGIN + row * (side + GAP), side, side)

    def _paint(
        self, painter: QPainter, theme: Theme, view: int, place: QRectF, xy: Float, seen: NDArray[np.bool_]
    ) -> None:
        assert self.given is not None
        painter.fillRect(place, QColor(theme.panel))
        painter.setPen(QColor(theme.muted if seen.mean() >= DIM else theme.accent))
        name = self.given.rig[view].name
        painter.drawText(place.adjusted(4, 2, -4, -2), Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft, name)
        if not seen.any():
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, "nobody")
            return
        low, high = xy[seen].min(0), xy[seen].max(0)
        scale = place.width() / (ROOM * max(float((high - low).max()), 1.0))
        points = (xy - (low + high) / 2) * scale + [place.center().x(), place.center().y()]
        painter.setPen(QPen(QColor(theme.text), 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for a, b in self.given.skeleton.bones:
            if seen[a] and seen[b]:
                painter.drawLine(QPointF(*points[a]), QPointF(*points[b]))
        painter.setPen(QPen(faded(theme.line, 1.0), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(place)


def columns_for(views: int) -> int:
    """Count the pictures in a row."""
    return 2 if views <= 4 else 4
