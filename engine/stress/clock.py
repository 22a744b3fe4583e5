"""A camera whose clock is unsteady: frames are taken a little early or late, and stamped with the true time.

What is seen is what was really there at that time. A model that is told the true gap before each frame can follow it;
one that is told the nominal rate cannot.
"""

from __future__ import annotations

import numpy as np

from engine.observation.keypoints import Keypoints2D

_STREAM = 6


def unsteady_clock(keypoints: Keypoints2D, shift: float, seed: int) -> Keypoints2D:
    """Every frame but the first taken up to `shift` frame periods early or late; 0 returns the keypoints themselves.

    A period is the gap between recorded frames at that place, so that where they came irregularly, too, frames r apart
    stay in order for a shift below r / 2. Between the recorded frames the keypoints are interpolated linearly, and
    nothing is taken after the last one.
    """
    if shift == 0 or len(keypoints) < 2:
        return keypoints
    recorded = np.arange(len(keypoints))
    shifts = np.random.default_rng([seed, _STREAM]).uniform(-1, 1, len(keypoints)) * shift
    shifts[0] = 0.0
    return keypoints.at(np.interp(recorded + shifts, recorded, keypoints.times))
