"""Tickets: what a running job knows of the world outside. No Qt."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

PATIENCE_S = 0.8
"""How long a job may run on after a newer one has been submitted."""


class Ticket:
    """Whether the job is still wanted, and whom to tell how far it is.

    report(fraction done, what is being done), and hand_over(part of the result that is there already).
    """

    def __init__(self, report: Callable[[float, str], None], hand_over: Callable[[object], None]) -> None:
        self.report, self.hand_over = report, hand_over
        self.started = time.monotonic()
        self._cancelled = threading.Event()
        self._superseded = threading.Event()

    def cancel(self) -> None:
        self._cancelled.set()

    def supersede(self) -> None:
        """A newer job waits."""
        self._superseded.set()

    def cancelled(self) -> bool:
        """Whether to stop: at once when cancelled, after `PATIENCE_S` when superseded."""
        late = self._superseded.is_set() and time.monotonic() - self.started > PATIENCE_S
        return late or self._cancelled.is_set()
