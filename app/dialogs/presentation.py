"""A window for the stage: some of its parts put away, others carried to where they are in reach, large letters."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.dialogs.tool import Tool
from app.look.theme import LARGE, LETTERS


class Presentation(QObject):
    """Of a window beside the main one: F11 begins and ends it, Esc ends it before it closes. `changed` at both.

    away     what is not seen meanwhile
    carried  what stands in `strip` meanwhile, at its beginning; each lies in a column
    """

    changed = Signal(bool)

    def __init__(self, window: Tool, away: Sequence[QWidget], carried: Sequence[QWidget], strip: QHBoxLayout):
        super().__init__(window)
        self.on = False
        self._window, self._away, self._carried, self._strip = window, tuple(away), tuple(carried), strip
        self._homes: list[tuple[QVBoxLayout, int]] = []
        self._hidden: list[QWidget] = []
        self._close = window.keys[Qt.Key.Key_Escape]
        window.keys |= {Qt.Key.Key_F11: self.toggle, Qt.Key.Key_Escape: self._escape}

    def set_on(self, on: bool) -> None:
        """Begin, or bring everything back."""
        if on == self.on:
            return
        self.on = on
        self._window.setStyleSheet(f"* {{ font-size: {LARGE * LETTERS}pt; }}" if on else "")
        if on:
            self._carry()
            self._hidden = [part for part in self._away if not part.isHidden()]
        else:
            self._bring_back()
        for part in self._hidden:
            part.setVisible(not on)
        state = self._window.windowState()
        full = Qt.WindowState.WindowFullScreen
        self._window.setWindowState(state | full if on else state & ~full)
        self.changed.emit(on)

    def toggle(self) -> None:
        self.set_on(not self.on)

    def _escape(self) -> None:
        if self.on:
            self.set_on(False)
        else:
            self._close()

    def _carry(self) -> None:
        for place, part in enumerate(self._carried):
            parent = part.parentWidget()
            home = None if parent is None else parent.layout()
            assert isinstance(home, QVBoxLayout)
            self._homes.append((home, home.indexOf(part)))
            self._strip.insertWidget(place, part, 3)

    def _bring_back(self) -> None:
        for part, (home, index) in zip(reversed(self._carried), reversed(self._homes), strict=True):
            self._strip.removeWidget(part)
            home.insertWidget(index, part)
        self._homes.clear()
