"""Plots of error and jitter over time, with a cursor at the moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.look.theme import THEMES, model_colour
from app.present.curves import error_mm, error_title, has_errors
from app.present.pinned import pairs
from app.state.results import Shown
from app.state.state import State
from app.widgets.later import Later

if TYPE_CHECKING:
    from app.plots.curves import Curve, CurvePlot

CURSOR_MS = 30
"""The cursor moves at most this often: the 3D picture comes first."""


class Plots(QWidget):
    """The plots themselves are made right after this is first shown: the window does not wait for pyqtgraph."""

    error: CurvePlot
    jitter: CurvePlot

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state
        self._made = False
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(2)
        self._cursor = QTimer(self, interval=CURSOR_MS, singleShot=True)
        self._cursor.timeout.connect(self._move_cursor)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._made:
            self._made = True
            QTimer.singleShot(0, self, self._make)

    def _make(self) -> None:
        from app.plots.curves import CurvePlot

        state = self._state
        self.error = CurvePlot(
            "MPJPE",
            "mm",
            "Mean error of the joints over time. Click to go there; wheel zooms, double click shows all.",
            named=True,
        )
        self.jitter = CurvePlot(
            "Jitter",
            "m/s³",
            "Jerk of the joints over time, on a scale of decades: how much the pose trembles. Click to go there.",
            log=True,
            named=True,
        )
        for plot in (self.error, self.jitter):
            self._row.addWidget(plot, 1)
            plot.sought.connect(state.moment.seek)
        self.jitter.plot.setXLink(self.error.plot)
        drawing = Later(self, self.draw)
        state.results.events.shown.connect(lambda: drawing.start())
        state.results.events.pinned.connect(lambda: drawing.start())
        state.view.events.selection.connect(lambda: drawing.start())
        state.document.events.settings.connect(self._explain)
        state.document.events.clip.connect(self._explain)
        state.view.events.theme.connect(self._dress)
        state.moment.events.seconds.connect(lambda: self._cursor.isActive() or self._cursor.start())
        self._dress(state.view.theme)

    def draw(self) -> None:
        """Draw the curves of the present results."""
        view, shown, pinned = self._state.view, self._state.results.shown, self._state.results.pinned
        errors: list[Curve] = []
        jitters: list[Curve] = []
        if shown is not None and shown.results.models:
            from app.plots.curves import Curve

            times = shown.results.times
            if shown.results.truth is not None:
                truth = THEMES[view.theme].truth
                jitter = shown.results.truth_series["jitter_m_s3"].per_frame()
                jitters.append(Curve("truth", truth, times, jitter))
            found = zip(shown.slots, shown.results.models, pairs(pinned, shown), strict=True)
            for slot, model, pair in found:
                if model.placed is None:
                    continue
                colour = model_colour(slot.colour)
                jitters.append(Curve(model.label, colour, times, model.over_time("jitter_m_s3")))
                if not has_errors(shown):
                    continue
                said = ""
                if pair is not None and pinned is not None and pinned is not shown:
                    before = error_mm(pair.before, view.selection)
                    errors.append(Curve(model.label, colour, pinned.results.times, before, faint=True))
                    said = pair.said("mpjpe_mm") if view.selection is None else ""
                errors.append(Curve(model.label, colour, times, error_mm(model, view.selection), said=said))
        why = self._why_empty(shown)
        self.error.set_curves(errors, why, title=error_title(shown, view.selection))
        self.jitter.set_curves(jitters, why)
        self._move_cursor()

    def _explain(self) -> None:
        shown = self._state.results.shown
        if shown is None or not shown.results.models:
            for plot in (self.error, self.jitter):
                plot.note.setText(self._why_empty(shown))

    def _why_empty(self, shown: Shown | None) -> str:
        document = self._state.document
        if document.clip is None:
            return "Open a clip to see its curves."
        if not any(slot.on for slot in document.settings.slots):
            return "No model is on."
        if shown is not None and shown.results.truth is None:
            return "2D keypoints have no 3D truth to measure errors against."
        return "Running the models …"

    def _move_cursor(self) -> None:
        if self._state.document.clip is not None:
            for plot in (self.error, self.jitter):
                plot.set_cursor(self._state.moment.seconds)

    def _dress(self, name: str) -> None:
        for plot in (self.error, self.jitter):
            plot.set_theme(THEMES[name])
        self.draw()
