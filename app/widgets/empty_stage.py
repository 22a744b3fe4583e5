"""An empty stage: how to begin, as buttons."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.look.theme import SPACE
from app.state.state import State
from app.widgets.sliders import label

PATIENCE_MS = 800
"""A first clip that comes sooner is not preceded by this."""


class EmptyStage(QWidget):
    """Lies in the middle of `parent` while no clip is open; a button for each of the actions."""

    def __init__(self, state: State, actions: Sequence[QAction], parent: QWidget) -> None:
        super().__init__(parent)
        self._state = state
        self.setObjectName("empty")
        self.setStyleSheet("QWidget#empty { background: transparent; }")
        column = QVBoxLayout(self)
        column.setSpacing(2 * SPACE)
        title = label("No clip is open", "big")
        about = label("Drop a motion file, a folder or a session anywhere on the window, or begin here.", "muted")
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        self.buttons = [action_button(action) for action in actions]
        self.buttons[0].setObjectName("primary")
        row.addStretch()
        for button in self.buttons:
            row.addWidget(button)
        row.addStretch()
        for text in (title, about):
            assert isinstance(text, QLabel)
            text.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(text)
        column.addLayout(row)
        self.hide()
        parent.installEventFilter(self)
        self._late = QTimer(self, interval=PATIENCE_MS, singleShot=True)
        self._late.timeout.connect(self._refresh)
        self._late.start()
        state.document.events.clip.connect(self._refresh)

    def _refresh(self) -> None:
        self.setVisible(self._state.document.clip is None)
        self._place()

    def _place(self) -> None:
        parent = self.parentWidget()
        if parent is not None:
            self.adjustSize()
            place = self.rect()
            place.moveCenter(parent.rect().center())
            self.setGeometry(place)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False


def action_button(action: QAction) -> QPushButton:
    """Make a push button that triggers an action."""
    button = QPushButton(action.text())
    button.setToolTip(action.toolTip())
    button.clicked.connect(action.trigger)
    return button
