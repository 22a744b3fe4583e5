"""The newest-frame slot between two threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Latest(Generic[Item]):
    """Holds one item: a newer one replaces what nobody took. One producer, one consumer.

    given    items that were put
    dropped  items that were replaced
    """

    def __init__(self) -> None:
        self.given = self.dropped = 0
        self._items: list[Item] = []  # none or one
        self._wake = threading.Condition()

    def put(self, item: Item) -> None:
        """Offer an item; never waits for the consumer."""
        with self._wake:
            self.dropped += len(self._items)
            self._set(item)

    def hand(self, item: Item, given_up: Callable[[], bool], poll_s: float = 0.05) -> None:
        """Offer an item when the one before was taken; none is replaced. `given_up` is asked now and then."""
        with self._wake:
            while not self._wake.wait_for(lambda: not self._items, poll_s):
                if given_up():
                    return
            self._set(item)

    def take(self, seconds: float) -> Item | None:
        """The newest item, once; None if none comes in so many seconds."""
        with self._wake:
            self._wake.wait_for(lambda: self._items, seconds)
            item = self._items.pop() if self._items else None
            self._wake.notify()
            return item

    def _set(self, item: Item) -> None:
        self.given += 1
        self._items = [item]
        self._wake.notify()
