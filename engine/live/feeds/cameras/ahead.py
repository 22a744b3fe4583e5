"""Reading on a thread of its own, of what cannot be told to wait less: drivers, and FFmpeg."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Generic, TypeVar

from engine.errors import InputError

Item = TypeVar("Item")

WAITING = 8
"""Items that are read and not taken."""


class Ahead(Generic[Item]):
    """Reads items, which raise InputError where there are no more, until it is stopped; then calls `end`."""

    def __init__(self, items: Iterator[Item], end: Callable[[], None], name: str) -> None:
        self._items, self._end = items, end
        self._waiting: queue.Queue[Item | InputError] = queue.Queue(WAITING)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"kinestate-read-{name}", daemon=True)
        self._thread.start()

    def take(self, seconds: float) -> Item | None:
        """The next one; None if none comes in so many seconds. Raises the InputError of the items."""
        try:
            came = self._waiting.get(timeout=seconds)
        except queue.Empty:
            return None
        if isinstance(came, InputError):
            raise came
        return came

    def stop(self, seconds: float = 0.0) -> None:
        """Wait for the thread so long at most; it ends, and closes what it reads, when that lets it."""
        self._stop.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        try:
            for item in self._items:
                self._offer(item)
                if self._stop.is_set():
                    break
        except InputError as error:
            self._offer(error)
        finally:
            self._end()

    def _offer(self, item: Item | InputError) -> None:
        while not self._stop.is_set():
            with suppress(queue.Full):
                self._waiting.put(item, timeout=0.1)
                return
