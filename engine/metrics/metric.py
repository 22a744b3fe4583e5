"""Metrics as records: the names, unit and order of a figure, and how it is computed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.motion.pose import BodyPose, Joints, Pose

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
    partial whether NaN says that the metric is not about that frame and joint, which then does not count
    """

    times: Float
    values: Float
    partial: bool = False

    def per_frame(self, joint: int | None = None) -> Float:
        """(T,) mean over joints, or one joint; NaN for the first frames, which a derivative cannot have."""
        missing = len(self.times) - len(self.values)
        return np.concatenate([np.full(missing, np.nan), self._means if joint is None else self.values[:, joint]])

    @cached_property
    def _means(self) -> Float:
        """(T - n,) over joints; the window asks for them with every picture that it plays."""
        return self._mean(1)

    def per_joint(self) -> Float:
        """(J,) mean over frames; NaN where there are too few."""
        return self._mean(0) if len(self.values) else np.full(self.values.shape[1], np.nan)

    def mean(self) -> float:
        """Over frames and joints; NaN where there are too few."""
        return float(self._mean(None)) if self.values.size else float("nan")

    def _mean(self, axis: int | None) -> Float:
        if not self.partial:
            return np.asarray(self.values.mean(axis, dtype=np.float64))
        counted = (~np.isnan(self.values)).sum(axis)
        total = np.nansum(self.values, axis, dtype=np.float64)
        return np.asarray(np.where(counted > 0, total / np.maximum(counted, 1), np.nan))


@dataclass(frozen=True, kw_only=True)
class Metric(Figure):
    """A figure that is measured on every frame and joint, or on those that it is about.

    needs      the kind of prediction, and of truth; None where it needs no truth
    compute    (prediction, truth) of T frames -> (T - order, J)
    order      of its time derivative: a frame's value comes from it and the `order` frames before
    truth_key  the metric that says the same of the truth, and so is the best value
    when       what else must be so of prediction and truth
    partial    whether values may be NaN: of frames and joints that the metric is not about
    """

    needs: tuple[type, type | None]
    compute: Callable[[Any, Any], Float]
    order: int = 0
    truth_key: str = ""
    when: Callable[[Any, Any], bool] = lambda prediction, truth: True
    partial: bool = False

    @property
    def common(self) -> bool:
        """Whether every table lists it: every pose gives joints, only some give more."""
        return self.needs[0] is Joints

    def applies_to(self, prediction: object, truth: object | None) -> bool:
        kind, truth_kind = self.needs
        fits = type(prediction) is kind and truth_kind in (None, type(truth))
        return fits and self.when(prediction, truth)

    def measure(self, prediction: Pose, truth: Pose | None) -> Series:
        """The series of poses that it applies to."""
        return Series(prediction.times, self.compute(prediction, truth), self.partial)

    def stream(self) -> MetricStream:
        """The one-frame twin."""
        return MetricStream(self)


class MetricStream:
    """A metric one frame at a time, in constant memory: it holds the frames that the next value needs."""

    def __init__(self, metric: Metric) -> None:
        self._metric = metric
        self._recent: deque[tuple[Pose, Pose | None]] = deque(maxlen=metric.order + 1)

    def push(self, prediction: Pose, truth: Pose | None) -> Float | None:
        """Take the next frame, poses of one; give its values (J,), None until enough frames are known."""
        self._recent.append((prediction, truth))
        if len(self._recent) <= self._metric.order:
            return None
        predictions = [of for of, _ in self._recent]
        truths = [known for _, known in self._recent if known is not None]
        known = _joined(truths) if len(truths) == len(predictions) else None
        return np.asarray(self._metric.compute(_joined(predictions), known)[-1])


def _joined(frames: Sequence[Pose]) -> Pose:
    last = frames[-1]
    if len(frames) == 1:
        return last
    names = ("times", "rotations", "root") if isinstance(last, BodyPose) else ("times", "positions")
    joined: dict[str, Any] = {name: np.concatenate([getattr(frame, name) for frame in frames])
                              for name in names if getattr(last, name) is not None}  # fmt: skip
    return replace(last, **joined) if isinstance(last, BodyPose) else replace(last, **joined, confidence=None)
