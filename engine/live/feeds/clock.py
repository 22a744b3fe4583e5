"""One clock for a feed: the sender's times where there are any, the times of arrival elsewhere."""

from __future__ import annotations

from time import perf_counter, sleep

BACK_S = 0.1
"""A frame that is older than the one before, by less than this, was overtaken on its way; by more, the sender began
again."""
LEAST_S = 0.0005
"""Between two frames: velocities are divided by it."""
APART_S = 1.0
"""Sender and arrival that differ by more from one frame to the next: the sender's clock was set."""


def due_within(due: float, seconds: float) -> bool:
    """Wait for a moment of `time.perf_counter`, so many seconds at most; whether it has come."""
    wait = due - perf_counter()
    sleep(max(0.0, min(wait, seconds)))
    return wait <= seconds


class FeedClock:
    """Times that increase strictly, whatever a sender says."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._received = 0.0
        self._shift: float | None = None

    def time(self, stamp: float | None, received: float) -> float | None:
        """The time of a frame in seconds; None for one that comes too late.

        stamp of the sender, None where it gave none; received: seconds of this machine's clock
        """
        if self._last is None:
            time = received if stamp is None else stamp
            self._shift = None if stamp is None else 0.0
        else:
            by_arrival = self._last + max(received - self._received, LEAST_S)
            if stamp is None:
                time = by_arrival
            else:
                if self._shift is None:
                    self._shift = by_arrival - stamp
                time = stamp + self._shift
                if time < self._last - BACK_S or abs(time - by_arrival) > APART_S:
                    self._shift = by_arrival - stamp
                    time = by_arrival
                elif time < self._last + LEAST_S:
                    return None
        self._last, self._received = time, received
        return time
