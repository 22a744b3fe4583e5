"""Live frames: what a feed hands over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.live.truth import LiveTruth
from engine.observation.trackers import TrackerSignals


@dataclass(frozen=True, eq=False)
class PictureFrame:
    """One picture of a camera, before anybody looks for people in it.

    time      seconds on the feed's clock, later than the frame before
    received  when it was taken, as far as the source knows, else when its last byte came: `time.perf_counter`
    picture   (height, width, 3) 8-bit blue, green, red, upright
    number    of the frames that the source had so far, from 0: gaps are frames that were lost in the source
    """

    time: float
    received: float
    picture: NDArray[np.uint8]
    number: int

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels; it may change from frame to frame."""
        return self.picture.shape[1], self.picture.shape[0]


@dataclass(frozen=True, eq=False)
class LiveFrame:
    """One frame of trackers, or of what was found in a picture.

    time         seconds on the feed's clock, later than the frame before
    received     when its last part came, seconds of `time.perf_counter`
    observation  of one frame, at `time`
    truth        what is behind it at that time, where a feed knows it
    """

    time: float
    received: float
    observation: TrackerSignals
    truth: LiveTruth | None = None
