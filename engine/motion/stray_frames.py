"""Stray frames: a T-pose at the origin, a leap of metres, frames of another place that a writer left in a file."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.pieces import by_pieces

Float = NDArray[np.float64]

FASTEST_M_S = 12.0  # that all joints of a person move at, in the mean
LEAST_LEAP_M = 0.2
MOST_STRAY = 0.2  # share of frames; more of them are another part of the clip


@dataclass(frozen=True, eq=False)
class Strays:
    """Which frames stand apart from the rest.

    steady  (T,) bool, those that belong together: the longest stretch, and what can be reached from it
    leaps   frames that begin after a leap, and how far that was, metres
    """

    steady: NDArray[np.bool_]
    leaps: tuple[tuple[int, float], ...]

    @property
    def frames(self) -> NDArray[np.intp]:
        return np.flatnonzero(~self.steady)


def find_strays(times: Float, positions: Float) -> Strays:
    """The stray frames of times (T,) seconds, positions (T, J, 3) metres; none where they would be a fifth of it."""
    count = len(times)
    ahead, behind = positions[1:], positions[:-1]
    steps = by_pieces(lambda part: _step(ahead[part], behind[part]), count - 1)
    leaping = steps > _reach(np.diff(times))
    starts = np.flatnonzero(leaping) + 1
    leaps = tuple((int(t), float(np.linalg.norm(positions[t].mean(0) - positions[t - 1].mean(0)))) for t in starts)
    steady = np.ones(count, bool)
    if not leaps:
        return Strays(steady, ())
    bounds = [0, *map(int, starts), count]
    stretches = list(pairwise(bounds))
    longest = max(range(len(stretches)), key=lambda k: stretches[k][1] - stretches[k][0])
    _drop_unreachable(steady, stretches[longest + 1 :], stretches[longest][1] - 1, times, positions, ahead=True)
    _drop_unreachable(steady, stretches[:longest][::-1], stretches[longest][0], times, positions, ahead=False)
    if (~steady).mean() > MOST_STRAY:
        return Strays(np.ones(count, bool), leaps)
    return Strays(steady, leaps)


def stray_note(found: Strays, positions: Float) -> str:
    """A sentence about stray frames and leaps of positions (T, J, 3) metres; "" where there are none."""
    if not found.leaps:
        return ""
    frames = found.frames
    if len(frames) == 0:
        frame, far = max(found.leaps, key=lambda leap: leap[1])
        return f"The person leaps {far:.2g} m before frame {frame}, as if two recordings were put together."
    steady = np.flatnonzero(found.steady)
    beside = steady[np.abs(steady - frames[0]).argmin()]
    way = positions[frames[0]].mean(0) - positions[beside].mean(0)
    axis = int(np.abs(way).argmax())
    jump = f"{abs(way[axis]):.2g} m along {'XYZ'[axis]} ({np.linalg.norm(way):.2g} m in all)"
    if len(frames) == 1:
        said, them = f"Frame {frames[0]} jumps {jump} from the others", "it"
    else:
        said = f"{len(frames)} frames, the first of them {frames[0]}, jump {jump} and more from the others"
        them = "them"
    return f"{said}: cameras are not chosen by {them}, figures hold {them}; leave {them} out with --frames."


def _drop_unreachable(
    steady: NDArray[np.bool_],
    stretches: list[tuple[int, int]],
    last: int,
    times: Float,
    positions: Float,
    *,
    ahead: bool,
) -> None:
    """Mark the stretches that cannot be reached from the last steady frame, one after the other in one direction."""
    for first, stop in stretches:
        near, far = (first, stop - 1) if ahead else (stop - 1, first)
        gap = abs(times[near] - times[last])
        if _step(positions[near], positions[last]) > _reach(gap):
            steady[first:stop] = False
        else:
            last = far


def _step(a: Float, b: Float) -> Float:
    """How far joints (..., J, 3) are apart, in the mean."""
    return np.asarray(np.linalg.norm(a - b, axis=-1).mean(-1))


def _reach(seconds: Float) -> Float:
    return np.maximum(LEAST_LEAP_M, FASTEST_M_S * np.asarray(seconds))
