"""Inverse kinematics of two bones: an arm that reaches for a place, its elbow as near as can be to where it was."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

NEARLY = 1e-9


def reach(shoulder: Float, elbow: Float, wrist: Float, target: Float) -> tuple[Float, Float]:
    """Elbow and wrist (..., 3), metres, of the same two bones with the wrist at the target or in its direction.

    The elbow lies on the circle where both bones' spheres meet, at the place that is nearest to the given elbow. A
    target that is too far or too near for the bones is reached for along the same line.
    """
    upper, lower = _length(elbow - shoulder), _length(wrist - elbow)
    distance = _length(target - shoulder)
    far = distance > NEARLY
    toward = np.where(far, target - shoulder, wrist - shoulder) / np.where(far, distance, _length(wrist - shoulder))
    distance = np.clip(distance, np.abs(upper - lower), upper + lower)
    along = (upper**2 + distance**2 - lower**2) / (2 * np.maximum(distance, NEARLY))
    along = np.clip(along, -upper, upper)
    beside = np.sqrt(upper**2 - along**2)
    bent = _across(elbow - shoulder, toward)
    new_elbow = shoulder + along * toward + beside * bent
    return new_elbow, shoulder + distance * toward


def arc(start: Float, end: Float) -> Float:
    """The shortest rotation that turns directions start (..., 3) into end (..., 3), quaternions (..., 4) wxyz."""
    a, b = start / _length(start), end / _length(end)
    half = a + b
    length = _length(half)
    opposite = length < NEARLY
    half = np.where(opposite, _any_across(a), half / np.where(opposite, 1.0, length))
    return np.concatenate([np.sum(a * half, -1, keepdims=True), np.cross(a, half)], axis=-1)


def _across(vector: Float, axis: Float) -> Float:
    """The unit direction of a vector's part across a unit axis; any across it where the vector has none."""
    part = vector - np.sum(vector * axis, -1, keepdims=True) * axis
    length = _length(part)
    none = length < NEARLY
    return np.where(none, _any_across(axis), part / np.where(none, 1.0, length))


def _any_across(axis: Float) -> Float:
    least = np.eye(3)[np.argmin(np.abs(axis), axis=-1)]
    across = np.cross(axis, least)
    return np.asarray(across / _length(across))


def _length(vector: Float) -> Float:
    return np.asarray(np.linalg.norm(vector, axis=-1, keepdims=True))
