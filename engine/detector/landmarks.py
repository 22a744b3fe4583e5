"""Keypoints from what MediaPipe's pose networks answer.

Rules and numbers are those of MediaPipe's graph pose_landmarks_by_roi (Apache-2.0).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.detector.regions import Float, Region

SIZE = 256
"""Pixels of the square that the networks look at."""
POINTS = 39
BODY = 33
"""Points of the body; the next two are the mid hip and a point on the circle around the body, for the next picture."""
_HALF = 3
"""Pixels of the heat map to each side that a point is refined from."""
_LEAST = 0.5
"""A point whose heat stays below this everywhere around it is left where it is."""


@dataclass(frozen=True, eq=False)
class Landmarks:
    """One person: xy (39, 2) pixels, confidence (39,) visibility times presence, and whether one is there at all."""

    xy: Float
    confidence: Float
    flag: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """x0 y0 x1 y1 around the body's points."""
        (x0, y0), (x1, y1) = self.xy[:BODY].min(0), self.xy[:BODY].max(0)
        return float(x0), float(y0), float(x1), float(y1)


def sigmoid(logits: NDArray[np.floating]) -> Float:
    return 1 / (1 + np.exp(-np.clip(logits.astype(float), -100, 100)))


def decode(raw: NDArray[np.float32], flag: float, heat: NDArray[np.float32], region: Region) -> Landmarks:
    """Return the landmarks of a region.

    raw     (195,) 39 times x, y (pixels of the network's square), z, and logits of visibility and presence
    flag    whether there is a person, in [0, 1]
    heat    (39, 64, 64) logits of where each point is
    """
    rows = raw.reshape(POINTS, 5)
    places = refined(rows[:, :2].astype(float) / SIZE, heat)
    confidence = sigmoid(rows[:, 3]) * sigmoid(rows[:, 4])
    return Landmarks(region.to_picture(places), confidence, float(flag))


def refined(places: Float, heat: NDArray[np.float32]) -> Float:
    """Move points (J, 2) in (0, 0) to (1, 1) to the mean of their heat (J, H, W) in 7 x 7 pixels, cut at the border.

    A point outside of the square stays, and so does one whose heat stays below 0.5.
    """
    height, width = heat.shape[1:]
    with np.errstate(invalid="ignore"):
        columns, rows = np.trunc(places * (width, height)).T
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    which = np.flatnonzero(inside)
    window = np.arange(-_HALF, _HALF + 1)
    row = rows[which].astype(int)[:, None] + window
    column = columns[which].astype(int)[:, None] + window
    there = ((row >= 0) & (row < height))[:, :, None] & ((column >= 0) & (column < width))[:, None, :]
    row, column = np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)
    weights = sigmoid(heat[which[:, None, None], row[:, :, None], column[:, None, :]]) * there
    total = np.maximum(weights.sum((1, 2)), np.finfo(float).tiny)
    x = (weights.sum(1) * column).sum(1) / total / width
    y = (weights.sum(2) * row).sum(1) / total / height
    hot = weights.max((1, 2), initial=0.0) >= _LEAST
    moved = places.copy()
    moved[which[hot]] = np.stack([x, y], axis=1)[hot]
    return moved
