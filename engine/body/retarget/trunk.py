"""Pelvis, spine and collars from the joints of hips, shoulders and neck."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.body.retarget.matrices import X, Z, about, dot, frame, rotation_vector, swing, turn, unit
from engine.body.retarget.points import at, positions_of
from engine.body.retarget.targets import Targets

Float = NDArray[np.float64]

_SPINE, _SHARES = np.array([at(f"spine{k}") for k in (1, 2, 3)]), np.array([1 / 3, 2 / 3, 1.0])
_COLLARS = np.array([at("left collar"), at("right collar")])
_SHOULDERS = np.array([at("left shoulder"), at("right shoulder")])
# How far a pelvis is pitched back against the line from hips to neck: a least-squares fit to the trusted rigs of the
# train split, where it halves the spread (13 to 6 degrees). It leans back with raised thighs and follows the mid
# torso's bend.
_BACK, _PER_THIGH, _PER_BEND = np.radians(3.0), 0.33, 0.8
_MOST = np.radians(60.0)


def place_trunk(turned: Float, targets: Targets, offsets: Float, rest: Float, bend: float) -> None:
    """Set the global rotations of pelvis, spine and collars, in place.

    offsets, rest (27, 3): the person's offsets and points at rest; bend: the mid torso's usual, radians
    """
    middle = middle_of(targets["left hip"], targets["right hip"])
    up = targets[targets.neck] - middle
    pelvis = frame(targets["left hip"] - targets["right hip"], up)
    lean = swing(rest[at(targets.neck)] - middle_of(rest[at("left hip")], rest[at("right hip")]), Z)
    chest = frame(targets["left shoulder"] - targets["right shoulder"], up) @ lean
    pelvis = pelvis @ about(X, _pitch(pelvis, targets, middle, bend))
    turned[:, at("pelvis")] = pelvis
    between = rotation_vector(np.swapaxes(pelvis, -1, -2) @ chest)
    turned[:, _SPINE] = pelvis[:, None] @ turn(_SHARES[:, None] * between[:, None])
    turned[:, _COLLARS] = chest[:, None]
    starts = positions_of(turned, root_at_hips(turned, targets, offsets), offsets)[:, _COLLARS]
    aim = targets.points[:, _SHOULDERS] - starts
    turned[:, _COLLARS] = swing((chest[:, None] @ offsets[_SHOULDERS][..., None])[..., 0], aim) @ chest[:, None]


def root_at_hips(turned: Float, targets: Targets, offsets: Float) -> Float:
    """The root's place (T, 3) metres that brings the middle of the hips to its target."""
    own = middle_of(offsets[at("left hip")], offsets[at("right hip")])
    return np.asarray(middle_of(targets["left hip"], targets["right hip"]) - turned[:, at("pelvis")] @ own)


def torso_bend(targets: Targets) -> Float:
    """(T,) radians by which mid torso lies before the line from hips to neck."""
    middle = middle_of(targets["left hip"], targets["right hip"])
    upright = frame(targets["left hip"] - targets["right hip"], targets[targets.neck] - middle)
    return _forward(upright, targets["spine2"] - middle)


def middle_of(a: Float, b: Float) -> Float:
    return np.asarray((a + b) / 2)


def _pitch(upright: Float, targets: Targets, middle: Float, bend: float) -> Float:
    """(T,) radians by which the pelvis is pitched forward against the frame (T, 3, 3) of hips and neck."""
    knees = middle_of(targets["left knee"], targets["right knee"])
    thigh = _forward(upright, middle - knees)
    bent = _forward(upright, targets["spine2"] - middle) - bend
    return np.clip(_PER_BEND * bent - _BACK + _PER_THIGH * thigh, -_MOST, _MOST)


def _forward(upright: Float, v: Float) -> Float:
    """(T,) the angle, radians, of vectors (T, 3) before the frames' third axis, in the sagittal plane."""
    y, z = (dot(upright[..., k], unit(v))[..., 0] for k in (1, 2))
    return np.arctan2(-y, z)
