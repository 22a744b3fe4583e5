"""One person's way through a model: what the model remembers of them, and their figures."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

from engine.live.frame import LiveFrame
from engine.live.scores import LiveScores, PersonFigures
from engine.live.steps import Steps
from engine.live.tick import Tick
from engine.observation.trackers import TrackerSignals


class Followed:
    """id is None where one person is followed.

    stream    number of the one that goes on; another one begins anew
    steps     None until somebody is seen in it
    before    time of the frame before, seconds; None before the first of a stream
    pending   frames, each with its rate, that wait for later ones
    latest    the newest tick
    """

    def __init__(self, id_: int | None, scores: LiveScores) -> None:
        self.id, self.scores, self.predictions = id_, scores, 0
        self.stream: tuple[int, int] | None = None
        self.steps: Steps | None = None
        self.before: float | None = None
        self.pending: deque[tuple[LiveFrame, float]] = deque()
        self.latest: Tick | None = None

    def figures(self) -> PersonFigures:
        """Those so far."""
        return PersonFigures(self.id, self.predictions, self.scores.means(), self.scores.bones.sd_mm)


def somebody(frame: LiveFrame) -> bool:
    """Whether a person is seen: nobody is there before a head is, or any joint."""
    seen = frame.observation
    return bool(seen.valid[0, 0]) if isinstance(seen, TrackerSignals) else bool(seen.confidence.any())


def newest(people: Collection[Followed]) -> tuple[Tick, ...]:
    """The newest tick of each of whom something was predicted."""
    return tuple(own.latest for own in people if own.latest is not None)
