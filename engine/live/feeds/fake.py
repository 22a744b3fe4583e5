"""A feed whose truth is known: a recording of trackers, played as if it happened now."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from engine.live.feeds.clock import due_within
from engine.live.frame import LiveFrame
from engine.live.truth import LiveTruth
from engine.observation.trackers import TrackerSignals


class FakeSource:
    """speed: seconds of the recording a second; truth: at the same frames, where it is known."""

    name = "fake"

    def __init__(self, signals: TrackerSignals, truth: LiveTruth | None = None, speed: float = 1.0) -> None:
        self.signals, self.truth, self.speed = signals, truth, speed
        self._frame, self._began = 0, 0.0

    def open(self) -> None:
        self._frame, self._began = 0, time.perf_counter()

    def read(self, seconds: float) -> Sequence[LiveFrame] | None:
        """The next frame, when it is its time."""
        k = self._frame
        if k >= len(self.signals):
            return None
        due = self._began + (self.signals.times[k] - self.signals.times[0]) / self.speed
        if not due_within(due, seconds):
            return ()
        self._frame += 1
        one = slice(k, k + 1)
        truth = None if self.truth is None else self.truth.take(one)
        return [LiveFrame(float(self.signals.times[k]), time.perf_counter(), self.signals.take(one), truth)]

    def close(self) -> None:
        """Nothing is open."""

    @property
    def counts(self) -> Mapping[str, int | None]:
        return {}
