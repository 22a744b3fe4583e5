"""Whole limbs that are not seen for a while: a person behind a chair, or turned away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.observation.keypoints import Keypoints2D

STRETCH_S = 1.0
"""How long a limb stays hidden, seconds; stretches can follow each other."""

LIMBS = ((2, 3), (5, 6), (12, 13), (15, 16))
"""H36M-17: knee and ankle of each leg, elbow and wrist of each arm."""

_STREAM = 3


def hide_limbs(keypoints: Keypoints2D, share: float, seed: int) -> Keypoints2D:
    """Confidence 0 at whole limbs during that share (0 ... 1) of their time; 0 returns the keypoints themselves.

    H36M-17. Time is cut into stretches, at other moments for each limb. With the same seed a larger share contains the
    smaller one's stretches, and a frame is hidden or not whatever the frame rate.
    """
    if share == 0:
        return keypoints
    rng = np.random.default_rng([seed, _STREAM])
    since = (keypoints.times - keypoints.times[0])[:, None] / STRETCH_S
    stretch = (since + rng.random(len(LIMBS))).astype(int)  # (T, limb)
    held, stretch = np.unique(stretch, return_inverse=True)  # none where there are no frames, however long the gap
    order = rng.permutation(len(LIMBS) * len(held)).reshape(-1, len(LIMBS))
    hidden = np.take_along_axis(order, stretch, 0) < round(share * order.size)
    confidence = keypoints.confidence.copy()
    for limb, joints in enumerate(LIMBS):
        confidence[:, list(joints)] *= ~hidden[:, [limb]]
    return replace(keypoints, confidence=confidence)
