"""The size of a person, from a skeleton: one camera cannot tell a small near person from a tall far one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ASSUMED_HEIGHT_M = 1.70
"""Height used for a person of whom nothing is known; every figure says when it was."""

CHAINS = (
    ((0, 7), (7, 8), (8, 9), (9, 10)),  # pelvis to head top
    ((1, 2), (2, 3)),  # right leg
    ((4, 5), (5, 6)),  # left leg
)
"""Pairs of H36M-17 joints that are a person's stature."""


ANKLE_HEIGHT_M = 0.08
"""Height of the ankle joint above the sole, metres: what a skeleton of joints lacks of a standing height."""


def stature(positions: NDArray[np.floating]) -> float:
    """Standing height of the person in an H36M-17 motion: (T, 17, 3) metres -> metres.

    The median over frames of the bone chain head top - pelvis - ankle, measured along the bones so that posture does
    not matter, plus the ankle's height above the floor.
    """
    return float(np.median(bone_chain_length(np.asarray(positions, float)))) + ANKLE_HEIGHT_M


def bone_chain_length(positions: NDArray[np.floating]) -> NDArray[np.float64]:
    """Head top to ankle along the bones, (..., 17, 3) -> (...): the lifting models' unit of length."""

    def length(chain: tuple[tuple[int, int], ...]) -> NDArray[np.float64]:
        ends = np.asarray(chain)
        return np.linalg.norm(positions[..., ends[:, 0], :] - positions[..., ends[:, 1], :], axis=-1).sum(-1)

    trunk, right, left = (length(chain) for chain in CHAINS)
    return np.asarray(trunk + (right + left) / 2)
