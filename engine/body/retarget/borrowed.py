"""Turns of head and hands from the rotations of a rig that is not known.

Positions do not tell them. Nobody says how such a rig's axes lie on its bones, so its rotations are taken about their
mean: on average the head faces as the chest does, and a hand has the usual roll on its forearm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.body.retarget.matrices import angle_between, nearest_rotation
from engine.body.retarget.points import at
from engine.body.retarget.rotations import globals_of
from engine.body.retarget.targets import roles_of
from engine.motion.clip import MotionClip

Float = NDArray[np.float64]

_FROM = {"head": "spine3", "left wrist": "left wrist", "right wrist": "right wrist"}
"""Joint -> whose rotation, as it was found from positions, it has on average."""
_WIDEST = np.radians(50.0)  # the mean angle about their mean beyond which rotations are not believed


@dataclass(frozen=True, eq=False)
class BorrowedRotations:
    """A rig's rotations of head and hands, wherever it has them.

    constants  (3, 3) by body joint: what leads from the body's axes to the rig's
    """

    clip: MotionClip
    constants: Mapping[str, Float]

    @classmethod
    def of(cls, clip: MotionClip, frames: NDArray[np.intp], turned: Float) -> BorrowedRotations | None:
        """From some frames of the clip and the rotations (T, 24, 3, 3) that positions gave for them; None for none."""
        if clip.rotations is None:
            return None
        own = _rotations(clip, frames)
        constants = {}
        for joint, rotations in own.items():
            between = np.swapaxes(rotations, -1, -2) @ turned[:, at(_FROM[joint])]
            mean = nearest_rotation(between.mean(0))
            if angle_between(between, mean).mean() < _WIDEST:
                constants[joint] = mean
        return cls(clip, constants) if constants else None

    def __call__(self, frames: slice | NDArray[np.intp]) -> Mapping[str, Float]:
        """Joint -> global rotations (T, 3, 3) in some of the clip's frames."""
        own = _rotations(self.clip, frames)
        return {joint: own[joint] @ constant for joint, constant in self.constants.items()}


def _rotations(clip: MotionClip, frames: slice | NDArray[np.intp]) -> dict[str, Float]:
    assert clip.rotations is not None
    roles = {joint: role for joint, role in roles_of(clip.skeleton.names).items() if joint in _FROM}
    turned = globals_of(clip.skeleton, clip.rotations[frames], set(roles.values()))
    return {joint: turned[j] for joint, j in roles.items()}
