"""The causal twin of the fit from positions, for live use: frames come one or several at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from engine.body.model import Body
from engine.body.retarget.head import place_neck
from engine.body.retarget.hinges import MEMORY_S
from engine.body.retarget.matrices import local_of
from engine.body.retarget.measures import HOLD, Measures, weights
from engine.body.retarget.points import JOINTS
from engine.body.retarget.positions import analytic_rotations
from engine.body.retarget.scaling import scaled_offsets, with_whole_ends
from engine.body.retarget.smoothing import CausalSmoothing, OneWay
from engine.body.retarget.solve import refine
from engine.body.retarget.standing import ANKLES, TOES, speeds_since, standing_share
from engine.body.retarget.targets import Targets, targets_of
from engine.body.retarget.trunk import root_at_hips
from engine.motion.clip import MotionClip
from engine.motion.pose import BodyPose
from engine.motion.rotations import matrix_to_quat
from engine.motion.skeleton import Skeleton
from engine.motion.stature import ANKLE_HEIGHT_M

Float = NDArray[np.float64]

MEASURED_S = 1.0
"""For how long a person is measured from what was seen so far; then the bones keep their lengths."""
_GROUND_M = np.array([ANKLE_HEIGHT_M, 0.03])  # of ankles and toe joints of standing feet
_STEPS, _STEPS_AFTER_SMOOTHING = 3, 2


class BodyStream:
    """A body's pose from joints (world, metres, the floor at z = 0) that arrive over time. It looks back only.

    However the frames are cut into calls, the poses are the same.
    """

    def __init__(self, body: Body, skeleton: Skeleton, *, measures: Measures | None = None) -> None:
        """measures: of the person, where they are known; else they are taken in the first MEASURED_S seconds."""
        self._body, self._skeleton, self._measures = body, skeleton, measures
        self._known = measures is not None
        self._seen: list[Targets] = []
        self._last: Targets | None = None
        self._memory = OneWay(MEMORY_S)
        self._smoothing = CausalSmoothing()

    def step(self, time_s: float, positions: Float) -> BodyPose:
        """The pose, one frame, of joints (J, 3). Raises InputError where the skeleton lacks joints."""
        return self.take(np.array([time_s]), positions[None])[0]

    def take(self, times: Float, positions: Float) -> tuple[BodyPose, ...]:
        """The poses of the next frames (T,), joints (T, J, 3): one for each stretch with the same bone lengths."""
        targets = targets_of(MotionClip("live", times, positions, self._skeleton))
        return tuple(self._pose(part) for part in self._measured(targets))

    def _measured(self, targets: Targets) -> Iterator[Targets]:
        """The frames in stretches of the same measures, which are kept up to date meanwhile."""
        first = 0
        while first < len(targets) and not self._known:
            frame = targets.take(slice(first, first + 1))
            self._seen.append(frame)
            self._measures = self._measure()
            yield frame
            first += 1
            if frame.times[0] - self._seen[0].times[0] >= MEASURED_S:
                self._known = True
        if first < len(targets):
            yield targets.take(slice(first, None))

    def _measure(self) -> Measures:
        so_far = Targets(*(np.concatenate([getattr(t, key) for t in self._seen]) for key in ("times", "points")))
        ground = np.where(np.isnan(so_far.points[0, [ANKLES, TOES], 2]), np.nan, _GROUND_M[:, None])
        return Measures(scaled_offsets(self._body, so_far), ground)

    def _pose(self, targets: Targets) -> BodyPose:
        assert self._measures is not None
        offsets = self._measures.offsets
        targets = with_whole_ends(targets, offsets)
        before, self._last = self._last or targets.take(slice(0, 1)), targets.take(slice(-1, None))
        standing = standing_share(targets, self._measures.ground, speeds_since(before, targets))
        turned = analytic_rotations(targets, self._measures, self._memory, standing)
        root = root_at_hips(turned, targets, offsets)
        aim, pull = targets.points, weights(targets)
        turned, root = refine(turned, root, offsets, aim, pull, HOLD, steps=_STEPS)
        turned = self._smoothing(turned, targets.times)
        turned, root = refine(turned, root, offsets, aim, pull, HOLD, steps=_STEPS_AFTER_SMOOTHING)
        place_neck(turned)
        local = matrix_to_quat(local_of(turned))
        return BodyPose(targets.times, local, root, np.zeros(0), self._body.name, offsets=offsets[:JOINTS])
