"""Error and jitter over time, with a cursor on the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.look.theme import THEMES, model_colour
from app.present.curves import error_mm, error_title, has_errors
from app.state.state import Shown, State
from app.widgets.later import Later

if TYPE_CHECKING:
    from app.plots.curves import CurvePlot

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
            "MPJPE", "mm", "Mean error of the joints over time. Click to go there; wheel zooms, double click shows all."
        )
        self.jitter = CurvePlot(
            "Jitter", "m/s³", "Jerk of the joints over time: how much the pose trembles. Click to go there."
        )
        for plot in (self.error, self.jitter):
            self._row.addWidget(plot, 1)
            plot.sought.connect(state.set_time)
        self.jitter.plot.setXLink(self.error.plot)
        drawing = Later(self, self.draw)
        state.shown_changed.connect(lambda _: drawing.start())
        state.selection_changed.connect(lambda _: drawing.start())
        state.settings_changed.connect(lambda _: self._explain())
        state.theme_changed.connect(self._dress)
        state.frame_changed.connect(lambda _: self._cursor.isActive() or self._cursor.start())
        self._dress(state.theme)

    def draw(self) -> None:
        """Draw the curves of the present results."""
        state, shown = self._state, self._state.shown
        errors, jitters = [], []
        if shown is not None and shown.results.models:
            from app.plots.curves import Curve

            times = shown.results.times
            if shown.results.truth is not None:
                truth = THEMES[state.theme].truth
                jitters.append(Curve("truth", truth, times, shown.results.jitter_truth_m_s3))
            for slot, model in zip(shown.slots, shown.results.models, strict=True):
                colour = model_colour(slot.colour)
                jitters.append(Curve(model.label, colour, times, model.jitter_m_s3))
                if has_errors(shown):
                    errors.append(Curve(model.label, colour, times, error_mm(model, state.selection)))
        why = self._why_empty(shown)
        self.error.set_curves(errors, why, title=error_title(state.selection))
        self.jitter.set_curves(jitters, why)
        self._move_cursor()

    def _explain(self) -> None:
        if self._state.shown is None or not self._state.shown.results.models:
            for plot in (self.error, self.jitter):
                plot.note.setText(self._why_empty(self._state.shown))

    def _why_empty(self, shown: Shown | None) -> str:
        state = self._state
        if state.clip is None:
            return "Open a clip to see its curves."
        if not any(slot.on for slot in state.settings.slots):
            return "No model is on."
        if shown is not None and shown.results.truth is None:
            return "2D keypoints have no 3D truth to measure errors against."
        return "Running the models …"

    def _move_cursor(self) -> None:
        clip = self._state.clip
        if clip is not None and len(clip.times):
            seconds = float(clip.times[self._state.frame])
            self.error.set_cursor(seconds)
            self.jitter.set_cursor(seconds)

    def _dress(self, name: str) -> None:
        for plot in (self.error, self.jitter):
            plot.set_theme(THEMES[name])
        self.draw()
