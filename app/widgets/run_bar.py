"""Start, stop and progress of something long, in one row."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from app.state.state import State
from app.widgets.sliders import label
from app.widgets.status import ThinBar


class RunBar(QWidget):
    """One button that starts and, while something runs, stops; what is being done, and how much of it is."""

    run = Signal()
    stop = Signal()

    def __init__(self, state: State, text: str, tip: str) -> None:
        super().__init__()
        self._text, self._tip = text, tip
        self.button = QPushButton()
        self.button.setObjectName("primary")
        self.note = label("", "muted")
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.progress = ThinBar(state)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.button)
        row.addSpacing(4)
        row.addWidget(self.note, 1)
        row.addWidget(self.progress)
        self.button.clicked.connect(self._on_click)
        self.set_running(False)

    def _on_click(self) -> None:
        if self.running:
            self.note.setText("Stopping …")  # what is stopped comes to a halt at its next step
            self.stop.emit()
        else:
            self.run.emit()

    def set_running(self, running: bool) -> None:
        self.running = running
        self.button.setText("Stop" if running else self._text)
        self.button.setToolTip("Stop; what has been found stays" if running else self._tip)
        self.progress.setVisible(running)
        self.progress.set_fraction(0.0)

    def set_progress(self, fraction: float, text: str) -> None:
        self.progress.set_fraction(fraction)
        self.note.setText(text)
