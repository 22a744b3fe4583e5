"""Recorded pictures, played as if they were taken now."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.live.feeds.clock import due_within
from engine.live.frame import PictureFrame

Picture = NDArray[np.uint8]


class Pictures(Protocol):
    """What is played. corrupt: pictures so far that could not be read."""

    name: str
    corrupt: int

    def __iter__(self) -> Iterator[tuple[float, Picture]]:
        """Each picture with its time, seconds, increasing. Raises InputError where nothing can be opened."""


class PlayedSource:
    """Gives each picture when its time has come, and none twice.

    speed: seconds of the recording a second; infinite: each as soon as it is asked for, taken then.
    begin: the moment of `time.perf_counter` at which the first one's has come, asked when it is opened.
    """

    def __init__(self, pictures: Pictures, speed: float = 1.0, begin: Callable[[], float] = time.perf_counter) -> None:
        self.name, self.speed, self._begin = pictures.name, speed, begin
        self._pictures = pictures
        self._left: Iterator[tuple[float, Picture]] = iter(())
        self._next: tuple[float, Picture] | None = None
        self._first = self._began = 0.0
        self._number, self._given = 0, False

    def open(self) -> None:
        """Raises InputError where it cannot be opened."""
        self._left, self._number, self._given = iter(self._pictures), 0, False
        self._next = next(self._left, None)
        self._first, self._began = 0.0 if self._next is None else self._next[0], self._begin()

    def read(self, seconds: float) -> Sequence[PictureFrame] | None:
        if self._given:  # not before: nobody waits for the picture after theirs
            self._next, self._number, self._given = next(self._left, None), self._number + 1, False
        if self._next is None:
            return None
        at, picture = self._next
        due = self._began + (at - self._first) / self.speed if self.speed < math.inf else time.perf_counter()
        if not due_within(due, seconds):
            return ()
        self._given = True
        return [PictureFrame(at, due, picture, self._number)]

    def close(self) -> None:
        self._left, self._next = iter(()), None

    @property
    def counts(self) -> Mapping[str, int | None]:
        return {"corrupt": self._pictures.corrupt}
