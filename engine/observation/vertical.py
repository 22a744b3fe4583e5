"""The vertical of a camera that nobody calibrated, from people who stand upright before it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.motion.skeleton import H36M_17
from engine.motion.stature import bone_chain_length

Float = NDArray[np.float64]

LEVEL: Float = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""World -> camera axes of a level camera that looks along +Y, at a person who faces it."""
LEVEL_UP: Float = LEVEL[:, 2]
STRAIGHT = 0.8, 0.9
"""Head to ankles, as a share of the bones between them: people sit or squat below the first, walk above the second."""
STEEPEST_DEG = 60.0
"""Who is straight, and farther from the picture's vertical, lies."""

_ANKLES = [H36M_17.index(f"{side} ankle") for side in ("left", "right")]
_THORAX, _HEAD = H36M_17.index("thorax"), H36M_17.index("head top")


def standing(positions: Float) -> tuple[Float, Float]:
    """Poses (T, 17, 3) in camera axes -> from ankles to thorax, unit (T, 3), and how upright it is, (T,) in [0, 1]."""
    feet = positions[:, _ANKLES].mean(1)
    up = positions[:, _THORAX] - feet
    up = up / np.maximum(np.linalg.norm(up, axis=-1, keepdims=True), 1e-9)
    chain = np.maximum(bone_chain_length(positions), 1e-9)
    share = np.linalg.norm(positions[:, _HEAD] - feet, axis=-1) / chain
    upright = np.clip((share - STRAIGHT[0]) / (STRAIGHT[1] - STRAIGHT[0]), 0.0, 1.0)
    return up, np.where(up @ LEVEL_UP > np.cos(np.radians(STEEPEST_DEG)), upright, 0.0)


def turn_of(up: Float) -> Float:
    """The vertical (..., 3) in camera axes -> turns (..., 3, 3) to a world in which the camera looks along +Y."""
    z = up / np.linalg.norm(up, axis=-1, keepdims=True)
    y = np.array([0.0, 0.0, 1.0]) - z[..., 2:] * z
    y = y / np.linalg.norm(y, axis=-1, keepdims=True)
    return np.stack([np.cross(y, z), y, z], axis=-2)


def up_of(pitch: Float, roll: Float) -> Float:
    """The vertical (..., 3) in the axes of a camera that looks down by `pitch`, turned clockwise by `roll`, radians."""
    level = np.cos(pitch)
    return np.stack([-np.sin(roll) * level, -np.cos(roll) * level, -np.sin(pitch)], axis=-1)


def pitch_and_roll(up: Float) -> tuple[Float, Float]:
    """What `up_of` takes, from the vertical (..., 3): radians."""
    up = up / np.linalg.norm(up, axis=-1, keepdims=True)
    return np.arcsin(np.clip(-up[..., 2], -1.0, 1.0)), np.arctan2(-up[..., 0], -up[..., 1])
