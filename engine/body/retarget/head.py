"""The head from nose and head top, where these are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.body.retarget.matrices import (
    X,
    about,
    angle_between,
    cross,
    dot,
    frame,
    nearest_rotation,
    rotation_vector,
    swing,
    turn,
    unit,
)
from engine.body.retarget.points import at
from engine.body.retarget.targets import Targets

Float = NDArray[np.float64]

NOD_RAD = np.radians(8.0)
"""By how much a head is nodded against the body's at rest when its line from thorax to head top leans as the body's.

Skeletons of motion capture put the head top further back; measured against the rotations of CMU's rigs.
"""
_FURTHEST, _IMPOSSIBLE = np.radians(100.0), np.radians(140.0)  # of a head against the chest
_FLAT, _CLEAR = 0.06, 0.12  # how far the nose lies off that line, of its length, for the face to be trusted


def place_head(turned: Float, targets: Targets, rest: Float) -> None:
    """Set the global rotation of the head, in place: leant as the line to its top, turned as its nose.

    Where the nose lies on that line, the head is turned as the chest. rest (27, 3): the body's points at rest.
    """
    chest = turned[:, at("spine3")]
    turned[:, at("head")] = chest
    if not targets.has("thorax", "nose", "head top"):
        return
    upright = rest[at("head top")] - rest[at("thorax")]
    up = targets["head top"] - targets["thorax"]
    leant = swing(chest @ upright, up) @ chest
    before = targets["nose"] - (targets["head top"] + targets["thorax"]) / 2
    before = before - dot(before, unit(up)) * unit(up)
    share = np.linalg.norm(before, axis=-1) / np.maximum(np.linalg.norm(up, axis=-1), 1e-9)
    trust = np.clip((share - _FLAT) / (_CLEAR - _FLAT), 0.0, 1.0)[:, None, None]
    faced = frame(cross(-unit(before), up), up) @ frame(X, upright).T
    turned[:, at("head")] = nearest_rotation(trust * faced + (1 - trust) * leant) @ about(X, NOD_RAD)


def place_neck(turned: Float) -> None:
    """Set the global rotation of the neck, in place: half way from the chest to the head.

    A head that is turned further than a neck can is a fault of the file (some are upside down): it faces as the chest.
    """
    chest = turned[:, at("spine3")]
    between = rotation_vector(np.swapaxes(chest, -1, -2) @ turned[:, at("head")])
    angle = angle_between(chest, turned[:, at("head")])[:, None]
    believed = np.clip((_IMPOSSIBLE - angle) / (_IMPOSSIBLE - _FURTHEST), 0.0, 1.0)
    turned[:, at("neck")] = chest @ turn(0.5 * believed * between)
    far = angle[:, 0] > _FURTHEST
    turned[far, at("head")] = chest[far] @ turn((believed * between)[far])
