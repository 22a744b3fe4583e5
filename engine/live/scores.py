"""Figures of a live prediction, frame by frame: of its joints, and of its body."""

from __future__ import annotations

from collections.abc import Collection

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
