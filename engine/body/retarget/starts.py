"""Ways to find a body's rotations in some frames of a clip, before and after least squares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.body.retarget.borrowed import BorrowedRotations
from engine.body.retarget.ends import aim_hands
from engine.body.retarget.head import place_neck
from engine.body.retarget.hinges import MEMORY_S
from engine.body.retarget.measures import Measures
from engine.body.retarget.points import at
from engine.body.retarget.positions import analytic_rotations
from engine.body.retarget.rotations import CopiedRotations
from engine.body.retarget.smoothing import running_mean, two_way
from engine.body.retarget.standing import ANKLES, TOES, level_soles, standing_share
from engine.body.retarget.targets import Targets

Float = NDArray[np.float64]
Frames = slice | NDArray[np.intp]


class Start(Protocol):
    """Global rotations to begin with.

    margin_s  seconds around some frames that their rotations depend on
    smooth    whether rotations are smoothed over time after least squares
    """

    @property
    def margin_s(self) -> float: ...
    @property
    def smooth(self) -> bool: ...
    def rotations(self, frames: Frames, targets: Targets, measures: Measures) -> Float:
        """(T, 24, 3, 3) in some of the clip's frames, whose targets are given."""
        ...


@dataclass(frozen=True, eq=False)
class FromRotations:
    """Copied from the rig, with soles that stand flat."""

    copied: CopiedRotations
    margin_s: float = 0.2
    smooth: bool = False

    def rotations(self, frames: Frames, targets: Targets, measures: Measures) -> Float:
        turned = self.copied(frames)
        for joints in (ANKLES, TOES):
            turned[:, joints] = turned[:, joints] @ measures.soles
        level_soles(turned, targets, _standing(targets, measures))
        return turned


@dataclass(frozen=True, eq=False)
class FromPositions:
    """From joint positions; turns of head and hands from an unknown rig's rotations, where it has them."""

    borrowed: BorrowedRotations | None = None
    margin_s: float = 4 * MEMORY_S
    smooth: bool = True

    def rotations(self, frames: Frames, targets: Targets, measures: Measures) -> Float:
        turned = analytic_rotations(targets, measures, two_way(MEMORY_S), _standing(targets, measures))
        for joint, rotations in (self.borrowed(frames) if self.borrowed is not None else {}).items():
            turned[:, at(joint)] = rotations
        if self.borrowed is not None:
            aim_hands(turned, targets, measures.offsets)
            place_neck(turned)
        return turned


def _standing(targets: Targets, measures: Measures) -> Float:
    return running_mean(standing_share(targets, measures.ground), targets.times)
