"""Parts of windows of live runs: what is chosen at the left, what is seen at the right, and what is pressed below."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.dialogs.live_curves import LiveCurves
from app.dialogs.live_figures import LiveFigures
from app.dialogs.live_form import LiveStressPanel, OutputForm
from app.dialogs.live_models import LiveModels
from app.dialogs.live_stage import LiveStage
from app.dialogs.presentation import Presentation
from app.dialogs.tool import Tool
from app.docks.panel import Panel, hint, tipped
from app.look.theme import LARGE, THEMES
from app.state.preferences import Preferences
from app.state.state import State
from app.widgets.elided import Elided
from app.widgets.fold import Fold
from app.widgets.run_bar import RunBar


class SourceForm(Protocol):
    """A widget in which a source is chosen, with the person's height."""

    changed: Any

    def source(self) -> Any: ...
    def height_m(self) -> float | None: ...
    def look_ahead_ms(self) -> float: ...
    def show_source(self, source: Any, height_m: float | None) -> None: ...
    def setEnabled(self, enabled: bool, /) -> None: ...


class LiveParts(Tool):
    """A subclass says what it watches, and adds panels of its own.

    OBSERVES  of the models that are offered
    EMPTY     what the 3D view says before the first frame
    form      of the source
    """

    TITLE, OBSERVES, EMPTY = "", "", ""
    SIZE = QSize(1180, 690)
    form: SourceForm

    def __init__(self, state: State, parent: QWidget, *, preferences: Preferences) -> None:
        super().__init__(parent, self.TITLE, self.SIZE)
        self._state, self._preferences = state, preferences
        self._make()

    @abstractmethod
    def fill_panel(self, panel: Panel) -> None:
        """Make `form`, and add it and what else belongs above the folds."""

    def folds(self) -> list[tuple[str, str, QWidget]]:
        """Parts that are folded away at first: title, tip and widget of each."""
        return [
            ("Stress", "What the frames suffer, while it runs", self.stresses),
            ("Recording, VMC out", "Where the run goes besides this window", self.outputs),
        ]

    def views(self) -> tuple[QWidget, ...]:
        """What is shown above the curves, side by side."""
        return (self.stage,)

    def in_reach(self) -> tuple[QWidget, ...]:
        """What stays in reach in a presentation."""
        return (self.stresses.rate,)

    def settings(self) -> dict[str, str]:
        """What can be changed while it runs, in words."""
        return self.stresses.said()

    def _make(self) -> None:
        self.models, self.stresses = LiveModels(self.OBSERVES), LiveStressPanel(self.OBSERVES)
        folder = Path(self._preferences.folder, "kinestate live")
        self.outputs = OutputForm(folder, pictures=self.OBSERVES != "trackers")
        self.stage, self.curves, self.figures = LiveStage(self.EMPTY), LiveCurves(), LiveFigures()
        self.said, self.counts = hint(""), Elided(Qt.TextElideMode.ElideRight)
        self.counts.setProperty("role", "muted")
        self.bar = RunBar(self._state, "Start", "Begin, and run the models on every frame as it comes")
        self.keep = tipped(QPushButton("Save session …"), "Write what is chosen here to a file that opens here again")
        enlarge = tipped(QPushButton("Present"), "Pictures and figures alone, in large letters (F11)")
        panel, row, below = self._make_panel(), QHBoxLayout(), QHBoxLayout()
        row.addWidget(panel)
        row.addLayout(self._make_seen(), 1)
        below.addWidget(self.bar, 1)
        for button in (self.figures.pin, enlarge, self.keep):
            below.addWidget(button)
        self.column.addLayout(row, 1)
        self.column.addLayout(below)
        away = (panel, self.curves, self.counts, enlarge, self.keep)
        self.presentation = Presentation(self, away, self.in_reach(), below)
        self.presentation.changed.connect(self._on_present)
        enlarge.clicked.connect(self.presentation.toggle)
        self.figures.said.connect(self.stage.set_notes)
        self.keys[Qt.Key.Key_P] = self.figures.pin.toggle

    def _make_panel(self) -> Panel:
        panel = Panel()
        panel.setFixedWidth(372)
        panel.column.addWidget(self.models)
        panel.rule()
        self.fill_panel(panel)
        for title, tip, inside in self.folds():
            fold = Fold(title, tip)
            fold.column.addWidget(inside)
            panel.column.addWidget(fold)
        panel.column.addStretch()
        return panel

    def _make_seen(self) -> QVBoxLayout:
        column, views = QVBoxLayout(), QHBoxLayout()
        for view in self.views():
            views.addWidget(view, 1)
        column.addLayout(views, 3)
        column.addWidget(self.curves, 1)
        for part in (self.figures, self.counts, self.said):
            column.addWidget(part)
        return column

    def _dress(self, name: str) -> None:
        self.stage.set_theme(name)
        self.curves.set_theme(THEMES[name])
        self.stresses.set_theme(THEMES[name])
        self.figures.set_theme(THEMES[name])

    def _on_present(self, on: bool) -> None:
        self.figures.set_large(on)
        self.stage.set_letters(LARGE if on else 1.0)
        self.stage.set_tagged(on)
        self.figures.say()
