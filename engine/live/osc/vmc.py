"""The axes of the VMC protocol (Unity's: left-handed, x right, y up, z forward) and ours (Z up, facing -Y, left at +X).

Both ways are the same mirroring and renaming of axes, so that a person who faces Unity's +z faces our -Y. Rotations
there are xyzw, here wxyz. Protocol: https://protocol.vmc.info/english
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

FROM_UNITY = np.array([[-1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""(3, 3) on column vectors; its determinant is -1."""


def from_unity(position: Float, xyzw: Float) -> tuple[Float, Float]:
    """Positions (..., 3) and unit quaternions xyzw (..., 4) there -> ours, wxyz."""
    return position @ FROM_UNITY.T, np.concatenate([xyzw[..., 3:], -xyzw[..., :3] @ FROM_UNITY.T], axis=-1)


def to_unity(position: Float, wxyz: Float) -> tuple[Float, Float]:
    """Ours -> positions and quaternions xyzw there."""
    return position @ FROM_UNITY, np.concatenate([-wxyz[..., 1:] @ FROM_UNITY, wxyz[..., :1]], axis=-1)


def unity_numbers(position: Float, wxyz: Float) -> Sequence[float]:
    """One place (3,) and rotation (4,) as the seven numbers of a VMC message."""
    place, turn = to_unity(position, wxyz)
    return [*place.tolist(), *turn.tolist()]
