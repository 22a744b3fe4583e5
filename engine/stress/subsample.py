"""Sub-sampling to the rate of a slower camera."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from engine.stress.stress import Selection

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.observation.trial import Observation

T = TypeVar("T", bound="Observation")


def subsample(observation: T, r: int) -> T:
    """The first frame and every r-th after it, each with its own timestamp; r = 1 returns the observation itself."""
    return observation if r == 1 else observation.take(slice(None, None, r))


def subsample_stream(schedule: NDArray[np.float64], r: int) -> Selection:
    """The same, one frame at a time; schedule: times (T,) of the frames to be pushed."""
    return Selection(schedule[::r], range(0, len(schedule), r))
