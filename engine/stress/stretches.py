"""Stretches of time during which several parts are lost, each at moments of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from engine.stress.stress import FrameByFrame, LiveStress, Setting

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.observation.trial import Observation

    Bool = NDArray[np.bool_]
    Float = NDArray[np.float64]

T = TypeVar("T", bound="Observation")


def in_stretches(times: Float, parts: int, fraction: float, rng: np.random.Generator, *, stretch_s: float) -> Bool:
    """(T, parts) whether each part is lost at these times (T,): that fraction (0 ... 1) of all stretches.

    Time is cut into stretches, at other moments for each part. With the same seed a larger fraction contains the
    smaller one's stretches, and a frame is in one or not whatever the frame rate.
    """
    import numpy as np

    since = (times - times[0])[:, None] / stretch_s
    stretch = (since + rng.random(parts)).astype(int)  # (T, parts)
    held, stretch = np.unique(stretch, return_inverse=True)  # none where there are no frames, however long the gap
    order = rng.permutation(parts * len(held)).reshape(-1, parts)
    return np.asarray(np.take_along_axis(order, stretch, 0) < round(fraction * order.size))


class LiveStretches:
    """The same of a feed, whose end nobody knows: that fraction of all stretches in the long run.

    key  of the random numbers; those of a stretch depend on its number alone
    """

    def __init__(self, parts: int, key: Sequence[int], *, stretch_s: float) -> None:
        import numpy as np

        self._key, self._stretch_s = tuple(key), stretch_s
        self._offsets = np.random.default_rng(self._key).random(parts)
        self._first: float | None = None

    def lost(self, time: float, fraction: float) -> Bool:
        """(parts,) whether each is lost at a time, seconds, not before those of earlier calls."""
        import numpy as np

        self._first = time if self._first is None else self._first
        numbers = ((time - self._first) / self._stretch_s + self._offsets).astype(int)
        draws = [np.random.default_rng([*self._key, part, number]).random() for part, number in enumerate(numbers)]
        return np.array(draws) < fraction


@dataclass(frozen=True)
class Stretched(Generic[T]):
    """A stress that takes parts away in stretches: the whole, and both of its twins.

    change     (observation, lost (T, parts), setting) -> observation
    number     of its own stream of random numbers, as of `engine.stress.drawn.Drawn`
    stretch_s  how long a part stays lost, seconds
    """

    change: Callable[[T, Bool, Setting], T]
    parts: int
    number: int
    stretch_s: float

    def whole(self, observation: T, fraction: float, setting: Setting) -> T:
        """`Stress.whole`."""
        return self.change(observation, self._lost(observation.times, fraction, setting), setting)

    def stream(self, fraction: float, setting: Setting, schedule: Float) -> FrameByFrame:
        """`Stress.stream`."""
        lost = self._lost(schedule, fraction, setting)
        return FrameByFrame(schedule, lambda frame, k: self.change(frame, lost[k : k + 1], setting))

    def live(self, setting: Setting) -> LiveStress:
        """`Stress.live`."""
        stretches = LiveStretches(self.parts, [setting.seed, self.number], stretch_s=self.stretch_s)

        def without(frame: T, fraction: float) -> T:
            lost = stretches.lost(float(frame.times[0]), fraction)
            return self.change(frame, lost[None], setting) if lost.any() else frame

        return without

    def _lost(self, times: Float, fraction: float, setting: Setting) -> Bool:
        import numpy as np

        rng = np.random.default_rng([setting.seed, self.number])
        return in_stretches(times, self.parts, fraction, rng, stretch_s=self.stretch_s)
