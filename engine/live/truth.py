"""The truth behind a live feed, where somebody knows it: a clip's person, at the times of whoever sends it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.kinds import as_body, as_joints
from engine.motion.pose import BodyPose, Frames, Joints, Pose
from engine.motion.skeleton import H36M_17

Float = NDArray[np.float64]

APART_S = 1e-6
"""How far beyond the ends a time may be: a sender's times have 32 bits."""


@dataclass(frozen=True, eq=False)
class LiveTruth:
    """Joints in H36M-17, and the body where one is known, on the same clock."""

    joints: Joints
    body: BodyPose | None = None

    @classmethod
    def of(cls, pose: Pose) -> Self:
        """The truth that a pose is."""
        return cls(as_joints(pose, H36M_17), as_body(pose))

    def take(self, frames: Frames) -> Self:
        """Some of the frames, on the same clock."""
        return replace(
            self, joints=self.joints.take(frames), body=None if self.body is None else self.body.take(frames)
        )

    def at(self, time: float) -> Self | None:
        """One frame, interpolated; None before the first and after the last. time in seconds."""
        times = self.joints.times
        if not times[0] - APART_S <= time <= times[-1] + APART_S:
            return None
        when = np.array([time])
        return replace(self, joints=self.joints.at(when), body=None if self.body is None else self.body.at(when))

    def in_world(self, turn: Float, shift: Float) -> Self:
        """Turned by (3, 3), on column vectors, then shifted by (3,) metres."""
        shifts = np.tile(shift, (len(self.joints), 1))
        body = None if self.body is None else self.body.in_world(turn, shifts)
        return replace(self, joints=self.joints.in_world(turn, shifts), body=body)
