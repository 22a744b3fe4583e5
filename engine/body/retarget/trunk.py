"""Pelvis, spine and collars from the joints of hips, shoulders and neck."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.body.retarget.matrices import X, Z, about, dot, frame, swing, turn, unit
from engine.body.retarget.points import at, positions_of
from engine.body.retarget.targets import Targets
from engine.motion.rotations import matrix_to_quat, quat_to_axis_angle

Float = NDArray[np.float64]

_SPINE = (("spine1", 1 / 3), ("spine2", 2 / 3), ("spine3", 1.0))
# How far a pelvis is pitched against the line from hips to neck: measured on the trusted rigs of the train split, where
# it halves the spread (13 to 5 degrees). It lags behind a bent trunk, leans back with raised thighs, and follows the
# mid torso's bend.
_LAG, _PER_THIGH, _USUAL_THIGH, _PER_BEND = np.radians(8.0), 0.25, np.radians(15.0), 1.6
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
    between = quat_to_axis_angle(matrix_to_quat(np.swapaxes(pelvis, -1, -2) @ chest))
    for name, share in _SPINE:
        turned[:, at(name)] = pelvis @ turn(share * between)
    for side in ("left", "right"):
        turned[:, at(f"{side} collar")] = chest
    starts = positions_of(turned, root_at_hips(turned, targets, offsets), offsets)
    for side in ("left", "right"):
        aim = targets[f"{side} shoulder"] - starts[:, at(f"{side} collar")]
        turned[:, at(f"{side} collar")] = swing(chest @ offsets[at(f"{side} shoulder")], aim) @ chest


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
    return np.clip(_PER_BEND * bent - _LAG + _PER_THIGH * (thigh + _USUAL_THIGH), -_MOST, _MOST)


def _forward(upright: Float, v: Float) -> Float:
    """(T,) the angle, radians, of vectors (T, 3) before the frames' third axis, in the sagittal plane."""
    y, z = (dot(upright[..., k], unit(v))[..., 0] for k in (1, 2))
    return np.arctan2(-y, z)
