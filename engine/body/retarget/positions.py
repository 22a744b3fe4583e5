"""A start for the pose from joint positions alone: trunk by its axes, limbs by swing and hinge."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.body.retarget.ends import place_ends
from engine.body.retarget.head import place_head, place_neck
from engine.body.retarget.hinges import place_limbs
from engine.body.retarget.measures import Measures
from engine.body.retarget.points import positions_of
from engine.body.retarget.smoothing import Memory
from engine.body.retarget.standing import level_soles
from engine.body.retarget.targets import Targets
from engine.body.retarget.trunk import place_trunk

Float = NDArray[np.float64]


def analytic_rotations(targets: Targets, measures: Measures, memory: Memory, standing: Float) -> Float:
    """Global rotations (T, 24, 3, 3) from joint positions.

    memory    of the limbs' rolls
    standing  (T, 2) a side: how much a foot stands, from 0 to 1
    """
    offsets = measures.offsets
    rest = positions_of(np.tile(np.eye(3), (1, 24, 1, 1)), np.zeros((1, 3)), offsets)[0]
    turned = np.empty((len(targets), 24, 3, 3))
    place_trunk(turned, targets, offsets, rest, measures.bend)
    place_limbs(turned, targets, offsets, memory)
    place_ends(turned, targets, offsets, standing)
    level_soles(turned, targets, standing)
    place_head(turned, targets, rest)
    place_neck(turned)
    return turned
