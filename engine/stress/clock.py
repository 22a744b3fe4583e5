"""Timing jitter: frames that are taken a little early or late, and stamped with the true time.

What is seen is what was really there at that time. A model that is told the true gap before each frame can follow it;
one that is told the nominal rate cannot.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from engine.stress.stress import Flag, FrameByFrame, Question, Range, Setting, Slider, Stress, StressStream

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Float = NDArray[np.float64]

_STREAM = 6


class Interpolated(Protocol):
    """An observation that can be asked between its frames and continued."""

    @property
    def times(self) -> Float: ...
    def __len__(self) -> int: ...
    def at(self, times: Float) -> Self: ...
    def then(self, other: Self) -> Self: ...


T = TypeVar("T", bound=Interpolated)


def unsteady_clock(observation: T, level: float, setting: Setting) -> T:
    """Every frame but the first taken up to `level` periods of the sub-sampled rate early or late.

    A period is the gap between recorded frames at that place, so that where they came irregularly, too, frames that
    are kept stay in order for a level below 1 / 2. Between the recorded frames the observation is interpolated, and
    nothing is taken after the last one.
    """
    return observation if len(observation) < 2 else observation.at(_taken(observation.times, level, setting))


def _taken(times: Float, level: float, setting: Setting) -> Float:
    """(T,) when the frames that were recorded at `times` are taken; not in order where sub-sampling follows."""
    import numpy as np

    recorded = np.arange(len(times))
    shift = level * setting.subsample  # in periods of the recording
    shifts = np.random.default_rng([setting.seed, _STREAM]).uniform(-1, 1, len(times)) * shift
    shifts[0] = 0.0
    return np.interp(recorded + shifts, recorded, times)


class _Stream:
    """Gives a frame as soon as the two recorded frames around its time have come; holds those still needed."""

    def __init__(self, schedule: Float, taken: Float) -> None:
        import numpy as np

        from engine.motion.interpolation import neighbours

        self.schedule = taken
        self._before, self._after, _ = neighbours(schedule, taken)
        self._needed = np.minimum.accumulate(self._before[::-1])[::-1]  # earliest one for this frame and all later ones
        self._held: deque[Any] = deque()
        self._first = self._given = 0  # number of the frame that is held longest; how many were given

    def push(self, frame: T) -> Sequence[T]:
        self._held.append(frame)
        come, given = self._first + len(self._held), []
        while self._given < len(self.schedule) and self._after[self._given] < come:
            k = self._given
            first, second = (self._held[at[k] - self._first] for at in (self._before, self._after))
            given.append(first.then(second).at(self.schedule[k : k + 1]))
            self._given += 1
        while self._held and (self._given == len(self.schedule) or self._first < self._needed[self._given]):
            self._held.popleft()
            self._first += 1
        return given

    def end(self) -> Sequence[Any]:
        return ()  # nothing is taken after the last recorded frame


def _stream(level: float, setting: Setting, schedule: Float) -> StressStream:
    if len(schedule) < 2:
        return FrameByFrame(schedule, lambda frame, _: frame)
    return _Stream(schedule, _taken(schedule, level, setting))


CLOCK = Stress(
    field="clock_jitter",
    label="Clock jitter",
    unit="%",
    range=Range(0, 0.5, below=True),
    levels=(0.0, 0.1, 0.2, 0.3, 0.4),
    applies_to=("Keypoints2D", "TrackerSignals", "MultiViewKeypoints"),
    stage="camera",
    whole=unsteady_clock,
    stream=_stream,
    slider=Slider(
        0.45,
        100,
        "Frames are taken early or late by up to this, and stamped with the true time",
        text="±{} of a frame",
    ),
    flag=Flag("jitter", "Frames are taken early or late by up to this many periods."),
    question=Question(
        "Irregular", "Clock jitter", "Frames taken early or late, stamped with the true time", "clock jitter, periods"
    ),
    rank=6,
)
