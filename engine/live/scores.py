"""Figures of a live prediction, frame by frame: of its joints, and of its body."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from engine.kinds import as_body
from engine.live.joints import JointsOf
from engine.live.quality import BoneLengths
from engine.live.truth import LiveTruth
from engine.metrics.catalogue import METRICS
from engine.metrics.online import OnlineMetrics
from engine.motion.pose import ClassScores, Prediction

CHEAP = (*(key for key, metric in METRICS.items() if metric.common), "mpjre_deg")
"""Metrics that cost about a millisecond a frame. Those of the mesh and of the feet cost more than the model."""


class LiveScores:
    """Joints are measured as `engine.experiment.pipeline.score` does, in H36M-17.

    bones  how steady their lengths are
    """

    def __init__(self, metrics: Collection[str] = CHEAP) -> None:
        self._online = OnlineMetrics(metrics)
        self._joints = JointsOf()
        self.bones = BoneLengths()

    def push(self, prediction: Prediction, truth: LiveTruth | None) -> dict[str, float]:
        """A prediction of one frame -> its value of every metric, NaN where it has none; {} of classes."""
        if isinstance(prediction, ClassScores):
            return {}
        joints = self._joints.push(prediction)
        self.bones.push(joints)
        found = self._online.push(joints, None if truth is None else truth.joints)
        body = as_body(prediction)
        if body is not None:
            of_body = self._online.push(body, None if truth is None else truth.body)
            found |= {key: value for key, value in of_body.items() if not METRICS[key].common}
        return found

    def means(self) -> dict[str, float]:
        """As `OnlineMetrics.means`."""
        return self._online.means()


@dataclass(frozen=True)
class PersonFigures:
    """What was measured of one person, or in the mean of several.

    person             the id; None where one is followed, and of the mean
    predictions        so many
    means              of every metric, by key; NaN where it is not known
    bone_length_sd_mm  as `engine.live.quality.BoneLengths.sd_mm`
    """

    person: int | None
    predictions: int
    means: Mapping[str, float]
    bone_length_sd_mm: float


def mean_figures(people: Sequence[PersonFigures]) -> PersonFigures:
    """Over people, each as often as predicted; where something is not known of one, over the others."""
    if len(people) == 1:
        return people[0]
    keys = dict.fromkeys(key for each in people for key in each.means)
    means = {key: _mean([(each.means.get(key, math.nan), each.predictions) for each in people]) for key in keys}
    bones = _mean([(each.bone_length_sd_mm, each.predictions) for each in people])
    return PersonFigures(None, sum(each.predictions for each in people), means, bones)


def _mean(values: Sequence[tuple[float, int]]) -> float:
    """Of values with their weights; NaN of none that is known."""
    known = [(value, weight) for value, weight in values if weight and not math.isnan(value)]
    return sum(v * w for v, w in known) / sum(w for _, w in known) if known else math.nan
