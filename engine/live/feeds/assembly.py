"""Frames from the messages of single trackers.

A frame is complete when every tracker that is not lost has come. It is also closed when the next frame's time comes, or
a tracker for the second time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.live.feeds.clock import FeedClock
from engine.live.frame import LiveFrame
from engine.live.osc.forms import DevicePose, Stamp
from engine.motion.rotations import IDENTITY
from engine.observation.trackers import HEADSET, TrackerSignals

LOST_AFTER_S = 0.2
BURST_S = 0.004
"""Trackers of one frame come within this."""
COUNT = len(HEADSET)


class Assembly:
    """The frame that is coming, and what is known of each tracker. `received` are seconds of one clock.

    late     frames that were overtaken on their way
    missing  frames that the sender numbered and that never came; None where it numbers none
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.late = 0
        self.missing: int | None = None
        self._clock = FeedClock()
        self._positions, self._rotations = np.zeros((COUNT, 3)), np.tile(IDENTITY, (COUNT, 1))
        self._heard = np.full(COUNT, -np.inf)
        self._first = np.inf
        self._came: set[int] = set()
        self._stamp: Stamp | None = None
        self._stamped = False
        self._arrived = self._closed = -np.inf
        self._number: int | None = None

    def stamp(self, stamp: Stamp) -> LiveFrame | None:
        """A time: the frame before it, where one was not closed yet."""
        frame = self._close() if self._came and (self._stamp or not self._stamped) else None
        self._came.clear()  # without a time of its own: a tracker that came back behind its frame
        self._stamp, self._stamped = stamp, True
        return frame

    def pose(self, role: int, pose: DevicePose, received: float) -> LiveFrame | None:
        """A tracker: the frame before it, where one was not closed yet."""
        frame = self._close() if role in self._came else None
        again = not self._came and received - self._closed < BURST_S and not self._seen(received)[role]
        self._positions[role], self._rotations[role] = pose.position, pose.rotation
        self._heard[role], self._first = received, min(self._first, received)
        if not again:  # else it is of the frame that was closed without it
            self._came.add(role)
            self._arrived = received
        return frame

    def complete(self, received: float) -> LiveFrame | None:
        """The frame, if nothing is lacking; asked for at the end of each packet."""
        starting = received - self._first <= LOST_AFTER_S  # then trackers that were not heard of yet may come
        expected = np.ones(COUNT, bool) if starting else self._seen(received)
        ready = self._came and all(role in self._came for role in np.flatnonzero(expected))
        return self._close() if ready else None

    def _seen(self, received: float) -> NDArray[np.bool_]:
        return received - self._heard <= LOST_AFTER_S

    def _close(self) -> LiveFrame | None:
        received = self._arrived
        stamp, self._stamp, self._closed = self._stamp, None, received
        self._came.clear()
        time = self._clock.time(None if stamp is None else stamp.time, received)
        if time is None:
            self.late += 1
            return None
        self._count(None if stamp is None else stamp.number)
        signals = TrackerSignals(
            self.name,
            np.array([time]),
            self._positions[None].copy(),
            self._rotations[None].copy(),
            self._seen(received)[None],
        )
        return LiveFrame(time, received, signals)

    def _count(self, number: int | None) -> None:
        if number is None:
            return
        between = 0 if self._number is None else number - self._number - 1
        self.missing = (self.missing or 0) + max(between, 0)  # below 0 the sender began again
        self._number = number
