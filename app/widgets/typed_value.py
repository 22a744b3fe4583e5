"""A value that can be typed: a click on it, or Enter on its slider, opens a line for it."""

from __future__ import annotations

import re

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?|[-+]?[.,]\d+")


def typed_number(text: str) -> float | None:
    """Read the last number of a text, with a point or a comma: "7,5 Hz", "1 in 8"; None where there is none."""
    found = NUMBER.findall(text)
    return float(found[-1].replace(",", ".")) if found else None


class ValueLabel(QLabel):
    """The value in words. Emits `wanted` when it is clicked."""

    wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "value")
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setToolTip("Click to type a value")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.wanted.emit()


class ValueLine(QLineEdit):
    """The line that lies on the label while a value is typed. Enter takes it, Esc or going elsewhere does not."""

    typed = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.hide()
        self.installEventFilter(self)

    def ask(self, over: QWidget, text: str) -> None:
        """Open it at the right end of a widget."""
        height = self.sizeHint().height()
        right, middle = over.geometry().right(), over.geometry().center().y()
        self.setGeometry(right - 99, middle - height // 2, 100, height)
        self.setText(text)
        self.show()
        self.raise_()
        self.setFocus()
        self.selectAll()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                text = self.text()
                self.hide()
                if event.key() != Qt.Key.Key_Escape:
                    self.typed.emit(text)
                return True
        return False

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.hide()
