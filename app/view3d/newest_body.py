"""A body of which only the newest pose is known. No Qt and no vispy."""

from __future__ import annotations

import numpy as np

from engine.body import library
from engine.body.posed import PosedBody
from engine.motion.pose import BodyPose


class NewestBody(PosedBody):
    """Shows one frame at a time, in the shape and size of the first; an item of it answers with it for any moment."""

    def __init__(self, pose: BodyPose) -> None:
        super().__init__(library.body(pose.body), pose)

    def fits(self, pose: BodyPose) -> bool:
        """Whether a pose is of the same body in the same shape."""
        return pose.body == self.pose.body and np.array_equal(pose.shape, self.pose.shape)
