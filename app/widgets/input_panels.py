"""What the models get, in a corner of the 3D view: keypoints, trackers, views, one above the other."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.present.observed import KEYPOINTS, TRACKERS, VIEWS
from app.state.results import Shown
from app.state.state import State
from app.widgets.input_inset import InputInset
from app.widgets.tracker_inset import TrackerInset
from app.widgets.views_inset import ViewsInset

SHARE = 0.36  # of the 3D view's height
LEAST, MOST = 120, 300
GAP = 6


class InputPanels(QWidget):
    """A panel for each kind of observation that the models in the results have got; keypoints where there is none."""

    refitted = Signal()
    """Its size is another one."""

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.keypoints, self.trackers = InputInset(state, self), TrackerInset(state, self)
        self.views = ViewsInset(state, self)
        self._side = LEAST
        state.results.events.shown.connect(self._show_results)
        self._show_results(state.results.shown)

    def fit(self, width: int, height: int, *, crowded: bool = False) -> None:
        """Take a size that suits a 3D view of width x height pixels; a smaller one where people stand side by side."""
        self._side = int(min(LEAST if crowded else max(SHARE * height, LEAST), MOST, 0.4 * width))
        self._arrange()

    def _show_results(self, shown: Shown | None) -> None:
        models = () if shown is None else shown.results.models
        kinds = {model.card.observation for model in models} or {KEYPOINTS}
        before = self.size()
        self.keypoints.setVisible(KEYPOINTS in kinds)
        self.trackers.setVisible(TRACKERS in kinds)
        self.views.setVisible(VIEWS in kinds)
        self._arrange()
        if self.size() != before:
            self.refitted.emit()

    def _arrange(self) -> None:
        y = 0
        wanted: tuple[tuple[QWidget, int], ...] = (
            (self.keypoints, self._side),
            (self.trackers, self.trackers.wanted_height),
            (self.views, self.views.wanted_height(self._side)),
        )
        for panel, height in wanted:
            if not panel.isHidden():
                panel.setGeometry(0, y, self._side, height)
                y += height + GAP
        self.resize(self._side, max(y - GAP, 1))
