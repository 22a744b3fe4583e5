"""Stretches of time during which several parts are lost, each at moments of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Float = NDArray[np.float64]


def in_stretches(
    times: Float, parts: int, fraction: float, rng: np.random.Generator, *, stretch_s: float
) -> NDArray[np.bool_]:
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

    def lost(self, time: float, fraction: float) -> NDArray[np.bool_]:
        """(parts,) whether each is lost at a time, seconds, not before those of earlier calls."""
        import numpy as np

        self._first = time if self._first is None else self._first
        numbers = ((time - self._first) / self._stretch_s + self._offsets).astype(int)
        draws = [np.random.default_rng([*self._key, part, number]).random() for part, number in enumerate(numbers)]
        return np.array(draws) < fraction
