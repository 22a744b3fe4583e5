"""A camera that fails on purpose, for tests of whatever comes behind it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from engine.errors import InputError
from engine.live.feeds.cameras.played import Picture
from engine.live.feeds.clock import due_within
from engine.live.frame import PictureFrame


class FaultySource:
    """Takes `picture(number)` at a rate, with the faults that are set; they may be changed while it runs.

    unplugged  `read` and `open` raise InputError
    stalled    nothing comes
    corrupt    pictures that come cannot be read, and are counted
    slow       each takes so many seconds more
    """

    name = "faulty"

    def __init__(self, picture: Callable[[int], Picture], hz: float = 30.0) -> None:
        self._picture, self._hz = picture, hz
        self.unplugged = self.stalled = self.corrupt = False
        self.slow = 0.0
        self._number = self._corrupt = 0
        self._due = 0.0

    def open(self) -> None:
        """Raises InputError while it is unplugged."""
        self._check()
        self._due = time.perf_counter()

    def read(self, seconds: float) -> Sequence[PictureFrame]:
        self._check()
        if self.stalled:
            time.sleep(seconds)
            self._due = time.perf_counter()
            return ()
        if not due_within(self._due, seconds):
            return ()
        taken, number = self._due, self._number
        self._due, self._number = self._due + 1 / self._hz + self.slow, number + 1
        if self.corrupt:
            self._corrupt += 1
            return ()
        return [PictureFrame(taken, taken, self._picture(number), number)]

    def close(self) -> None:
        """Nothing is open."""

    @property
    def counts(self) -> Mapping[str, int | None]:
        return {"corrupt": self._corrupt}

    def _check(self) -> None:
        if self.unplugged:
            raise InputError(f"{self.name} is unplugged; plug it in.")
