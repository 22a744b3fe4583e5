"""Metrics as records: the names, unit and order of a figure, and how it is computed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.motion.pose import Joints

Float = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number about a model, as it is shown.

    key     in results, files and cards
    label   for a person; short: over a column
    unit    "" for none; with a slash in front where it follows the name without a gap
    digits  after the point; None for counts
    better  which values are; None where neither are
    tip     in a sentence
    """

    key: str
    label: str
    short: str
    unit: str
    digits: int | None
    better: Literal["lower", "higher"] | None
    tip: str

    @property
    def title(self) -> str:
        """Label and unit: "MPJPE, mm"."""
        return self.label if not self.unit or self.unit.startswith("/") else f"{self.label}, {self.unit}"


@dataclass(frozen=True, eq=False)
class Series:
    """A metric over time.

    times   (T,) seconds, of the frames that were measured
    values  (T - n, J) for a time derivative of order n: row k belongs to frames k ... k + n and ends at frame k + n
    """

    times: Float
    values: Float

    def per_frame(self, joint: int | None = None) -> Float:
        """(T,) mean over joints, or one joint; NaN for the first frames, which a derivative cannot have."""
        missing = len(self.times) - len(self.values)
        return np.concatenate(
            [np.full(missing, np.nan), self.values.mean(1) if joint is None else self.values[:, joint]]
        )

    def per_joint(self) -> Float:
        """(J,) mean over frames; NaN where there are too few."""
        return self.values.mean(0) if len(self.values) else np.full(self.values.shape[1], np.nan)

    def mean(self) -> float:
        """Over frames and joints; NaN where there are too few."""
        return float(self.values.mean()) if self.values.size else float("nan")


@dataclass(frozen=True, kw_only=True)
class Metric(Figure):
    """A figure that is measured on every frame and joint, or on those that it is about.

    needs      the kind of prediction, and of truth; None where it needs no truth
    compute    (prediction, truth) of T frames -> (T - order, J)
    order      of its time derivative: a frame's value comes from it and the `order` frames before
    truth_key  the metric that says the same of the truth, and so is the best value
    """

    needs: tuple[type, type | None]
    compute: Callable[[Any, Any], Float]
    order: int = 0
    truth_key: str = ""

    def applies_to(self, prediction: object, truth: object | None) -> bool:
        kind, truth_kind = self.needs
        return type(prediction) is kind and truth_kind in (None, type(truth))

    def stream(self) -> MetricStream:
        """The one-frame twin."""
        return MetricStream(self)


class MetricStream:
    """A metric one frame at a time, in constant memory: it holds the frames that the next value needs."""

    def __init__(self, metric: Metric) -> None:
        self._metric = metric
        self._recent: deque[tuple[Joints, Joints | None]] = deque(maxlen=metric.order + 1)

    def push(self, prediction: Joints, truth: Joints | None) -> Float | None:
        """Take the next frame, poses of one; give its values (J,), None until enough frames are known."""
        self._recent.append((prediction, truth))
        if len(self._recent) <= self._metric.order:
            return None
        predictions, truths = zip(*self._recent, strict=True)
        known = None if truth is None else _joined(truths)
        return np.asarray(self._metric.compute(_joined(predictions), known)[-1])


def _joined(frames: Sequence[Joints]) -> Joints:
    if len(frames) == 1:
        return frames[0]
    times, positions = (np.concatenate([getattr(frame, name) for frame in frames]) for name in ("times", "positions"))
    return replace(frames[-1], times=times, positions=positions, confidence=None)
