"""Pixel noise, as a 2D detector's uncertainty."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.observation.keypoints import Keypoints2D

_STREAM = 1  # its own random stream: switching the mask on does not change the noise


def add_noise(keypoints: Keypoints2D, sigma_px: float, seed: int) -> Keypoints2D:
    """Independent Gaussian noise of `sigma_px` on x and y; 0 returns the keypoints themselves.

    The same seed gives the same noise at any level, only larger or smaller.
    """
    if sigma_px == 0:
        return keypoints
    noise = np.random.default_rng([seed, _STREAM]).standard_normal(keypoints.xy.shape)
    return replace(keypoints, xy=keypoints.xy + sigma_px * noise)
