"""The up axis of joint positions, from where heads and ankles are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.data.arrays import CAMERA_UP
from engine.motion.skeleton import Skeleton

Float = NDArray[np.float64]

AXES: dict[str, tuple[float, float, float]] = {
    "Z": (0.0, 0.0, 1.0),
    "Y": (0.0, 1.0, 0.0),
    CAMERA_UP: (0.0, -1.0, 0.0),
}
_UPRIGHT = 0.5  # cosine: within 60 degrees of upright


def up_axis(positions: Float, skeleton: Skeleton, expected: str) -> tuple[str, str]:
    """Return the axis along which a person stands in most frames of (T, J, 3), and how it is known.

    expected  the axis that the format's files have; kept where the person stands along it in half of the frames, and
              where none is better
    """
    shares = {axis: _share(positions, skeleton, direction) for axis, direction in AXES.items()}
    best = max(shares, key=lambda axis: shares[axis])
    if shares[expected] >= 0.5 or shares[best] <= shares[expected]:
        return expected, "as such files have it"
    return best, "found from the posture"


def _share(positions: Float, skeleton: Skeleton, up: tuple[float, float, float]) -> float:
    """Return the share of frames in which the head is above the ankles along a direction."""
    ends = [joint for joint in ("head top", "head", "nose", "neck") if joint in skeleton.names]
    ankles = [skeleton.index(f"{side} ankle") for side in ("left", "right")]
    if not ends:
        return 0.0
    body = positions[:, skeleton.index(ends[0])] - positions[:, ankles].mean(1)
    return float((body @ np.array(up) > _UPRIGHT * np.linalg.norm(body, axis=-1)).mean())
