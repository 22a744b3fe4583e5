"""Playing on real time, with a timer of Qt.

The moment follows the clip's own timestamps and a clock, at any speed. A slow display skips frames of the image, never
time; the experiment's results are not touched by it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer

from app.state.moment import due
from app.state.state import State

TICK_MS = 8
"""Often enough for a 120 Hz display; a tick that lands on the same frame costs nothing."""


class Playback(QObject):
    """Moves `state.moment` while it is playing."""

    def __init__(
        self, state: State, parent: QObject | None = None, *, now: Callable[[], float] = time.perf_counter
    ) -> None:
        super().__init__(parent)
        self._moment, self._now = state.moment, now
        self._from = (0.0, 0.0)  # moment of the clip, moment of the clock
        self._own = False
        self._timer = QTimer(self, interval=TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.tick)
        events = state.moment.events
        events.playing.connect(self._on_playing)
        events.seconds.connect(self._on_moment)
        for event in (events.speed, events.loop, events.repeat, state.document.events.clip):
            event.connect(self._restart)

    def tick(self) -> None:
        """Show the frame that is due now."""
        moment = self._moment
        if not moment.playing or not moment.frames:
            return
        lo, hi = moment.loop_span
        start, since = self._from
        here, going = due(start, (self._now() - since) * moment.speed, lo, hi, repeat=moment.repeat)
        self._own = True
        moment.seek(min(max(here, moment.loop[0]), moment.loop[1]))
        self._own = False
        if not going:
            moment.set_playing(False)

    def _on_playing(self, playing: bool) -> None:
        if not playing:
            self._timer.stop()
            return
        moment = self._moment
        first, last = moment.loop
        at_end = moment.seconds >= last and not moment.repeat
        if at_end or not first <= moment.seconds <= last:
            moment.seek(first)
        self._restart()
        self._timer.start()

    def _on_moment(self) -> None:
        if not self._own:  # someone jumped: go on from there
            self._restart()

    def _restart(self) -> None:
        self._from = (self._moment.seconds, self._now())
