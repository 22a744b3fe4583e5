"""Left and right: which vertex lies opposite, and what a mirror does to arrays of vertices."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from engine.motion.skeleton import SMPL_24

Float = NDArray[np.float64]

FLIP = np.array([-1.0, 1.0, 1.0])
TURN = np.outer(FLIP, FLIP).reshape(9)
"""What the mirror does to the nine numbers of a rotation matrix."""


def mirror_of(vertices: Float, *, within: float = 1e-6) -> NDArray[np.int64]:
    """(V,) the vertex opposite each. Raises ValueError where there is none within so many metres."""
    distance, index = cKDTree(vertices * FLIP).query(vertices)
    if distance.max() > within or (index[index] != np.arange(len(index))).any():
        raise ValueError(f"not mirror-symmetric: {1000 * distance.max():.3f} mm")
    return np.asarray(index, np.int64)


def symmetric(positions: Float, mirror: NDArray[np.int64]) -> Float:
    """The mean of (..., V, 3) and its mirror image."""
    return np.asarray((positions + positions[..., mirror, :] * FLIP) / 2)


def mirrored_directions(directions: Float, mirror: NDArray[np.int64]) -> Float:
    """Offsets (V, 3, ...) of vertices, as the mirror shows them."""
    return np.asarray(np.moveaxis(np.moveaxis(directions[mirror], 1, -1) * FLIP, -1, 1))


def mirrored_pose_directions(directions: Float, mirror: NDArray[np.int64]) -> Float:
    """Pose directions (V, 3, 207) for the mirrored rotations of the joints opposite."""
    swapped = directions.reshape(len(directions), 3, 23, 9)[:, :, SMPL_24.mirror[1:] - 1] * TURN
    return mirrored_directions(swapped.reshape(directions.shape), mirror)
