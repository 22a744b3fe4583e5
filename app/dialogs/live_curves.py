"""Figures of a live run as rolling curves, one for each model."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from app.docks.panel import tipped
from app.look.theme import Theme, model_colour
from engine.live.tick import Tick
from engine.metrics.catalogue import METRICS

SPAN_S = 60.0
SHOWN = ("jitter_m_s3", "mpjpe_mm", "pa_mpjpe_mm", "mpjve_mm_s")


class LiveCurves(QWidget):
    """The last minute of one figure. Errors need a truth: the clip that the sender plays."""

    def __init__(self) -> None:
        from app.plots.curves import CurvePlot  # here: the window's start need not wait for pyqtgraph

        super().__init__()
        self._names: tuple[str, ...] = ()
        self._latest = -math.inf
        self.chosen = tipped(QComboBox(), "What is drawn; errors only where the sender's clip is known")
        for key in SHOWN:
            self.chosen.addItem(METRICS[key].title, key)
        self.chosen.currentIndexChanged.connect(lambda _: self._begin())
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.chosen)
        self.plot = CurvePlot("", "")
        self._column.addWidget(self.plot, 1)
        self.set_names(())

    @property
    def key(self) -> str:
        """Of the metric that is drawn."""
        key: str = self.chosen.currentData()
        return key

    def set_names(self, names: Sequence[str]) -> None:
        """Begin curves of these models."""
        self._names = tuple(names)
        self._begin()

    def show_truth(self, known: bool) -> None:
        """Draw errors where there is a truth, jitter elsewhere."""
        self.chosen.setCurrentIndex(self.chosen.findData("mpjpe_mm" if known else "jitter_m_s3"))

    def show_ticks(self, ticks: Sequence[Tick | None]) -> None:
        """Append the newest figure of each, if there is a newer one."""
        seconds = max((tick.time for tick in ticks if tick is not None), default=-math.inf)
        if seconds <= self._latest:
            return
        self._latest = seconds
        values = [math.nan if tick is None else tick.figures.get(self.key, math.nan) for tick in ticks]
        self.plot.append(seconds, values)

    def set_theme(self, theme: Theme) -> None:
        self.plot.set_theme(theme)

    def _begin(self) -> None:
        self._latest = -math.inf
        self.plot.set_live([(name, model_colour(k)) for k, name in enumerate(self._names)], SPAN_S)
        if not self._names:
            self.plot.set_curves([], "")
