"""The trackers of a headset in a 3D view, as plain data. No Qt and no vispy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.view3d.items import LOOKED_AT, Float, Item, Track, sample_at


class Reported(NamedTuple):
    """K trackers at one moment: places (K, 3) metres, rotations (K, 4) wxyz, and whether each was seen (K,)."""

    positions: Float
    rotations: Float
    seen: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class TrackerItem(Item):
    """A headset and its controllers, which hold each frame until the next one.

    trackers   their names, "head", "left hand", "right hand" of one who has all
    times      (T,) seconds, increasing
    positions  (T, K, 3) metres, world; of a lost tracker, where it is taken to be
    rotations  (T, K, 4) wxyz, world, identity at rest: facing -Y, arms spread
    seen       (T, K) whether each was
    """

    trackers: tuple[str, ...]
    times: Float
    positions: Float
    rotations: Float
    seen: NDArray[np.bool_]

    @property
    def shown(self) -> bool:
        return self.visible and len(self.times) > 0

    def at(self, seconds: float) -> Reported:
        """Return what was reported last."""
        frame = sample_at(self.times, seconds)
        return Reported(self.positions[frame] + self.offset, self.rotations[frame], self.seen[frame])

    def extent(self) -> Track:
        some = slice(None, None, max(1, len(self.times) // LOOKED_AT))
        return Track(self.times[some], self.positions[some] + self.offset)
