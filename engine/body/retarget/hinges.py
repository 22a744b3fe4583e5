"""Elbows and knees: a limb's roll from the plane in which it bends, and a memory of it for when it is straight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.body.retarget.matrices import cross, dot, frame, swing, unit
from engine.body.retarget.points import at
from engine.body.retarget.smoothing import Memory

Float = NDArray[np.float64]

MEMORY_S = 0.5
"""Time constant, seconds, of the roll that a straight limb keeps."""
_STRAIGHT, _BENT = 0.12, 0.37  # sine of the bend at which its plane begins to be trusted, and is (7 to 22 degrees)
_PRIOR = 0.02  # weight of the usual roll against one bent frame


@dataclass(frozen=True, eq=False)
class Hinge:
    """A limb of two bones.

    upper, lower, end  SMPL's joints at their starts and at the end
    parent    the joint in whose axes the usual roll is meant
    axis      (3,) about which it bends, in the rest pose
    usual     radians, roll about the upper bone against the least swing from the parent
    """

    upper: int
    lower: int
    end: int
    parent: int
    axis: tuple[float, float, float]
    usual: float = 0.0


def _hinges() -> tuple[Hinge, ...]:
    result = []
    for side, sign in (("left", 1.0), ("right", -1.0)):
        arm, leg = (
            tuple(at(f"{side} {joint}") for joint in joints)
            for joints in (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))
        )
        result += [
            Hinge(*arm, parent=at("spine3"), axis=(0.0, 0.0, -sign)),
            Hinge(*leg, parent=at("pelvis"), axis=(1.0, 0.0, 0.0)),
        ]
    return tuple(result)


HINGES = _hinges()


def bend_limb(hinge: Hinge, joints: Float, parent: Float, offsets: Float, memory: Memory) -> tuple[Float, Float]:
    """Global rotations (T, 3, 3) of the two bones from points (T, 27, 3), and the parent's rotation (T, 3, 3).

    The upper bone points at the lower, rolled so that the plane of the bend is the body's; a straight limb keeps the
    roll that `memory` has of it.
    """
    first = unit(joints[:, hinge.lower] - joints[:, hinge.upper])
    second = unit(joints[:, hinge.end] - joints[:, hinge.lower])
    rest, axis = unit(offsets[hinge.lower]), np.array(hinge.axis)
    least = swing((parent @ rest[:, None])[..., 0], first) @ parent
    level = unit((least @ axis[:, None])[..., 0])  # the axis as the least swing has it
    level = unit(level - dot(level, first) * first)
    across = cross(first, level)
    normal = cross(first, second)
    sine = np.linalg.norm(normal, axis=-1)
    trust = np.clip((sine - _STRAIGHT) / (_BENT - _STRAIGHT), 0.0, 1.0)
    trust = trust**2 * (3 - 2 * trust)
    seen = (dot(normal, level)[..., 0] + 1j * dot(normal, across)[..., 0]) / np.maximum(sine, 1e-9)
    usual = np.exp(1j * hinge.usual)
    kept = memory(trust * seen + _PRIOR * usual)
    kept = kept / np.maximum(np.abs(kept), 1e-9)
    roll = trust * seen + (1 - trust) * kept
    roll = roll / np.maximum(np.abs(roll), 1e-9)
    bent = roll.real[:, None] * level + roll.imag[:, None] * across
    rest_lower = unit(offsets[hinge.end])
    upper = frame(first, bent) @ frame(rest, axis).T
    lower = frame(second, bent) @ frame(rest_lower, axis).T
    return upper, lower
