"""Travel of the root in another unit than the bones: noticed by its height, and by feet that slide."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.motion.stature import ANKLE_HEIGHT_M

Float = NDArray[np.float64]

FACTORS = (100.0, 0.01, 2.54, 1 / 2.54, 39.37, 1 / 39.37, 1000.0, 0.001)
"""Of metres, centimetres, millimetres and inches, taken one for the other."""
_ALIKE = 0.8  # least correlation of the root's and the standing foot's velocities
_NEAR, _NEAR_HEIGHT = 1.3, 1.1  # how far a factor may be from a usual one
_LEAST_HEIGHT = 1e-4  # metres


def travel_factor(root: Float, ankles: Float) -> float | None:
    """What the root's track would have to be multiplied by for feet to stand still; None where that is not known.

    root (T, 3), ankles (T, 2, 3), Z up, any unit. In each frame the lower foot stands: seen from the root it goes
    backward as fast as the root goes. Least squares give the factor; a person who does not walk has none.
    """
    if len(root) < 8:
        return None
    from_root = ankles - root[:, None]
    lower = from_root[..., 2].argmin(1)
    rows = np.arange(len(root) - 1)
    foot = np.diff(from_root, axis=0)[rows, lower[:-1], :2]
    track = np.diff(root, axis=0)[:, :2]
    both, own, feet = -(foot * track).sum(), (track**2).sum(), (foot**2).sum()
    if own <= 0 or feet <= 0 or both / np.sqrt(own * feet) < _ALIKE:
        return None
    return float(both / own)


def height_factor(root: Float, ankles: Float) -> float | None:
    """What the root's height would have to be multiplied by to be the one over the feet; None for a root at the origin.

    root (T, 3), ankles (T, 2, 3) metres, Z up; in worlds whose floor is z = 0 it is 1, whatever the posture.
    """
    there = float(np.median(root[:, 2]))
    over_feet = float(np.median(root[:, 2] - ankles[..., 2].min(1))) + ANKLE_HEIGHT_M
    return over_feet / there if there > _LEAST_HEIGHT and over_feet > 0 else None


def travel_note(root: Float, ankles: Float) -> str:
    """A sentence where the root moves in another unit than the bones; "" elsewhere."""
    by_height, by_feet = height_factor(root, ankles), travel_factor(root, ankles)
    for factor, near, why in (
        (by_feet, _NEAR, "its feet slide"),
        (by_height, _NEAR_HEIGHT, "it is not over its feet as high as over the floor"),
    ):
        usual = min(FACTORS, key=lambda known: abs(np.log(known / factor))) if factor else 0.0
        if factor and max(usual / factor, factor / usual) < near:
            return f"The root may move in another unit than the bones: {why} unless it is multiplied by {usual:.4g}."
    return ""
