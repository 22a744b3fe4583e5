"""Figures of a live prediction, frame by frame: of its joints, and of its body."""

from __future__ import annotations

from collections.abc import Collection

from engine.body import library
from engine.body.regressed import RegressedJoints
from engine.kinds import as_body, as_joints
from engine.live.truth import LiveTruth
from engine.metrics.catalogue import METRICS
from engine.metrics.online import OnlineMetrics
from engine.motion.pose import ClassScores, Joints, Pose, Prediction
from engine.motion.skeleton import H36M_17

CHEAP = (*(key for key, metric in METRICS.items() if metric.common), "mpjre_deg")
"""Metrics that cost about a millisecond a frame. Those of the mesh and of the feet cost more than the model."""


class LiveScores:
    """Joints are measured as `engine.experiment.pipeline.score` does, in H36M-17."""

    def __init__(self, metrics: Collection[str] = CHEAP) -> None:
        self._online = OnlineMetrics(metrics)
        self._regressed: RegressedJoints | None = None

    def push(self, prediction: Prediction, truth: LiveTruth | None) -> dict[str, float]:
        """A prediction of one frame -> its value of every metric, NaN where it has none; {} of classes."""
        if isinstance(prediction, ClassScores):
            return {}
        found = self._online.push(self._joints(prediction), None if truth is None else truth.joints)
        body = as_body(prediction)
        if body is not None:
            of_body = self._online.push(body, None if truth is None else truth.body)
            found |= {key: value for key, value in of_body.items() if not METRICS[key].common}
        return found

    def means(self) -> dict[str, float]:
        """As `OnlineMetrics.means`."""
        return self._online.means()

    def _joints(self, pose: Pose) -> Joints:
        body = as_body(pose)
        if body is None or H36M_17.name not in library.body(body.body).regressors:
            return as_joints(pose, H36M_17)
        if self._regressed is None or not self._regressed.fits(body):
            self._regressed = RegressedJoints(body, H36M_17)
        return self._regressed.push(body)
