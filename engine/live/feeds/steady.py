"""A source that goes on after trouble: it says so, and connects again."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Generic

from engine.errors import InputError
from engine.live.feeds.clock import due_within
from engine.live.feeds.feed import Frame, Source

AGAIN_S, STALLED_S = 0.5, 2.0


class Steady(Generic[Frame]):
    """Around a source whose `read` raises InputError when it is unplugged, or gives nothing when it is stalled.

    trouble      what is wrong now, a sentence; "" where frames come
    reconnected  how often it was opened again
    """

    def __init__(self, source: Source[Frame], *, again_s: float = AGAIN_S, stalled_s: float = STALLED_S) -> None:
        self.source, self.name = source, source.name
        self.trouble, self.reconnected = "", 0
        self._again_s, self._stalled_s = again_s, stalled_s
        self._is_open = False
        self._last = self._tried = 0.0

    def open(self) -> None:
        """Raises InputError: at first it has to be there."""
        self.source.open()
        self._is_open, self._last, self.trouble = True, time.perf_counter(), ""

    def read(self, seconds: float) -> Sequence[Frame] | None:
        if not self._is_open:
            return self._again(seconds)
        try:
            frames = self.source.read(seconds)
        except InputError as error:
            self._lose(str(error))
            return ()
        now = time.perf_counter()
        if frames:
            self._last, self.trouble = now, ""
        elif now - self._last > self._stalled_s:
            self._lose(f"{self.name} has sent no picture for {self._stalled_s:g} s; check it.")
        return frames

    def close(self) -> None:
        if self._is_open:
            self.source.close()
            self._is_open = False

    @property
    def counts(self) -> Mapping[str, int | None]:
        return {**self.source.counts, "reconnected": self.reconnected}

    def _lose(self, trouble: str) -> None:
        self.close()
        self.trouble, self._tried = trouble, time.perf_counter()

    def _again(self, seconds: float) -> Sequence[Frame]:
        if not due_within(self._tried + self._again_s, seconds):
            return ()
        self._tried = time.perf_counter()
        try:
            self.source.open()
        except InputError as error:
            self.trouble = str(error)
        else:
            self._is_open, self._last = True, time.perf_counter()
            self.reconnected += 1
        return ()
