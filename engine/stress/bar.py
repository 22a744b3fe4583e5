"""A bar that sweeps over the picture, to and fro, and hides the joints beneath it."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.observation.keypoints import Keypoints2D

Direction = Literal["upright", "level"]
"""An upright bar moves sideways, a level one up and down."""

SWEEP_S = 2.0
"""From one edge of the picture to the other, seconds."""

_STREAM = 4


def hide_behind_bar(keypoints: Keypoints2D, width: float, direction: Direction, seed: int) -> Keypoints2D:
    """Confidence 0 at the joints beneath the bar, whose width is a share (0 ... 1) of the picture's side.

    0 returns the keypoints themselves. With the same seed the bar starts at the same place at any width.
    """
    if width == 0:
        return keypoints
    axis = 0 if direction == "upright" else 1
    place = keypoints.xy[..., axis] / keypoints.image_size[axis]
    beneath = np.abs(place - bar_centre(keypoints.times, seed)[:, None]) < width / 2
    return replace(keypoints, confidence=np.where(beneath, 0.0, keypoints.confidence))


def bar_centre(times: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """(T,) where the bar's middle is: 0 at the picture's left or upper edge, 1 at the other one."""
    start = np.random.default_rng([seed, _STREAM]).uniform(0, 2)
    return np.asarray(np.abs((times / SWEEP_S + start) % 2 - 1))
