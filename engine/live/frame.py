"""Live frames: what a feed hands over."""

from __future__ import annotations

from dataclasses import dataclass

from engine.motion.pose import Pose
from engine.observation.trackers import TrackerSignals


@dataclass(frozen=True, eq=False)
class LiveFrame:
    """One frame of a feed.

    time         seconds on the feed's clock, later than the frame before
    received     when its last part came, seconds of `time.perf_counter`
    observation  of one frame, at `time`
    truth        the pose behind it, where a feed knows one
    """

    time: float
    received: float
    observation: TrackerSignals
    truth: Pose | None = None
