"""Live frames: what a feed hands over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from engine.detector.detection import Detection, Picture
from engine.live.truth import LiveTruth
from engine.observation.keypoints import Keypoints2D
from engine.observation.trackers import TrackerSignals
from engine.observation.views import MultiViewKeypoints

Observed = TrackerSignals | Keypoints2D | MultiViewKeypoints


@dataclass(frozen=True, eq=False)
class PictureFrame:
    """One picture of a camera, before anybody looks for people in it.

    time      seconds on the feed's clock, later than the frame before
    received  when it was taken, as far as the source knows, else when its last byte came: `time.perf_counter`
    given     the picture, or what paints it when it is first looked at: most pictures of a fast camera never are
    number    of the frames that the source had so far, from 0: gaps are frames that were lost in the source
    truth     who is in it, where a source knows it
    """

    time: float
    received: float
    given: Picture | Callable[[], Picture]
    number: int
    truth: LiveTruth | None = None

    @cached_property
    def picture(self) -> Picture:
        """(height, width, 3) 8-bit blue, green, red, upright."""
        return self.given() if callable(self.given) else self.given

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
    ids          of the people, in their order, counted from 1: the same for as long as somebody is known
    known        ids of everybody who is known, though not found in this picture
    """

    frame: PictureFrame
    people: tuple[Detection, ...]
    followed: int | None
    swapped: tuple[str, ...]
    begun: float
    done: float
    ids: tuple[int, ...] = ()
    known: frozenset[int] = frozenset()

    @property
    def chosen(self) -> int | None:
        """The id of whom is followed; None where that one was not found."""
        return None if self.followed is None or not self.ids else self.ids[self.followed]


@dataclass(frozen=True, eq=False)
class CameraSaw:
    """Who was found in a picture of one of several cameras.

    time    when it was taken, seconds on the feed's clock; own: on the camera's
    people  keypoints of one frame, H36M-17, by who it is in this camera
    """

    time: float
    own: float
    people: Mapping[int, Keypoints2D]


@dataclass(frozen=True, eq=False)
class LiveFrame:
    """One frame of trackers, or of what was found in a picture.

    time         seconds on the feed's clock, later than the frame before
    received     when its last part came, seconds of `time.perf_counter`; of a picture when it was taken
    observation  of one frame, at `time`
    truth        what is behind it at that time, where a feed knows it
    stream       changes where the frame does not go on from the one before: another person, another size of pictures
    found        of pictures: what it was made of
    person       the id of whom it is, where several are followed at once; None where one is
    """

    time: float
    received: float
    observation: Observed
    truth: LiveTruth | None = None
    stream: int = 0
    found: Found | None = None
    person: int | None = None


def known_people(frames: Sequence[LiveFrame]) -> frozenset[int | None]:
    """Of the frames of one moment: those whose streams may go on. Whoever is left out does not come back."""
    first = frames[0]
    return frozenset([None]) if first.person is None or first.found is None else first.found.known
