"""Stresses that draw random numbers frame after frame, as many at any level: the whole, and both of its twins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from engine.stress.stress import FrameByFrame, LiveStress, Setting

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.observation.trial import Observation

    Float = NDArray[np.float64]

T = TypeVar("T", bound="Observation")


@dataclass(frozen=True)
class Drawn(Generic[T]):
    """change: (observation, level, draws) -> observation, with the next numbers of the draws for each frame.

    number  of its own stream of random numbers: switching another stress on does not change its draws
    """

    change: Callable[[T, float, np.random.Generator], T]
    number: int

    def whole(self, observation: T, level: float, setting: Setting) -> T:
        """`Stress.whole`."""
        return self.change(observation, level, self._draws(setting))

    def stream(self, level: float, setting: Setting, schedule: Float) -> FrameByFrame:
        """`Stress.stream`."""
        draws = self._draws(setting)  # one number after the other, in frames as in the whole
        return FrameByFrame(schedule, lambda frame, _: self.change(frame, level, draws))

    def live(self, setting: Setting) -> LiveStress:
        """`Stress.live`."""
        draws = self._draws(setting)

        def changed(frame: T, level: float) -> T:
            found = self.change(frame, level, draws)  # at level 0, too: draws do not depend on the levels
            return found if level else frame

        return changed

    def _draws(self, setting: Setting) -> np.random.Generator:
        import numpy as np

        return np.random.default_rng([setting.seed, self.number])
