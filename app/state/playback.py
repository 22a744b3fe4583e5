"""Playing on real time: the frame that is shown follows the clip's own timestamps and a clock, at any speed.

A slow display skips frames of the picture, never time; the experiment's results are not touched by it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, QTimer

from app.state.state import State

TICK_MS = 8
"""Often enough for a 120 Hz display; a tick that lands on the same frame costs nothing."""


def span(times: NDArray[np.float64], first: int, last: int) -> tuple[float, float]:
    """Seconds at which frames first..last begin and end; the last one stays for one (median) frame period."""
    period = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    end = float(times[last + 1]) if last + 1 < len(times) else float(times[-1]) + period
    return float(times[first]), end


def moment(start: float, passed: float, lo: float, hi: float, *, repeat: bool) -> tuple[float, bool]:
    """The moment in [lo, hi) that is `passed` seconds after `start`, and whether playing goes on."""
    here = start + passed
    if here < hi - 1e-9:  # a rounding error before the end is the end
        return max(here, lo), True
    if not repeat or hi <= lo:
        return hi, False
    return lo + max(here - hi, 0.0) % (hi - lo), True


class Playback(QObject):
    """Moves `state.frame` while `state.playing`."""

    def __init__(
        self, state: State, parent: QObject | None = None, *, now: Callable[[], float] = time.perf_counter
    ) -> None:
        super().__init__(parent)
        self._state, self._now = state, now
        self._from = (0.0, 0.0)  # moment of the clip, moment of the clock
        self._own = False
        self._timer = QTimer(self, interval=TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.tick)
        state.playing_changed.connect(self._on_playing)
        state.speed_changed.connect(lambda _: self._restart())
        state.loop_changed.connect(lambda *_: self._restart())
        state.repeat_changed.connect(lambda _: self._restart())
        state.clip_changed.connect(lambda _: self._restart())
        state.frame_changed.connect(self._on_frame)

    def tick(self) -> None:
        """Show the frame that is due now."""
        state = self._state
        if not state.playing or state.clip is None:
            return
        lo, hi = span(state.clip.times, *state.loop)
        start, since = self._from
        here, going = moment(start, (self._now() - since) * state.speed, lo, hi, repeat=state.repeat)
        frame = int(np.searchsorted(state.clip.times, here + 1e-9, side="right")) - 1
        self._own = True
        state.set_frame(min(max(frame, state.loop[0]), state.loop[1]))
        self._own = False
        if not going:
            state.set_playing(False)

    def _on_playing(self, playing: bool) -> None:
        if not playing:
            self._timer.stop()
            return
        first, last = self._state.loop
        at_end = self._state.frame >= last and not self._state.repeat
        if at_end or not first <= self._state.frame <= last:
            self._state.set_frame(first)
        self._restart()
        self._timer.start()

    def _on_frame(self, _: int) -> None:
        if not self._own:  # someone jumped: go on from there
            self._restart()

    def _restart(self) -> None:
        clip = self._state.clip
        at = float(clip.times[self._state.frame]) if clip is not None and len(clip.times) else 0.0
        self._from = (at, self._now())
