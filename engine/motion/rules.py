"""Rules that lead from one skeleton to another, and their application to points.

A rule says for each target joint where it lies on the source: on a joint, on a weighted mean of joints
(weights sum to one; outside 0..1 they extrapolate), or at a fixed place in a joint's own axes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.motion.kinematics import global_rotations
from engine.motion.rotations import rotate
from engine.motion.skeleton import Skeleton

Float = NDArray[np.float64]


@dataclass(frozen=True)
class At:
    """A place fixed to a joint: offset (x, y, z), metres, in the joint's axes (Z up, facing -Y at rest)."""

    joint: str
    offset: tuple[float, float, float]


Place = str | Mapping[str, float] | At
Rule = Mapping[str, Place]  # target joint -> place on the source


def sources(place: Place) -> tuple[str, ...]:
    """The source joints that a place depends on."""
    match place:
        case str():
            return (place,)
        case At():
            return (place.joint,)
        case _:
            return tuple(place)


def apply_rule(rule: Rule, source: Skeleton, target: Skeleton, points: Float, rotations: Float | None = None) -> Float:
    """Points of the target's joints (T, K, C) from those of the source's joints (T, J, C), C = 2 or 3.

    rotations (T, J, 4) local, wxyz: needed by rules with `At` places only.
    """
    where = {name: j for j, name in enumerate(source.names)}
    turned: Float | None = None
    out = np.empty((len(points), len(target), points.shape[-1]))
    for k, joint in enumerate(target.names):
        place = rule[joint]
        if isinstance(place, At):
            if rotations is None:
                raise ValueError(f"{joint} on {source.name} needs joint rotations")
            if turned is None:
                turned = global_rotations(source, rotations)
            at = where[place.joint]
            out[:, k] = points[:, at] + rotate(turned[:, at], np.array(place.offset))
        elif isinstance(place, str):
            out[:, k] = points[:, where[place]]
        else:
            out[:, k] = sum(weight * points[:, where[name]] for name, weight in place.items())
    return out
