"""Frames that get lost at random, as over a busy connection."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.observation.keypoints import Keypoints2D

_STREAM = 5


def drop_frames(keypoints: Keypoints2D, share: float, seed: int) -> Keypoints2D:
    """Without that share (0 ... 1) of the frames, never the first; 0 returns the keypoints themselves.

    The others keep their timestamps. With the same seed a larger share drops the smaller one's frames too.
    """
    if share == 0:
        return keypoints
    order = np.random.default_rng([seed, _STREAM]).permutation(len(keypoints) - 1)
    kept = np.concatenate([[0], 1 + np.sort(order[round(share * len(order)) :])])
    return replace(keypoints, times=keypoints.times[kept], xy=keypoints.xy[kept], confidence=keypoints.confidence[kept])
