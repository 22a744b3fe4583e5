"""The moment that is shown, in seconds, and how it is played. No Qt.

Truth at 120 Hz, a model at 7.5 Hz and a live feed each show what is on `at` this moment, by `frame_at` of their times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from psygnal import SignalGroupDescriptor

Float = NDArray[np.float64]

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)
ROUNDING_S = 1e-9
"""A moment that is earlier than a frame by less than this is the frame's."""


def frame_at(times: NDArray[np.floating[Any]], seconds: float) -> int:
    """Find the frame that is on at a time: the last of `times` (T,) that has begun; before that, the first one."""
    return max(int(np.searchsorted(times, seconds + ROUNDING_S, side="right")) - 1, 0)


def span(times: Float, first: int, last: int) -> tuple[float, float]:
    """Find the seconds at which frames first..last begin and end; the last one stays for a (median) frame period."""
    period = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    end = float(times[last + 1]) if last + 1 < len(times) else float(times[-1]) + period
    return float(times[first]), end


def due(start: float, passed: float, lo: float, hi: float, *, repeat: bool) -> tuple[float, bool]:
    """Find the time in [lo, hi) that is `passed` seconds after `start`, and whether playing goes on."""
    here = start + passed
    if here < hi - ROUNDING_S:  # a rounding error before the end is the end
        return max(here, lo), True
    if not repeat or hi <= lo:
        return hi, False
    return lo + max(here - hi, 0.0) % (hi - lo), True


@dataclass
class Moment:
    """The moment that is shown, and how it is played.

    loop   seconds of the first and the last frame that are played, both included
    times  (T,) seconds of the frames that the window counts by: the clip's
    """

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    seconds: float = 0.0
    loop: tuple[float, float] = (0.0, 0.0)
    speed: float = 1.0
    playing: bool = False
    repeat: bool = True

    def __post_init__(self) -> None:
        self.times: Float = np.zeros(0)

    @property
    def frames(self) -> int:
        """The number of frames."""
        return len(self.times)

    @property
    def frame(self) -> int:
        """The frame that is on now, where the window counts them."""
        return frame_at(self.times, self.seconds)

    def time_of(self, frame: int) -> float:
        """Look up the seconds of a frame; of the nearest one that there is."""
        return float(self.times[min(max(frame, 0), self.frames - 1)]) if self.frames else 0.0

    def count_by(self, times: Float, *, keep: bool) -> None:
        """Count by other frames from their first one on, all of them as the loop; or keep the numbers of the frames."""
        frame, loop = (self.frame, self._loop_frames) if keep else (0, (0, len(times) - 1))
        self.times = times
        self.seconds = self.time_of(frame)
        self.loop = (self.time_of(loop[0]), self.time_of(loop[1]))

    def set_frame(self, frame: int) -> None:
        """Show a frame from its beginning."""
        self.seconds = self.time_of(frame)

    def seek(self, seconds: float) -> None:
        """Show the frame that is on at a time, from its beginning."""
        self.set_frame(frame_at(self.times, seconds))

    def show(self, seconds: float) -> None:
        """Show exactly this time, which need not be a frame's."""
        self.seconds = min(max(seconds, self.time_of(0)), self.time_of(self.frames - 1))

    def set_playing(self, playing: bool) -> None:
        """Play or pause; one frame alone cannot be played."""
        self.playing = playing and self.frames > 1

    def set_speed(self, speed: float) -> None:
        """Play at a multiple of real time."""
        self.speed = float(np.clip(speed, SPEEDS[0], SPEEDS[-1]))

    def set_loop(self, first: float, last: float) -> None:
        """Play between the frames nearest to two times, both included."""
        first, last = sorted((first, last))
        self.loop = (self._nearest(first), self._nearest(last))

    def loop_all(self) -> None:
        """Play everything."""
        self.loop = (self.time_of(0), self.time_of(self.frames - 1))

    @property
    def loop_span(self) -> tuple[float, float]:
        """Seconds at which the loop begins, and at which its last frame ends."""
        return span(self.times, *self._loop_frames) if self.frames else (0.0, 0.0)

    @property
    def _loop_frames(self) -> tuple[int, int]:
        return frame_at(self.times, self.loop[0]), frame_at(self.times, self.loop[1])

    def _nearest(self, seconds: float) -> float:
        return float(self.times[np.abs(self.times - seconds).argmin()]) if self.frames else 0.0
