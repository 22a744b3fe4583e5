"""The moments at which the views of a rig are looked at together."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.live.rig.view import View
from engine.live.truth import LiveTruth
from engine.observation.people_in_view import EDGE_S

PATIENCE = 1.5
"""Periods of a camera for which a moment waits for it, besides what its pictures usually take. One that is older is
left out where a newer one is due."""
MOST_BEHIND_S = 1.0
"""Nobody waits for a camera that is later than the quickest one by more."""
FASTER = 0.8
"""Another camera gives the moments where its period is so many times as long, or where the one that did is blind."""


@dataclass(frozen=True, eq=False)
class Moment:
    """time on the common clock; received: when the picture that it is of was taken, or came."""

    time: float
    received: float
    truth: LiveTruth | None = None


class Ticks:
    """The times of the fastest camera's pictures, each when every living camera has a picture at it or after it.

    dropped  moments that were left out because a newer one was due
    """

    def __init__(self, views: Sequence[View]) -> None:
        self.views = tuple(views)
        self.dropped = 0
        self._leader: View | None = None
        self._waiting: deque[Moment] = deque()
        self._due: deque[Moment] = deque()
        self._last = float("-inf")

    def next(self, now: float) -> Moment | None:
        """The moment to look at now; None where none is due. Older ones may be left out, so that age does not grow.

        A moment is never older than it may wait for cameras, and what was done since this was asked last.
        """
        self._due.extend(self.due(now))
        while len(self._due) > 1 and now - self._due[0].time > self._patience(self._living(now)):
            self._due.popleft()
            self.dropped += 1
        return self._due.popleft() if self._due else None

    def due(self, now: float) -> Iterator[Moment]:
        """The moments that need wait no longer, in order; now: `time.perf_counter`."""
        living = self._living(now)
        self._lead(living or [view for view in self.views if view.seen])
        self._know()
        while self._waiting and not self._waits(self._waiting[0], living, now):
            yield self._waiting.popleft()

    def _lead(self, views: Sequence[View]) -> None:
        """Choose the camera whose pictures give the moments."""
        there = [view for view in views if view.seen]
        if not there:
            return
        fastest = min(there, key=lambda view: view.period)
        led = self._leader
        if led is None or led not in there or fastest.period < FASTER * led.period:
            self._leader = fastest

    def _know(self) -> None:
        if self._leader is None:
            return
        shift = self._leader.shift
        for seen in self._leader.seen:
            if seen.time + shift > self._last + EDGE_S:
                self._last = seen.time + shift
                self._waiting.append(Moment(self._last, seen.received, seen.truth))

    def _waits(self, moment: Moment, living: Sequence[View], now: float) -> bool:
        if all(view.newest >= moment.time - EDGE_S for view in living):
            return False
        return now - moment.time <= self._patience(living)

    def _living(self, now: float) -> list[View]:
        return [view for view in self.views if view.living(now)]

    def _patience(self, living: Sequence[View]) -> float:
        """Seconds after its time for which a moment waits for cameras; infinite where nothing newer will come."""
        if not living:
            return float("inf")
        patience = max(view.delay + PATIENCE * view.period for view in living)
        return min(patience, min(view.delay for view in living) + MOST_BEHIND_S)
