"""The newest-frame slot between two threads."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Latest(Generic[Item]):
    """Holds one item: a newer one replaces what nobody took. One producer, one consumer.

    dropped  items that were replaced
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._items: list[Item] = []  # none or one
        self._wake = threading.Condition()

    def put(self, item: Item) -> None:
        """Offer an item; never waits for the consumer."""
        with self._wake:
            self.dropped += len(self._items)
            self._items = [item]
            self._wake.notify()

    def take(self, seconds: float) -> Item | None:
        """The newest item, once; None if none comes in so many seconds."""
        with self._wake:
            self._wake.wait_for(lambda: self._items, seconds)
            return self._items.pop() if self._items else None
