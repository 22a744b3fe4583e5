"""Dropping frames: what a slower camera would have seen."""

from __future__ import annotations

from dataclasses import replace

from engine.observation.keypoints import Keypoints2D


def subsample(keypoints: Keypoints2D, r: int) -> Keypoints2D:
    """The first frame and every r-th after it, each with its own timestamp; r = 1 returns the keypoints themselves."""
    if r == 1:
        return keypoints
    kept = slice(None, None, r)
    return replace(keypoints, times=keypoints.times[kept], xy=keypoints.xy[kept], confidence=keypoints.confidence[kept])
