"""Hands and feet from positions: towards their ends where these are known, else as they usually are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from engine.body.retarget.matrices import Z, dot, frame, nearest_rotation, swing, unit
from engine.body.retarget.points import at
from engine.body.retarget.targets import Targets

Float = NDArray[np.float64]

SIDES = ("left", "right")


def place_hands(turned: Float, targets: Targets, offsets: Float) -> None:
    """Set the wrists' and hands' global rotations: the forearm's, swung towards the hand where that is known."""
    for side in SIDES:
        _follow(turned, targets, offsets, f"{side} elbow", f"{side} wrist", f"{side} hand")


def place_feet(turned: Float, targets: Targets, offsets: Float, standing: Mapping[str, Float]) -> None:
    """Set the ankles' and toes' global rotations: the shin's, swung towards the toe joint where that is known.

    standing  (T,) a side, from 0 to 1: how much a foot without a known toe joint lies flat on the ground
    """
    for side in SIDES:
        _follow(turned, targets, offsets, f"{side} knee", f"{side} ankle", f"{side} foot")
        if targets.has(f"{side} foot"):
            continue
        ankle, toe = at(f"{side} ankle"), at(f"{side} foot")
        share = standing[side][:, None, None]
        across = turned[:, ankle, :, 0]
        flat = frame(unit(across - dot(across, Z) * Z), Z)
        turned[:, ankle] = turned[:, toe] = nearest_rotation(share * flat + (1 - share) * turned[:, ankle])


def _follow(turned: Float, targets: Targets, offsets: Float, before: str, joint: str, end: str) -> None:
    j, k = at(joint), at(end)
    carried = turned[:, at(before)]
    if targets.has(joint, end):
        carried = swing(carried @ offsets[k], targets[end] - targets[joint]) @ carried
    turned[:, j] = turned[:, k] = carried
