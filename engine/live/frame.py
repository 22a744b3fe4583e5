"""Live frames: what a feed hands over."""

from __future__ import annotations

from dataclasses import dataclass

from engine.live.truth import LiveTruth
from engine.observation.trackers import TrackerSignals


@dataclass(frozen=True, eq=False)
class LiveFrame:
    """One frame of a feed.

    time         seconds on the feed's clock, later than the frame before
    received     when its last part came, seconds of `time.perf_counter`
    observation  of one frame, at `time`
    truth        what is behind it at that time, where a feed knows it
    """

    time: float
    received: float
    observation: TrackerSignals
    truth: LiveTruth | None = None
