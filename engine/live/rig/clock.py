"""The times of several cameras on this machine's clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.live.feeds.feed import Source
from engine.live.frame import PictureFrame
from engine.motion.interpolation import nearest

Float = NDArray[np.float64]

REMEMBERED = 300
"""Pictures: ten seconds at 30 Hz."""
RECENT = 90
"""Pictures of which the skew is told."""
SET_S = 1.0
"""A camera whose times leap by more was set, or began again."""
ALIKE = 1.01
"""Cameras whose periods differ by less are as fast as one another."""
STEADY = 0.5
"""Length of the mean of unit vectors at the phases of pictures; below, two cameras have no phase to each other."""


class CameraClock:
    """One camera's own times -> seconds of `time.perf_counter`, by the pictures that got here fastest.

    Of the latest pictures, the least of received - time is what the two clocks differ by. So one that comes late moves
    nothing, and a clock that runs a little fast or slow is followed.
    """

    def __init__(self) -> None:
        self._behind: deque[float] = deque(maxlen=REMEMBERED)
        self._times: deque[tuple[float, int]] = deque(maxlen=REMEMBERED)

    def push(self, time: float, received: float, number: int) -> None:
        """The camera's own time of a picture, the moment at which it was taken or came, and which one it is."""
        behind = received - time
        if self._behind and abs(behind - self.shift) > SET_S:
            self._behind, self._times = deque([behind], REMEMBERED), deque([(time, number)], REMEMBERED)
            return
        self._behind.append(behind)
        self._times.append((time, number))

    @property
    def shift(self) -> float:
        """What is to be added to the camera's own times, seconds; 0 before the first picture."""
        return min(list(self._behind), default=0.0)

    @property
    def times(self) -> Float:
        """(N,) The latest pictures, on the common clock."""
        return np.array([time for time, _ in list(self._times)]) + self.shift

    @property
    def period(self) -> float:
        """Median seconds between two pictures, also those that were lost; infinite before the second one."""
        times, numbers = np.reshape(list(self._times), (-1, 2)).T
        further = np.diff(numbers) > 0
        return float(np.median(np.diff(times)[further] / np.diff(numbers)[further])) if further.any() else float("inf")


class TimedSource:
    """A camera whose pictures' times are told to a clock."""

    def __init__(self, source: Source[PictureFrame], clock: CameraClock) -> None:
        self.source, self.clock, self.name = source, clock, source.name

    def open(self) -> None:
        self.source.open()

    def read(self, seconds: float) -> Sequence[PictureFrame] | None:
        frames = self.source.read(seconds)
        for frame in frames or ():
            self.clock.push(frame.time, frame.received, frame.number)
        return frames

    def close(self) -> None:
        self.source.close()

    @property
    def counts(self) -> Mapping[str, int | None]:
        return self.source.counts

    @property
    def trouble(self) -> str:
        """What is wrong now, as far as the source says it."""
        return getattr(self.source, "trouble", "")


def skews_ms(clocks: Sequence[CameraClock]) -> list[float]:
    """By how much later each camera takes its pictures than the first of the fastest, at most half of its period.

    NaN where a camera has sent nothing yet, or its pictures have no steady phase, as at 25 and 30 Hz.
    """
    least = min(clock.period for clock in clocks)
    if not np.isfinite(least):
        return [float("nan")] * len(clocks)
    fastest = next(clock for clock in clocks if clock.period <= ALIKE * least)
    reference = fastest.times
    return [1e3 * phase_s(clock.times[-RECENT:], reference, fastest.period) for clock in clocks]


def phase_s(times: Float, reference: Float, period: float) -> float:
    """The median of how far times (N,) are from the nearest of another camera's (M,), in a circle of its period."""
    if not len(times) or not len(reference):
        return float("nan")
    off = times - reference[nearest(reference, times)]
    mean = np.exp(2j * np.pi * off / period).mean()
    if abs(mean) < STEADY:
        return float("nan")
    middle = float(np.angle(mean)) / (2 * np.pi) * period
    around = off - middle
    return middle + float(np.median(around - period * np.round(around / period)))
