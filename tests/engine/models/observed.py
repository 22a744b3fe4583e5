"""Random keypoints, as a detector might see them."""

from __future__ import annotations

import numpy as np

from engine.motion.skeleton import H36M_17
from engine.observation.keypoints import Keypoints2D


def keypoints(frames: int = 24, *, hidden: float = 0.15, times: np.ndarray | None = None) -> Keypoints2D:
    """A person who drifts over a picture of 1000 x 1000 pixels at 60 Hz (or at `times`), some joints hidden."""
    rng = np.random.default_rng(0)
    confidence = (rng.random((frames, 17)) > hidden).astype(float)
    path = np.cumsum(rng.normal(0, 3, (frames, 17, 2)), 0)
    pose = rng.normal(500, 80, (1, 17, 2))
    times = np.arange(frames) / 60 if times is None else times
    return Keypoints2D("random", times, pose + path, confidence, H36M_17, (1000, 1000))
