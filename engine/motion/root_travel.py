"""Travel of the root in another unit than the bones: noticed by feet that slide."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

FACTORS = (100.0, 0.01, 2.54, 1 / 2.54, 39.37, 1 / 39.37, 1000.0, 0.001)
"""Of metres, centimetres, millimetres and inches, taken one for the other."""
_ALIKE = 0.8  # least correlation of the root's and the standing foot's velocities
_NEAR = 1.3  # how far a factor may be from a usual one


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


def travel_note(root: Float, ankles: Float) -> str:
    """A sentence where the root travels in another unit than the bones; "" elsewhere."""
    factor = travel_factor(root, ankles)
    if factor is None:
        return ""
    usual = min(FACTORS, key=lambda known: abs(np.log(known / factor)))
    if max(usual / factor, factor / usual) > _NEAR:
        return ""
    return (
        f"The feet slide as if the root travelled in another unit than the bones: by {usual:.4g} times as far they "
        "would stand still."
    )
