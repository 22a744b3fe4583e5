"""Insets: small panels on top of the 3D view about the results at the moment."""

from __future__ import annotations

from abc import abstractmethod

from PySide6.QtWidgets import QWidget

from app.state.results import Shown
from app.state.state import State


class Inset(QWidget):
    """Drawn again with other results, and when the moment has come to another of their frames."""

    def __init__(self, state: State, parent: QWidget | None, tip: str) -> None:
        super().__init__(parent)
        self._state = state
        self._frames: tuple[int, ...] = ()
        self.setToolTip(tip)
        state.results.events.shown.connect(self._on_results)
        state.moment.events.seconds.connect(self._on_moment)
        state.view.events.theme.connect(lambda _: self.update())
        self._on_results(state.results.shown)

    @abstractmethod
    def show_results(self, shown: Shown | None) -> None:
        """Take what is drawn of these results."""

    @abstractmethod
    def frames_at(self, seconds: float) -> tuple[int, ...]:
        """Find the frames that are drawn at a moment; none without results."""

    def _on_results(self, shown: Shown | None) -> None:
        self.show_results(shown)
        self._frames = self.frames_at(self._state.moment.seconds)
        self.update()

    def _on_moment(self, seconds: float) -> None:
        frames = self.frames_at(seconds)
        if frames != self._frames:  # else held: not drawn again
            self._frames = frames
            self.update()
