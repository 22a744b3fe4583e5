"""How far a person's shoulders and hips are turned to the camera, and whether anybody could have turned so fast."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from engine.motion.skeleton import H36M_17

Float = NDArray[np.float64]

TURN, SLACK = np.radians(300.0), np.radians(20.0)
"""Radians a second that people turn at most, and by which an angle may be wrong."""
SPAN_S = 0.5
"""How far angles are looked back on."""
PAIRS = np.array([[H36M_17.index(f"{side} {joint}") for side in ("left", "right")] for joint in ("shoulder", "hip")])
WIDTHS = np.array([0.2, 0.1])
"""In sizes of the person: shoulders, and hips, that are seen from the front; those that are seen to be wider are."""
WIDEST, NARROWER_S = 1.5, 10.0
"""Times that, at most; and the seconds after which it is forgotten."""
LEAST_TRUNK = 0.1
"""In sizes: of a shorter trunk the direction says nothing, and upright is taken."""
UP = np.array([0.0, -1.0])


class Facing:
    """Angles of shoulders and hips, frame by frame: 0 from the front, π from behind; NaN where they are not seen."""

    def __init__(self) -> None:
        self._widths = WIDTHS
        self._frames: deque[tuple[float, Float]] = deque()

    def angles(self, xy: Float, seen: NDArray[np.bool_], size: float, time: float) -> Float:
        """(2,) of a frame's H36M-17 keypoints (17, 2), as they are named."""
        (left, right), trunk = xy[PAIRS].swapaxes(0, 1), xy[PAIRS].mean(1)
        along = trunk[0] - trunk[1]
        length = float(np.linalg.norm(along))
        x, y = along / length if length > LEAST_TRUNK * size else UP
        width = (left - right) @ np.array([-y, x]) / size
        width = np.where(seen[PAIRS].all(1), width, np.nan)
        gap = time - self._frames[-1][0] if self._frames else 0.0
        wider = np.minimum(np.nan_to_num(np.abs(width)), WIDEST * WIDTHS)
        self._widths = np.maximum(np.maximum(WIDTHS, self._widths * np.exp(-gap / NARROWER_S)), wider)
        return np.asarray(np.arccos(np.clip(width / self._widths, -1.0, 1.0)))

    def too_fast(self, angles: Float, time: float) -> Float:
        """(2,) radians beyond what people turn, in the mean of the latest frames; 0 where nothing is known."""
        if not self._frames:
            return np.zeros(2)
        times, before = (np.array(each) for each in zip(*self._frames, strict=True))
        beyond = np.abs(angles - before) - SLACK - TURN * (time - times)[:, None]
        return np.asarray(np.nan_to_num(np.maximum(beyond, 0.0)).mean(0))

    def push(self, angles: Float, time: float) -> None:
        """The next frame's, put right."""
        self._frames.append((time, angles))
        while time - self._frames[0][0] > SPAN_S:
            self._frames.popleft()

    def turn_over(self, pair: int) -> None:
        """Take what was seen of the shoulders (0) or the hips (1) for the other side."""
        for _, angles in self._frames:
            angles[pair] = np.pi - angles[pair]
