"""The figure that a live run comes to, pinned before something is changed and shown beside what it is then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.docks.panel import tipped
from app.look.theme import Theme, model_colour
from app.present.before_after import ERROR, JITTER, SPAN_S, Figures, Recent, changed
from app.widgets.before_after import BeforeAfter, Said
from engine.live.tick import Tick
from engine.metrics.catalogue import METRICS


class LiveFigures(QWidget):
    """Shown while something is pinned, and in a presentation. `said` gives the figure of each model in words.

    pin  the button: what is pinned goes when it is released
    """

    said = Signal(dict)

    def __init__(self) -> None:
        super().__init__()
        self.pin = tipped(
            QPushButton("Pin"), f"Keep the mean of the last {SPAN_S:.0f} s, then change Δ or the frame rate (P)"
        )
        self.pin.setCheckable(True)
        self.pin.toggled.connect(self._on_pin)
        self.shown = BeforeAfter()
        self.pinned: Figures | None = None
        self._recent, self._key, self._names, self._large = Recent(), JITTER, tuple[str, ...](), False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.shown)
        self._arrange()

    def begin(self, names: Sequence[str], known: bool) -> None:
        """Models of a new run. known: whether their errors are; what is pinned stays, where it is the same metric."""
        self._names, self._key = tuple(names), ERROR if known else JITTER
        self._recent.begin()

    def forget(self) -> None:
        """Somebody else is followed: the means begin anew."""
        self._recent.begin()

    def look(self, ticks: Sequence[Tick | None], settings: Mapping[str, str]) -> None:
        """Take the newest tick of each model into the means."""
        self._recent.push(dict(zip(self._names, ticks, strict=True)), settings)

    def say(self) -> None:
        """Write what the means are now."""
        now = self._recent.figures(self._key)
        metric = METRICS[self._key]
        line = f"{metric.title}, mean of the last {SPAN_S:.0f} s"
        if self.pinned is not None and self.pinned.key == self._key:
            line = changed(self.pinned, now) or f"{line}; pinned"
        models = [Said(name, model_colour(k), now.said(name, self.pinned)) for k, name in enumerate(self._names)]
        self.shown.say(models, line)
        self.said.emit({name: now.said(name, None) for name in self._names})

    def set_large(self, large: bool) -> None:
        """Whether they are wanted without anything pinned, too."""
        self._large = large
        self._arrange()

    def set_theme(self, theme: Theme) -> None:
        self.shown.set_theme(theme)

    def _on_pin(self, on: bool) -> None:
        self.pinned = self._recent.figures(self._key) if on else None
        self._arrange()
        self.say()

    def _arrange(self) -> None:
        self.setVisible(self._large or self.pinned is not None)
