"""Elbows and knees: a limb's roll from the plane in which it bends, and a memory of it for when it is straight."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.body.retarget.matrices import cross, dot, frame, swing, unit
from engine.body.retarget.points import at
from engine.body.retarget.smoothing import Memory
from engine.body.retarget.standing import SIDES
from engine.body.retarget.targets import Targets

Float = NDArray[np.float64]

MEMORY_S = 0.5
"""Time constant, seconds, of the roll that a straight limb keeps."""
_STRAIGHT, _BENT = 0.12, 0.37  # sine of the bend at which its plane begins to be trusted, and is (7 to 22 degrees)
_PRIOR = 0.02  # weight of the usual roll, none against the least swing, beside one bent frame

_LIMBS = (("spine3", "shoulder", "elbow", "wrist"), ("pelvis", "hip", "knee", "ankle"))
_PARENT, _UPPER, _LOWER, _END = (
    np.array([at(limb[k] if k == 0 else f"{side} {limb[k]}") for limb in _LIMBS for side in SIDES]) for k in range(4)
)
_AXES = np.array([[0.0, 0.0, -1.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
"""About what arms and legs bend in the rest pose: forearms forward, shins backward."""


def place_limbs(turned: Float, targets: Targets, offsets: Float, memory: Memory) -> None:
    """Set the global rotations of shoulders, elbows, hips and knees, in place; chest and pelvis are there.

    A limb's upper bone points at the lower, rolled so that the plane of the bend is the body's; a straight limb keeps
    the roll that `memory` has of it, against the least swing from chest or pelvis.
    """
    points = targets.points
    bones = unit(np.stack([points[:, _LOWER] - points[:, _UPPER], points[:, _END] - points[:, _LOWER]]))
    first, second = bones
    rest = unit(np.stack([offsets[_LOWER], offsets[_END]]))
    parent = turned[:, _PARENT]
    usual = swing((parent @ rest[0][..., None])[..., 0], first) @ (parent @ _AXES[..., None])
    level = usual[..., 0]
    level = unit(level - dot(level, first) * first)
    across = cross(first, level)
    normal = cross(first, second)
    sine = np.sqrt(dot(normal, normal)[..., 0])
    trust = np.clip((sine - _STRAIGHT) / (_BENT - _STRAIGHT), 0.0, 1.0)
    trust = trust**2 * (3 - 2 * trust)
    seen = (dot(normal, level)[..., 0] + 1j * dot(normal, across)[..., 0]) / np.maximum(sine, 1e-9)
    roll = trust * seen + (1 - trust) * _direction(
        memory(np.asarray(trust * seen + _PRIOR, np.complex128), targets.times)
    )
    roll = _direction(roll)[..., None]
    axis = np.stack([roll.real * level + roll.imag * across] * 2)
    own = frame(rest, np.stack([_AXES] * 2))
    found = frame(bones, axis) @ own.swapaxes(-1, -2)[:, None]
    turned[:, _UPPER], turned[:, _LOWER] = found


def _direction(z: NDArray[np.complex128]) -> NDArray[np.complex128]:
    return np.asarray(z / np.maximum(np.abs(z), 1e-9))
