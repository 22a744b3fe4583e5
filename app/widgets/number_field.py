"""Number fields that give the keyboard back: Enter takes what was typed, Esc leaves what was there, Space plays."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QValidator
from PySide6.QtWidgets import QAbstractSpinBox, QSpinBox, QWidget

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class NumberKeys(QObject):
    """The event filter of number fields."""

    def eventFilter(self, field: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent) or not isinstance(field, QAbstractSpinBox):
            return False
        escape, space = event.key() == Qt.Key.Key_Escape, event.key() == Qt.Key.Key_Space
        if event.type() == QEvent.Type.ShortcutOverride:
            if escape:
                event.accept()  # it is the field's, not the window's
            elif space:
                event.ignore()  # it is the window's
            return escape or space
        if event.type() != QEvent.Type.KeyPress:
            return False
        if escape:
            field.setValue(field.value())  # type: ignore[attr-defined]  # as it was before anything was typed
            field.clearFocus()
        elif event.key() in ENTER:
            field.interpretText()
            field.clearFocus()
        return escape or space or event.key() in ENTER


def give_keys_back(root: QWidget) -> None:
    """Let every number field below a widget give the keyboard back to its window."""
    keys = NumberKeys(root)
    for field in root.findChildren(QAbstractSpinBox):
        field.installEventFilter(keys)


class FrameField(QSpinBox):
    """A whole number of any size can be typed; beyond the range, it is the nearest in it."""

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        typed = text.strip()
        if not typed:
            return QValidator.State.Intermediate, text, position
        return QValidator.State.Acceptable if typed.isdecimal() else QValidator.State.Invalid, text, position

    def valueFromText(self, text: str) -> int:
        return min(max(int(text), self.minimum()), self.maximum())
