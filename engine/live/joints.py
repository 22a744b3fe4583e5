"""H36M-17 joints of predictions, frame by frame."""

from __future__ import annotations

from engine.body import library
from engine.body.regressed import RegressedJoints
from engine.kinds import as_body, as_joints
from engine.motion.pose import Joints, Pose
from engine.motion.skeleton import H36M_17


class JointsOf:
    """As `engine.kinds.as_joints`, of a body from the few vertices that they are made of."""

    def __init__(self) -> None:
        self._regressed: RegressedJoints | None = None

    def push(self, pose: Pose) -> Joints:
        """The joints of a pose of one frame."""
        body = as_body(pose)
        if body is None or H36M_17.name not in library.body(body.body).regressors:
            return as_joints(pose, H36M_17)
        if self._regressed is None or not self._regressed.fits(body):
            self._regressed = RegressedJoints(body, H36M_17)
        return self._regressed.push(body)
