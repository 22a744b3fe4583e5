"""Person boxes from what MediaPipe's person detector answers: a single-shot detector (SSD) with 2254 anchors.

Rules and numbers are those of MediaPipe's graph pose_detection_cpu (Apache-2.0).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from engine.detector.landmarks import sigmoid
from engine.detector.regions import Float, Region

SIZE = 224
"""Pixels of the square that the network looks at."""
CERTAIN = 0.5
"""Least score of a person."""
_OVERLAP = 0.3
"""Boxes that overlap more than this, as intersection over union, are one person's."""
_GRIDS = ((28, 2), (14, 2), (7, 6))
"""Cells along a side, and anchors in each of them: strides 8, 16 and three times 32."""


@dataclass(frozen=True, eq=False)
class Boxes:
    """People found, the most certain first.

    corners  (N, 4) x0 y0 x1 y1
    points   (N, 4, 2) key points: mid hip, a point on the circle around the whole body, and the same of the upper body
    scores   (N,)
    """

    corners: Float
    points: Float
    scores: Float

    def __len__(self) -> int:
        return len(self.scores)

    def in_picture(self, region: Region) -> Boxes:
        """The same in pixels, of an upright square that was looked at."""
        corners = region.to_picture(self.corners.reshape(-1, 2, 2)).reshape(-1, 4)
        return Boxes(corners, region.to_picture(self.points), self.scores)


@cache
def anchors() -> Float:
    """(2254, 2) centres in the square, (0, 0) to (1, 1): row after row of each grid."""
    found = []
    for cells, each in _GRIDS:
        centres = (np.arange(cells) + 0.5) / cells
        y, x = np.meshgrid(centres, centres, indexing="ij")
        found.append(np.repeat(np.stack([x, y], axis=-1).reshape(-1, 2), each, axis=0))
    return np.concatenate(found)


def decode(raw: NDArray[np.float32], logits: NDArray[np.float32]) -> Boxes:
    """Return boxes whose score is 0.5 or more, in the square, overlapping ones included.

    raw     (2254, 12) centre, size and four points in pixels of the network's square; all but the size from the anchor
    logits  (2254,)
    """
    scores = sigmoid(logits)
    kept = np.flatnonzero(scores >= CERTAIN)
    kept = kept[np.argsort(-scores[kept], kind="stable")]
    pairs = raw[kept].astype(float).reshape(-1, 6, 2) / SIZE  # centre, size, points
    pairs[:, [0, 2, 3, 4, 5]] += anchors()[kept][:, None]
    half = pairs[:, 1] / 2
    corners = np.concatenate([pairs[:, 0] - half, pairs[:, 0] + half], axis=1)
    return Boxes(corners, pairs[:, 2:], scores[kept])


def overlap(box: Float, others: Float) -> Float:
    """Intersection over union of a box (4,) with others (N, 4); 0 where both are empty."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    common = np.prod(np.clip(high - low, 0, None), axis=1)
    area, areas = (
        np.prod(np.clip(box[2:] - box[:2], 0, None)),
        np.prod(np.clip(others[:, 2:] - others[:, :2], 0, None), axis=1),
    )
    union = area + areas - common
    return np.divide(common, union, out=np.zeros(len(others)), where=union > 0)


def one_each(boxes: Boxes) -> Boxes:
    """Average boxes of one person, weighted by their scores ("weighted" non-maximum suppression)."""
    corners, points, scores = [], [], []
    left = np.arange(len(boxes))
    while len(left):
        best = left[0]
        same = overlap(boxes.corners[best], boxes.corners[left]) > _OVERLAP
        same[0] = True
        group = left[same]
        weights = boxes.scores[group] / boxes.scores[group].sum()
        corners.append(weights @ boxes.corners[group])
        points.append(np.tensordot(weights, boxes.points[group], 1))
        scores.append(boxes.scores[best])
        left = left[~same]
    return Boxes(np.reshape(corners, (-1, 4)), np.reshape(points, (-1, 4, 2)), np.array(scores))
