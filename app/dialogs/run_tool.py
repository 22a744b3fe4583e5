"""A window in which a form says what is run on a worker, once, and files are dropped on the form."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QSize, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QLayout, QPushButton, QWidget

from app.dialogs.tool import Tool
from app.look.theme import SPACE
from app.widgets.drops import dropped_paths
from app.widgets.run_bar import RunBar
from app.workers.bridge import Bridge


class RunForm(Protocol):
    """A widget in which it is chosen what runs."""

    changed: Any

    def take(self, path: Path) -> None: ...


class RunTool(Tool):
    """The last findings stay until there are others.

    form  of what runs
    bar   its button and its progress
    _job  the latest; what others come to is not shown
    """

    form: RunForm
    bar: RunBar
    _job: object

    def __init__(self, bridge: Bridge, parent: QWidget, title: str, size: QSize) -> None:
        super().__init__(parent, title, size)
        self.setAcceptDrops(True)
        self._bridge, self._title = bridge, title
        self._worker = bridge.worker(title.lower())

    def arrange(self, form: QWidget, right: QLayout, *buttons: QPushButton) -> None:
        """The form at the left of what is found, and below both the bar and further buttons."""
        middle, below = QHBoxLayout(), QHBoxLayout()
        middle.setSpacing(2 * SPACE)
        middle.addWidget(form)
        middle.addLayout(right, 1)
        below.addWidget(self.bar, 1)
        for button in buttons:
            below.addWidget(button)
        self.column.addLayout(middle, 1)
        self.column.addLayout(below)
        self.bar.stop.connect(self._worker.cancel)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        for path in dropped_paths(event.mimeData()):
            self.form.take(Path(path))
        event.acceptProposedAction()

    @Slot(object)
    def _on_stopped(self, job: object) -> None:
        if job is self._job:
            self.bar.note.setText("Stopped; what was found before stays.")

    @Slot(object, object)
    def _on_failed(self, job: object, error: Exception) -> None:
        if job is self._job:
            self.bar.note.setText(self._bridge.say_failed(error, self._title))
            self.bar.note.setToolTip("")
