"""People from the answers of own files; pure functions, in pixels of what the network looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.detector.boxes import overlap
from engine.detector.regions import Float

_CERTAIN = 0.3
"""Least score of a person."""
_OVERLAP = 0.65
"""Boxes that overlap more, as intersection over union, are one person's."""
_MOST = 300
"""Candidates that are compared with each other, the most certain ones."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """People: boxes (N, 4) x0 y0 x1 y1, scores (N,), xy (N, K, 2), confidence (N, K) in [0, 1]."""

    boxes: Float
    scores: Float
    xy: Float
    confidence: Float

    def take(self, which: NDArray[np.intp]) -> Candidates:
        return Candidates(self.boxes[which], self.scores[which], self.xy[which], self.confidence[which])


def simcc(x: NDArray[Any], y: NDArray[Any], width: int, height: int) -> tuple[Float, Float]:
    """Return places (K, 2) and confidence (K,) of one person, from bins along both axes.

    x, y  (K, bins): as many bins a pixel along both; the confidence is the lower of the two maxima
    Source: Li et al., SimCC, ECCV 2022; Jiang et al., RTMPose, 2023.
    """
    places = np.stack([x.argmax(1) * width / x.shape[1], y.argmax(1) * height / y.shape[1]], axis=1)
    return places, np.clip(np.minimum(x.max(1), y.max(1)).astype(float), 0, 1)


def rtmo(boxes: NDArray[Any], people: NDArray[Any]) -> Candidates:
    """People of boxes (N, 5) with scores and points (N, K, 3) with confidences. Source: Lu et al., RTMO, CVPR 2024."""
    boxes, people = boxes.astype(float), people.astype(float)
    return _candidates(boxes[:, :4], boxes[:, 4], people)


def yolo(answer: NDArray[Any]) -> Candidates:
    """People of candidates (N, 5 + 3 K): centre, size, score, points and confidences. Source: Ultralytics."""
    answer = answer.astype(float)
    centre, half = answer[:, :2], answer[:, 2:4] / 2
    boxes = np.concatenate([centre - half, centre + half], axis=1)
    return _candidates(boxes, answer[:, 4], _points(answer[:, 5:]))


def yolo_one_each(answer: NDArray[Any]) -> Candidates:
    """People of (N, 6 + 3 K): x0 y0 x1 y1, score, class, points with confidences."""
    answer = answer.astype(float)
    return _candidates(answer[:, :4], answer[:, 4], _points(answer[:, 6:]))


def _points(rows: Float) -> Float:
    """(N, K, 3) of (N, 3 K)."""
    return rows.reshape(len(rows), rows.shape[1] // 3, 3)


def _candidates(boxes: Float, scores: Float, points: Float) -> Candidates:
    """Those that are certain and finite, the most certain first, one a person."""
    with np.errstate(invalid="ignore"):
        sound = np.isfinite(boxes).all(1) & np.isfinite(points).all((1, 2)) & (scores >= _CERTAIN)
    order = np.flatnonzero(sound)
    order = order[np.argsort(-scores[order], kind="stable")][:_MOST]
    found = Candidates(
        boxes[order], np.clip(scores[order], 0, 1), points[order, :, :2], np.clip(points[order, :, 2], 0, 1)
    )
    return found.take(_one_each(found.boxes))


def _one_each(boxes: Float) -> NDArray[np.intp]:
    """Which boxes, best first, are left when those that overlap a better one go."""
    kept: list[int] = []
    left = np.arange(len(boxes))
    while len(left):
        kept.append(int(left[0]))
        left = left[1:][overlap(boxes[left[0]], boxes[left[1:]]) <= _OVERLAP]
    return np.array(kept, int)
