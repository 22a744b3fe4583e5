"""Crown of a head: the End Site that is one, else a point as far above the head's joint as people have it.

An End Site is whatever its writer put there: nothing, a millimetre, a metre, something to the side. It is the
crown where it lies 0.06 to 0.18 of the body's height beyond the head, roughly onward from the neck.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.motion.skeleton import Skeleton

Float = NDArray[np.float64]
Weights = dict[str, float]

HEAD_JOINT = 0.90
"""Height of the head's joint, where the head turns on the neck, in body heights (ankles stand at 0.04)."""
ANKLE = 0.04
BEYOND_HEAD = (0.055, 0.185)
"""Where a crown lies beyond the head's joint, in body heights: 0.06 to 0.18, rounded."""
_ONWARD = 0.5  # least cosine of the angle between neck-head and head-crown: heads nod
_SHORT_NECK = 0.02  # body heights; the neck's direction is that of the trunk below this

EXTRAPOLATED = "crown extrapolated from neck and head"


def crown(skeleton: Skeleton, roles: Mapping[str, int], neck: Weights, low: Weights, positions: Float) -> Weights:
    """The crown as weights of joints.

    roles      of the joints, `engine.motion.roles`: "head" and both legs, perhaps "head top"
    neck, low  the neck's base and the pelvis, as weights of joints
    positions  (T, J, 3) in any unit
    """
    head = roles["head"]
    height = body_height(skeleton, roles, positions)
    base, bottom = at(skeleton, neck, positions), at(skeleton, low, positions)
    if _median(positions[:, head] - base) < _SHORT_NECK * height:
        neck, base = low, bottom
    onward = _direction(positions[:, head] - base)
    for end in _candidates(skeleton, roles):
        beyond = positions[:, end] - positions[:, head]
        length = _median(beyond)
        straight = float(np.median((_direction(beyond) * onward).sum(-1)))
        if BEYOND_HEAD[0] <= length / height <= BEYOND_HEAD[1] and straight > _ONWARD:
            return {skeleton.names[end]: 1.0}
    share = (1 - HEAD_JOINT) * height / max(_median(positions[:, head] - base), 1e-9)
    return {skeleton.names[head]: 1 + share} | {joint: -share * weight for joint, weight in neck.items()}


def body_height(skeleton: Skeleton, roles: Mapping[str, int], positions: Float) -> float:
    """Body height along the bones from ankles to the head's joint, in the unit of positions (T, J, 3)."""
    legs = [_bones_to(skeleton, roles[f"{side} ankle"]) for side in ("left", "right")]
    spine = _bones_to(skeleton, roles["head"])
    chains = [_length(skeleton, sorted(leg ^ spine), positions) for leg in legs]
    return sum(chains) / len(chains) / (HEAD_JOINT - ANKLE)


def is_extrapolated(place: object) -> bool:
    """Tell whether a crown is a point beyond the joints."""
    return isinstance(place, dict) and any(weight < 0 for weight in place.values())


def at(skeleton: Skeleton, weights: Weights, positions: Float) -> Float:
    """(T, 3) the weighted mean of joints."""
    return np.asarray(sum(weight * positions[:, skeleton.index(joint)] for joint, weight in weights.items()))


def _candidates(skeleton: Skeleton, roles: Mapping[str, int]) -> Sequence[int]:
    ends = [j for j, p in enumerate(skeleton.parents) if p == roles["head"] and skeleton.names[j].endswith(" end")]
    return [roles["head top"], *ends] if "head top" in roles else ends


def _bones_to(skeleton: Skeleton, joint: int) -> set[int]:
    """The joints from the root (left out) down to `joint`."""
    bones: set[int] = set()
    while skeleton.parents[joint] >= 0:
        bones.add(joint)
        joint = skeleton.parents[joint]
    return bones


def _length(skeleton: Skeleton, bones: Sequence[int], positions: Float) -> float:
    ends = positions[:, bones] - positions[:, [skeleton.parents[j] for j in bones]]
    return float(np.median(np.linalg.norm(ends, axis=-1), axis=0).sum())


def _median(vectors: Float) -> float:
    return float(np.median(np.linalg.norm(vectors, axis=-1)))


def _direction(vectors: Float) -> Float:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12))
