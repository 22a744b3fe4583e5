"""How steady the lengths of bones are, which needs no truth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.metrics.pose import MM
from engine.motion.skeleton import Skeleton


def bone_length_sd_mm(positions: NDArray[np.float64], skeleton: Skeleton) -> float:
    """Standard deviation over time of the bones' lengths, mean over bones; joints (T, J, 3) in metres."""
    parents, children = np.array(skeleton.bones).T
    lengths = np.linalg.norm(positions[:, children] - positions[:, parents], axis=-1)
    return MM * float(lengths.std(0).mean())
