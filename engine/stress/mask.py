"""Joints that are not seen: occlusion, spread evenly over frames and joints."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.observation.keypoints import Keypoints2D

_STREAM = 2


def mask_joints(keypoints: Keypoints2D, share: float, seed: int) -> Keypoints2D:
    """Confidence 0 at that share (0 ... 1) of the (frame, joint) entries; 0 returns the keypoints themselves.

    With the same seed a larger share contains the smaller one's entries.
    """
    if share == 0:
        return keypoints
    confidence = keypoints.confidence.copy()
    order = np.random.default_rng([seed, _STREAM]).permutation(confidence.size)
    confidence.flat[order[: round(share * confidence.size)]] = 0.0
    return replace(keypoints, confidence=confidence)
