"""Hands and feet from positions: towards their ends where these are known, else as they usually are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.body.retarget.matrices import X, Z, about, dot, frame, nearest_rotation, swing
from engine.body.retarget.points import at
from engine.body.retarget.standing import ANKLES, SIDES, TOES
from engine.body.retarget.targets import Targets

Float = NDArray[np.float64]

_LIMBS = (("elbow", "wrist", "hand"), ("knee", "ankle", "foot"))
_PRONATION = np.radians(30.0)
"""Of a hand against its forearm's hinge, where nothing tells it: the trusted rigs' median is 33 degrees."""
_USUAL = np.stack([about(X, _PRONATION), about(X, _PRONATION), np.eye(3), np.eye(3)])
_BEFORE, _JOINT, _END = (np.array([at(f"{side} {limb[k]}") for limb in _LIMBS for side in SIDES]) for k in range(3))


def place_ends(turned: Float, targets: Targets, offsets: Float, standing: Float) -> None:
    """Set the global rotations of wrists, hands, ankles and toes, in place.

    A hand follows its forearm, pronated as usual, and a foot its shin, swung towards the end where that is known. A
    foot whose toe joint is not known lies flat as far as it stands, (T, 2) from 0 to 1.
    """
    turned[:, _JOINT] = turned[:, _BEFORE] @ _USUAL
    _aim(turned, targets, offsets, slice(None))
    if not targets.known[TOES].all():
        across = turned[:, ANKLES][..., 0]
        flat = frame(across - dot(across, Z) * Z, np.broadcast_to(Z, across.shape))
        share = np.where(targets.known[TOES], 0.0, standing)[..., None, None]
        turned[:, ANKLES] = nearest_rotation(share * flat + (1 - share) * turned[:, ANKLES])
    turned[:, _END] = turned[:, _JOINT]


def aim_hands(turned: Float, targets: Targets, offsets: Float) -> None:
    """Swing the wrists, in place, until the hands point at their targets, as far as these are known."""
    _aim(turned, targets, offsets, slice(2))
    turned[:, _END[:2]] = turned[:, _JOINT[:2]]


def _aim(turned: Float, targets: Targets, offsets: Float, which: slice) -> None:
    known = targets.known[_END[which]]
    if known.any():
        joint, end = _JOINT[which][known], _END[which][known]
        carried = turned[:, joint]
        aim = targets.points[:, end] - targets.points[:, joint]
        turned[:, joint] = swing((carried @ offsets[end][..., None])[..., 0], aim) @ carried
