"""What is constant of a person in a clip: bone lengths, the ground under the feet, how the rig's soles lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.body.retarget.matrices import Z, about, cross, unit
from engine.body.retarget.points import PARENTS, at, positions_of
from engine.body.retarget.solve import Stiffness, refine
from engine.body.retarget.standing import ANKLES, stands
from engine.body.retarget.targets import Targets

Float = NDArray[np.float64]

HOLD = Stiffness(turn=np.full(24, 0.02), bend=np.where(np.isin(np.arange(24), [3, 6, 9, 13, 14]), 0.05, 0.0))
"""Spine and collars bend together; the limbs turn freely."""
_LIGHT = {"left foot": 0.5, "right foot": 0.5, "left hand": 0.5, "right hand": 0.5}
SAMPLE = 150
"""Frames, spread over the clip, from which a person is measured."""
_ROUNDS = 3
_MOVED = ("thorax", "neck", "left shoulder", "right shoulder")  # bones that are moved to where the clip has their ends
_FURTHEST_M = 0.03
USUAL_BEND = np.radians(-6.5)
"""Of H36M-17 joints made from CMU's rigs."""
_STEEPEST_SOLE = np.radians(15.0)
_FEWEST = 5


@dataclass(frozen=True, eq=False)
class Measures:
    """Of one person in one clip.

    offsets  (27, 3) metres, of each point from its parent at rest
    ground   (2, 2) metres, joint and side: heights at which ankles and toe joints stand
    bend     radians by which mid torso usually lies before the line from hips to neck
    soles    (2, 3, 3) a side, by which a foot's copied rotation is turned so that it stands flat
    """

    offsets: Float
    ground: Float
    bend: float = USUAL_BEND
    soles: Float = field(default_factory=lambda: np.tile(np.eye(3), (2, 1, 1)))

    def with_soles(self, start: Callable[[NDArray[np.intp]], Float], targets: Targets) -> Self:
        """The same with feet that lie flat where they stand, in the median of what `start` gives for some frames."""
        soles = self.soles.copy()
        for side, standing in enumerate(stands(targets, self.ground).T):
            frames = np.flatnonzero(standing)
            if len(frames) < _FEWEST or np.isnan(self.ground[1, side]):
                continue
            turned = start(frames[:: max(1, len(frames) // SAMPLE)])
            up = unit(np.median(turned[:, ANKLES[side], 2, :], axis=0))  # the vertical in the foot's axes
            axis = cross(Z, up)
            angle = float(np.arctan2(np.linalg.norm(axis), up[2]))
            soles[side] = about(unit(axis), min(angle, _STEEPEST_SOLE))
        return replace(self, soles=soles)

    def fitted(self, turned: Float, root: Float, targets: Targets) -> Self:
        """The same with neck and shoulders moved on the trunk to where the clip has them, by what refining leaves.

        turned (T, 24, 3, 3), root (T, 3) and targets are a sample of the clip's frames. Alternates refinement and the
        median remainder in the parent's axes; both sides are moved alike.
        """
        offsets = self.offsets.copy()
        known = [at(name) for name in _MOVED if targets.has(name)]
        for _ in range(_ROUNDS):
            turned, root = refine(turned, root, offsets, targets.points, weights(targets), HOLD, steps=2)
            off = targets.points - positions_of(turned, root, offsets)
            for k in known:
                back = np.swapaxes(turned[:, PARENTS[k]], -1, -2)
                offsets[k] += np.median((back @ off[:, k, :, None])[..., 0], axis=0)
            left, right = offsets[at("left shoulder")], offsets[at("right shoulder")]
            both = (left + right * (-1, 1, 1)) / 2
            offsets[at("left shoulder")], offsets[at("right shoulder")] = both, both * (-1, 1, 1)
            moved = offsets - self.offsets
            far = np.linalg.norm(moved, axis=-1, keepdims=True)
            offsets = self.offsets + moved * np.minimum(1.0, _FURTHEST_M / np.maximum(far, 1e-9))
        return replace(self, offsets=offsets)


def weights(targets: Targets) -> Float:
    """(27,) how much each point is brought to its target; 0 of those that are not known or not judged."""
    result = np.zeros(targets.points.shape[1])
    result[targets.judged] = 1.0
    for name, weight in _LIGHT.items():
        result[at(name)] *= weight
    return result
