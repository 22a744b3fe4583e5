"""The models' input: which trackers of a headset are seen, and when they are not."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.look.theme import THEMES, Theme
from app.present.wording import hertz
from app.state.moment import frame_at
from app.state.results import Shown
from app.state.state import State
from app.widgets.inset import Inset
from app.widgets.painting import HEADING, begin_inset, faded
from engine.observation.trackers import TrackerSignals

Float = NDArray[np.float64]

WINDOW_S = 10.0
"""The longest time that the strips show, around the moment."""
ROW, MARGIN, LABEL = 17, 7, 40
"""Pixels: height of a row, distance from the border, width of the names."""


class Span(NamedTuple):
    """Frames in a row that a tracker was seen or lost in: seconds from when to when."""

    start: float
    stop: float
    seen: bool


class TrackerInset(Inset):
    """A row for each tracker: its name, and a strip over time that is broken where it is lost."""

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(
            state,
            parent,
            "What the models get: the trackers of a headset and its controllers, at the reduced rate.\n"
            "A strip is open where a tracker is lost; the line is now.",
        )

    @property
    def wanted_height(self) -> int:
        """Pixels for all rows."""
        rows = 0 if self.signals is None else len(self.signals.trackers)
        return HEADING + rows * ROW + 2 * MARGIN

    def show_results(self, shown: Shown | None) -> None:
        self.signals = observed_trackers(shown)
        self._spans = [] if self.signals is None else spans(self.signals)

    def frames_at(self, seconds: float) -> tuple[int, ...]:
        return () if self.signals is None else (frame_at(self.signals.times, seconds),)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, shown, signals = THEMES[self._state.view.theme], self._state.results.shown, self.signals
        rate = "" if shown is None or signals is None else hertz(round(shown.results.input_hz, 2))
        painter = begin_inset(self, theme, "Trackers", rate)
        if signals is not None:
            (at,) = self._frames
            now = float(signals.times[at])
            shown_from, shown_to = window_around(now, signals.times)
            strip = QRectF(MARGIN + LABEL, HEADING + MARGIN, self.width() - 2 * MARGIN - LABEL, ROW)
            scale = strip.width() / max(shown_to - shown_from, 1e-9)
            painter.setClipRect(self.rect().adjusted(1, 1, -1, -1))
            for row, (name, parts) in enumerate(zip(signals.trackers, self._spans, strict=True)):
                place = strip.translated(0, row * ROW)
                lost = not signals.valid[at, row]
                painter.setPen(QColor(theme.accent if lost else theme.text))
                label = QRectF(MARGIN, place.y(), LABEL, ROW)
                painter.drawText(label, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, short(name))
                for part in parts:
                    first, last = max(part.start, shown_from), min(part.stop, shown_to)
                    if last > first:
                        left, right = (place.x() + scale * (t - shown_from) for t in (first, last))
                        paint_span(painter, QRectF(left, place.y(), right - left, ROW), part.seen, theme)
            x = strip.x() + scale * (now - shown_from)
            painter.setPen(QPen(QColor(theme.text), 1.5))
            top = HEADING + MARGIN
            painter.drawLine(QPointF(x, top), QPointF(x, top + len(signals.trackers) * ROW))
        painter.end()


def paint_span(painter: QPainter, place: QRectF, seen: bool, theme: Theme) -> None:
    """Paint a bar where a tracker is seen, a dotted line where it is lost."""
    middle = place.center().y()
    if seen:
        painter.fillRect(QRectF(place.x(), middle - 3, place.width(), 6), faded(theme.muted, 0.75))
    else:
        painter.setPen(QPen(QColor(theme.accent), 1.6, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(place.left() + 1, middle), QPointF(place.right() - 1, middle))


def observed_trackers(shown: Shown | None) -> TrackerSignals | None:
    """Find the trackers that the first model got which observes any."""
    models = () if shown is None else shown.results.models
    return next((model.observed for model in models if isinstance(model.observed, TrackerSignals)), None)


def spans(signals: TrackerSignals) -> list[list[Span]]:
    """List when each tracker is seen and lost; a frame lasts until the next one, the last as long as the one before."""
    times = np.append(signals.times, 2 * signals.times[-1] - signals.times[max(len(signals) - 2, 0)])
    found = []
    for valid in signals.valid.T:
        edges = [0, *(np.flatnonzero(np.diff(valid)) + 1), len(valid)]
        found.append([Span(float(times[a]), float(times[b]), bool(valid[a])) for a, b in pairwise(edges)])
    return found


def window_around(now: float, times: Float) -> tuple[float, float]:
    """Find the seconds that are shown: all, or `WINDOW_S` around now that do not go beyond the ends."""
    first, last = float(times[0]), float(times[-1])
    start = min(max(now - WINDOW_S / 2, first), max(last - WINDOW_S, first))
    return start, min(start + WINDOW_S, last)


def short(tracker: str) -> str:
    """Name a tracker in a word: "Head", "Left", "Right"."""
    return tracker.removesuffix(" hand").capitalize()
