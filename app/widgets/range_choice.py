"""Which part of the motion something is about: the frame that is shown, the loop, or everything."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.state.moment import frame_at
from app.state.state import State
from app.widgets.segmented import Segmented
from app.widgets.sliders import label

FRAME, LOOP, ALL = "frame", "loop", "all"
CHOICES = {
    FRAME: ("This frame", "The frame that is shown"),
    LOOP: ("Loop", "What is played: drag the loop's ends in the time line"),
    ALL: ("All", "The whole clip"),
}


class RangeChoice(QWidget):
    """`changed` is emitted when the person takes another one, and when the loop or the moment that was taken moves."""

    changed = Signal()

    def __init__(self, state: State, *, frame: bool = True) -> None:
        """frame: whether a single frame can be taken."""
        super().__init__()
        self._state, self.choice = state, ALL
        self.segments = Segmented({key: words for key, words in CHOICES.items() if frame or key != FRAME})
        self.about = label("", "muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.segments)
        row.addWidget(self.about, 1)
        self.segments.chosen.connect(self.choose)
        for event in (state.moment.events.loop, state.moment.events.seconds, state.document.events.clip):
            event.connect(self._refresh)
        self.choose(ALL)

    def choose(self, key: str) -> None:
        """Take one of `CHOICES`."""
        self.choice = key
        self.segments.set_choice(key)
        self._refresh()

    def span(self) -> tuple[float, float]:
        """Seconds of the first and of the last frame."""
        moment = self._state.moment
        if self.choice == FRAME:
            return moment.seconds, moment.seconds
        return moment.loop if self.choice == LOOP else (moment.time_of(0), moment.time_of(moment.frames - 1))

    def _refresh(self) -> None:
        times, (first, last) = self._state.moment.times, self.span()
        before = self.about.text()
        if not len(times):
            self.about.setText("")
        elif self.choice == FRAME:
            self.about.setText(f"frame {frame_at(times, first)}")
        else:
            self.about.setText(f"frames {frame_at(times, first)} to {frame_at(times, last)}")
        if self.about.text() != before:
            self.changed.emit()
