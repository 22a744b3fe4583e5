"""A window beside the main one: not modal, above it, closed by Esc; the main window's keys go on working in it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QCloseEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.look.theme import SPACE
from app.widgets.number_field import give_keys_back


class Tool(QWidget):
    """Made once and hidden when it is closed. `column` is its layout.

    aside  at the left of the main window, whose sliders stay in sight, instead of in its middle
    keys   what this window's own keys do, whatever they are in the main one
    """

    def __init__(self, parent: QWidget, title: str, size: QSize, *, aside: bool = False) -> None:
        super().__init__(parent, Qt.WindowType.Tool)
        self.setWindowTitle(f"{title} · Kinestate")
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setObjectName("tool")
        self._size, self._aside, self._placed = size, aside, False
        self.keys: dict[int, Callable[[], object]] = {Qt.Key.Key_Escape: self.close}
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(2 * SPACE, 3 * SPACE // 2, 2 * SPACE, 3 * SPACE // 2)
        self.column.setSpacing(SPACE)

    def present(self) -> None:
        """Show it, in front and with the keyboard."""
        self.show()
        self.raise_()
        self.activateWindow()

    def opened(self) -> None:
        """React to being shown."""

    def closed(self) -> None:
        """React to being closed: whatever it does can stop."""

    def showEvent(self, event: QShowEvent) -> None:
        parent = self.parentWidget()
        if not self._placed and parent is not None:
            self._placed = True
            give_keys_back(self)
            above = parent.window().geometry()
            self.resize(self._size.boundedTo(above.size() * 0.96))
            place = self.rect()
            place.moveCenter(above.center())
            if self._aside:
                place.moveLeft(above.left() + 2 * SPACE)
            self.move(place.topLeft())
        super().showEvent(event)
        if not event.spontaneous():
            self.opened()

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.closed()

    def event(self, event: QEvent) -> bool:
        own = self.keys.get(event.key()) if isinstance(event, QKeyEvent) else None
        if own is not None and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if own is not None and event.type() == QEvent.Type.KeyPress:
            own()
            return True
        return super().event(event)
