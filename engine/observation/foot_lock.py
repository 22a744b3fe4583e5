"""Feet that stand are kept on their spot, looking back only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.motion.stature import ANKLE_HEIGHT_M

Float = NDArray[np.float64]

OFF_FLOOR_M = 0.12
"""The lower ankle is at most so far above its height on the floor; else both feet are in the air."""
LOWER_M = 0.03
"""The other foot takes over where it is lower by so much."""
BACK_S = 1.0
"""Time constant of going back to where the person was seen."""


class FootLock:
    """What is added to where the person is seen, so that the foot that stands does not slide or float."""

    def __init__(self) -> None:
        self._time: float | None = None
        self._foot: int | None = None
        self._spot: Float = np.zeros(3)
        self._added: Float = np.zeros(3)

    def push(self, ankles: Float, times: Float) -> Float:
        """(T, 3) metres to be added, from ankles (T, 2, 3) in the world that follow those before; times (T,) s."""
        return np.array([self._one(ankles[frame], float(times[frame])) for frame in range(len(times))]).reshape(-1, 3)

    def _one(self, ankles: Float, time: float) -> Float:
        back = np.exp(-(time - self._time) / BACK_S) if self._time is not None else 1.0
        self._time = time
        self._spot = self._spot + (back - 1) * self._added
        self._added = back * self._added
        lower = int(ankles[1, 2] < ankles[0, 2])
        if ankles[lower, 2] > ANKLE_HEIGHT_M + OFF_FLOOR_M:
            self._foot = None
            return self._added
        if self._foot is None or ankles[self._foot, 2] > ankles[lower, 2] + LOWER_M:
            self._foot = lower
            spot = ankles[lower] + self._added
            self._spot = np.array([spot[0], spot[1], ANKLE_HEIGHT_M])
        self._added = self._spot - ankles[self._foot]
        return self._added
