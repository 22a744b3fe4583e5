"""A camera whose clock is unsteady: frames are taken a little early or late, and stamped with the true time.

What is seen is what was really there at that time. A model that is told the true gap before each frame can follow it;
one that is told the nominal rate cannot.
"""

from __future__ import annotations

import numpy as np

from engine.motion.clip import Keypoints2D
from engine.motion.interpolation import at_times

_STREAM = 6


def unsteady_clock(keypoints: Keypoints2D, shift: float, seed: int) -> Keypoints2D:
    """Every frame but the first taken up to `shift` frame periods early or late; 0 returns the keypoints themselves.

    The period is the median one. Between the recorded frames the keypoints are interpolated linearly, and nothing is
    taken after the last one. Frames stay in order below a shift of one half.
    """
    if shift == 0 or len(keypoints) < 2:
        return keypoints
    period = np.median(np.diff(keypoints.times))
    shifts = np.random.default_rng([seed, _STREAM]).uniform(-1, 1, len(keypoints)) * shift * period
    shifts[0] = 0.0
    return at_times(keypoints, np.minimum(keypoints.times + shifts, keypoints.times[-1]))
