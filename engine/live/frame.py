"""Live frames: what a feed hands over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.detector.detection import Detection
from engine.live.truth import LiveTruth
from engine.observation.keypoints import Keypoints2D
from engine.observation.trackers import TrackerSignals

Observed = TrackerSignals | Keypoints2D


@dataclass(frozen=True, eq=False)
class PictureFrame:
    """One picture of a camera, before anybody looks for people in it.

    time      seconds on the feed's clock, later than the frame before
    received  when it was taken, as far as the source knows, else when its last byte came: `time.perf_counter`
    picture   (height, width, 3) 8-bit blue, green, red, upright
    number    of the frames that the source had so far, from 0: gaps are frames that were lost in the source
    truth     who is in it, where a source knows it
    """

    time: float
    received: float
    picture: NDArray[np.uint8]
    number: int
    truth: LiveTruth | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels; it may change from frame to frame."""
        return self.picture.shape[1], self.picture.shape[0]


@dataclass(frozen=True, eq=False)
class Found:
    """What was found in a picture.

    people       everybody, in the order of the detector: the most certain first
    followed     which of them is followed; None where that one was not found
    swapped      limbs of whom left and right were exchanged back: "arms", "legs"
    begun, done  when the detector was given the picture and had answered: `time.perf_counter`
    """

    frame: PictureFrame
    people: tuple[Detection, ...]
    followed: int | None
    swapped: tuple[str, ...]
    begun: float
    done: float


@dataclass(frozen=True, eq=False)
class LiveFrame:
    """One frame of trackers, or of what was found in a picture.

    time         seconds on the feed's clock, later than the frame before
    received     when its last part came, seconds of `time.perf_counter`; of a picture when it was taken
    observation  of one frame, at `time`
    truth        what is behind it at that time, where a feed knows it
    stream       changes where the frame does not go on from the one before: another person, another size of pictures
    found        of pictures: what it was made of
    """

    time: float
    received: float
    observation: Observed
    truth: LiveTruth | None = None
    stream: int = 0
    found: Found | None = None
