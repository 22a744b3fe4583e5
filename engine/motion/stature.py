"""The size of a person, from a skeleton: one camera cannot tell a small near person from a tall far one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ASSUMED_HEIGHT_M = 1.70
"""Height used for a person of whom nothing is known; every figure says when it was."""

_CHAINS = (
    ((0, 7), (7, 8), (8, 9), (9, 10)),  # pelvis to head top
    ((1, 2), (2, 3)),  # right leg
    ((4, 5), (5, 6)),  # left leg
)


def stature(positions: NDArray[np.floating]) -> float:
    """Head-to-ankle bone length of an H36M-17 motion: (T, 17, 3) metres -> metres.

    The median over frames of pelvis-to-head-top plus the mean of the two legs, measured along the bones, so that
    it does not depend on posture. It is some 8 cm less than the standing height (the ankle is not the sole);
    it is the unit in which the lifting models predict.
    """
    return float(np.median(bone_chain_length(np.asarray(positions, float))))


def bone_chain_length(positions: NDArray[np.floating]) -> NDArray[np.float64]:
    """`stature` of every frame: (..., 17, 3) -> (...)."""

    def length(chain: tuple[tuple[int, int], ...]) -> NDArray[np.float64]:
        ends = np.asarray(chain)
        return np.linalg.norm(positions[..., ends[:, 0], :] - positions[..., ends[:, 1], :], axis=-1).sum(-1)

    trunk, right, left = (length(chain) for chain in _CHAINS)
    return np.asarray(trunk + (right + left) / 2)
