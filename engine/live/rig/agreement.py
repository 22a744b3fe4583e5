"""How far a model's joints are from what the cameras of a rig see."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from engine.kinds import as_joints
from engine.live.rig.feed import RigFeed
from engine.live.tick import Tick
from engine.motion.pose import ClassScores
from engine.motion.skeleton import H36M_17
from engine.observation.reprojection import distances, nearest_person, projected, reprojection_px
from engine.observation.views import MultiViewKeypoints

Float = NDArray[np.float64]


class Agreement:
    """Of one model's latest ticks, so many; fed and asked on any thread.

    A camera that is blind is measured all the same; one that is late, against what it saw too late.
    """

    def __init__(self, feed: RigFeed, frames: int) -> None:
        self.feed = feed
        self._errors: deque[Float] = deque(maxlen=frames)

    def push(self, tick: Tick) -> None:
        """The model's next answer; labels tell nothing."""
        seen, joints = tick.observation, joints_of(tick)
        if not isinstance(seen, MultiViewKeypoints) or joints is None:
            return
        errors = reprojection_px(joints[None], seen)[:, 0]
        for k, view in enumerate(self.feed.views):
            if view.blind:
                people = view.known(tick.time + (self.feed.began or 0.0) - view.late_s)
                who = nearest_person(people, projected(joints, view.camera))
                errors[k] = np.nan if who is None else distances(people[who], projected(joints, view.turned))
        self._errors.append(errors)

    @property
    def pixels(self) -> list[float]:
        """Of each camera, the median over joints and frames; NaN where it saw nothing."""
        errors = np.array(list(self._errors)).reshape(-1, len(self.feed.views), len(H36M_17))
        seen = (errors[:, view][np.isfinite(errors[:, view])] for view in range(len(self.feed.views)))
        return [float(np.median(view)) if len(view) else float("nan") for view in seen]


def joints_of(tick: Tick) -> Float | None:
    """(17, 3) metres of a prediction; None of labels."""
    return None if isinstance(tick.prediction, ClassScores) else as_joints(tick.prediction, H36M_17).positions[0]
