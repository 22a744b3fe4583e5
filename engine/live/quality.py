"""How steady predicted bones are, where there is no truth."""

from __future__ import annotations

import numpy as np

from engine.motion.pose import Joints
from engine.motion.skeleton import H36M_17

_PARENTS, _CHILDREN = np.array(H36M_17.bones).T


class BoneLengths:
    """Running mean and spread of the bones' lengths over frames (Welford)."""

    def __init__(self) -> None:
        self._count = 0
        self._mean = self._squares = np.zeros(len(H36M_17.bones))

    def push(self, joints: Joints) -> None:
        """The next frame, one, of H36M-17."""
        lengths = np.linalg.norm(joints.positions[0, _CHILDREN] - joints.positions[0, _PARENTS], axis=-1)
        self._count += 1
        off = lengths - self._mean
        self._mean = self._mean + off / self._count
        self._squares = self._squares + off * (lengths - self._mean)

    @property
    def sd_mm(self) -> float:
        """The standard deviation of a bone's length over frames, mean of the bones; NaN before the second frame."""
        if self._count < 2:
            return float("nan")
        return 1e3 * float(np.sqrt(self._squares / self._count).mean())
