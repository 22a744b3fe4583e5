"""The models' input: 2D keypoints as the camera sees them, at the reduced rate, with masked joints marked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.look.theme import THEMES
from app.present.wording import hertz
from app.state.moment import frame_at
from app.state.results import Shown
from app.state.state import State
from app.widgets.inset import Inset
from app.widgets.painting import HEADING, begin_inset, faded

Float = NDArray[np.float64]

ZOOM_S = 0.5  # how slowly the picture is zoomed


class InputInset(Inset):
    """A corner of the 3D view. Follows the person and keeps them large."""

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(
            state,
            parent,
            "What the models get: 2D keypoints as their camera sees them, at the reduced rate, after noise.\n"
            "A cross marks a joint that is masked.",
        )

    def show_results(self, shown: Shown | None) -> None:
        self._reach = np.ones(1) if shown is None else reach(shown)

    def frames_at(self, seconds: float) -> tuple[int, ...]:
        shown = self._state.results.shown
        return () if shown is None else (frame_at(shown.results.times, seconds),)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, shown = THEMES[self._state.view.theme], self._state.results.shown
        rate = "" if shown is None else hertz(round(shown.results.input_hz, 2))
        painter = begin_inset(self, theme, "2D input", rate)
        if shown is not None:
            self._paint_keypoints(painter, shown)
        painter.end()

    def _paint_keypoints(self, painter: QPainter, shown: Shown) -> None:
        theme = THEMES[self._state.view.theme]
        (at,) = self._frames
        given, clean = shown.results.kept, shown.results.clean
        seen, visible = given.confidence[at] > 0, clean.confidence[at] > 0
        xy = self._to_widget(np.where(seen[:, None], given.xy[at], clean.xy[at]), clean.xy[at, 0], self._reach[at])
        size = self.width() / 180
        for a, b in clean.skeleton.bones:
            if seen[a] and seen[b]:
                painter.setPen(QPen(QColor(theme.text), 2.2 * size, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            elif visible[a] and visible[b]:
                painter.setPen(QPen(faded(theme.muted, 0.5), 1.2 * size, Qt.PenStyle.DotLine))
            else:
                continue
            painter.drawLine(QPointF(*xy[a]), QPointF(*xy[b]))
        for joint, (x, y) in enumerate(xy):
            if seen[joint]:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(theme.text))
                painter.drawEllipse(QPointF(x, y), 2.4 * size, 2.4 * size)
            elif visible[joint]:
                painter.setPen(QPen(QColor(theme.accent), 1.8 * size))
                arm = 3.2 * size
                painter.drawLine(QPointF(x - arm, y - arm), QPointF(x + arm, y + arm))
                painter.drawLine(QPointF(x - arm, y + arm), QPointF(x + arm, y - arm))

    def _to_widget(self, xy: Float, centre: Float, reach_px: float) -> Float:
        scale = 0.47 * (self.height() - HEADING) / reach_px
        return np.asarray((xy - centre) * scale + [self.width() / 2, (self.height() + HEADING) / 2])


def reach(shown: Shown) -> Float:
    """Return how far joints are from the pelvis about each kept frame, (K,) pixels: the zoom of the picture."""
    from scipy.ndimage import gaussian_filter1d, maximum_filter1d  # here: the window need not wait for it

    clean = shown.results.clean
    away = np.abs(clean.xy - clean.xy[:, :1]).max(-1)
    most = away.max(axis=1, initial=1.0, where=clean.confidence > 0)
    frames = max(round(ZOOM_S * shown.results.input_hz), 1)
    return np.asarray(gaussian_filter1d(maximum_filter1d(most, 2 * frames + 1), frames, mode="nearest"))
