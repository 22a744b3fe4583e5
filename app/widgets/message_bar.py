"""The message bar: one sentence across the top of the window, red for an error, quiet for news."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from app.look import icons
from app.look.theme import THEMES
from app.state.results import Message
from app.state.state import State

NEWS_MS = 6000


class MessageBar(QWidget):
    """Shows `state.results.message` until it is closed, replaced, or (news only) a few seconds old."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state
        self.text = QLabel(wordWrap=True)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.remedy, self.detail, self.shut = QPushButton(), QPushButton("Copy details"), QToolButton()
        self.detail.setToolTip("Copy the technical details, to send them to somebody")
        self.shut.setToolTip("Close this message (Esc)")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 6, 8, 6)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.remedy)
        layout.addWidget(self.detail)
        layout.addWidget(self.shut)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._timer = QTimer(self, singleShot=True, interval=NEWS_MS)
        self._timer.timeout.connect(state.results.unsay)
        self.shut.clicked.connect(state.results.unsay)
        self.detail.clicked.connect(self._copy)
        self.remedy.clicked.connect(self._mend)
        state.results.events.message.connect(self.show_message)
        state.view.events.theme.connect(lambda _: self.show_message(state.results.message))
        self.show_message(state.results.message)

    def show_message(self, message: Message | None) -> None:
        self.setVisible(message is not None)
        self._timer.stop()
        if message is None:
            return
        theme = THEMES[self._state.view.theme]
        back, front = (theme.error, theme.on_error) if message.error else (theme.hover, theme.text)
        self.setStyleSheet(
            f"MessageBar {{ background: {back}; }} MessageBar > QLabel {{ color: {front}; font-weight: 600; }}"
            f" MessageBar > QPushButton {{ background: transparent; color: {front}; border: 1px solid {front}; }}"
        )
        self.shut.setIcon(icons.icon("close", front, size=16))
        self.text.setText(message.text)
        self.detail.setVisible(bool(message.detail))
        self.remedy.setVisible(message.remedy is not None)
        if message.remedy is not None:
            self.remedy.setText(message.remedy[0])
        if not message.error:
            self._timer.start()

    def _mend(self) -> None:
        message = self._state.results.message
        if message is not None and message.remedy is not None:
            message.remedy[1]()

    def _copy(self) -> None:
        if self._state.results.message is not None:
            QGuiApplication.clipboard().setText(
                f"{self._state.results.message.text}\n\n{self._state.results.message.detail}"
            )
            self._state.results.show_sign("the details are copied")
