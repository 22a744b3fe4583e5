"""Figures of recognition: a clip's label, labels over time and confusion counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.motion.pose import ClassScores


@dataclass(frozen=True)
class Span:
    """Frames from `first` to before `last` with one likeliest label; its mean probability over them."""

    first: int
    last: int
    label: int
    probability: float


def label_of(scores: ClassScores) -> int:
    """The label of the largest mean probability over the frames."""
    return int(scores.probabilities.mean(0).argmax())


def spans(scores: ClassScores) -> list[Span]:
    """The labels over time, one span after the other."""
    best = scores.best
    edges = [0, *(np.flatnonzero(np.diff(best)) + 1).tolist(), len(best)]
    return [
        Span(first, last, int(best[first]), float(scores.probabilities[first:last, best[first]].mean()))
        for first, last in pairwise(edges)
        if last > first
    ]


def confusion(true: Sequence[int], found: Sequence[int], classes: int) -> NDArray[np.int64]:
    """(classes, classes) how often each true class, a row, was found to be each class, a column."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (np.asarray(true, int), np.asarray(found, int)), 1)
    return counts
