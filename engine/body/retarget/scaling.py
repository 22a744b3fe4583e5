"""A person's rest offsets: the body's skeleton scaled to a clip's bone lengths."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.body.model import Body
from engine.body.retarget.matrices import unit
from engine.body.retarget.points import at, offsets_of, rest_points
from engine.body.retarget.standing import SIDES, ground_of, stands
from engine.body.retarget.targets import Targets

Float = NDArray[np.float64]

_LIMBS = (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"))
_LAST = (("ankle", "foot"), ("wrist", "hand"))
_LIMB, _ENDS = (np.array([at(f"{side} {pair[k]}") for side in SIDES for pair in _LAST]) for k in (0, 1))
_TRUNK = (
    "spine1", "spine2", "spine3", "thorax", "neck", "head", "left hip", "right hip", "left collar", "right collar",
)  # fmt: skip
_LONGEST = 70  # percentile of the trunk's length over time: a bent trunk is shorter
_SCALES = (0.3, 2.5)  # by how much a bone may differ from the body's
_ENDS_OF_A_BODY = (0.75, 1.35)  # a hand or foot beyond these ends elsewhere than the body's
_STEEPEST = 0.7  # of a foot's length, how far its toe joint lies below its ankle at most
_FEWEST = 5  # standing frames below which nothing is read from them


def scaled_offsets(body: Body, targets: Targets) -> Float:
    """(27, 3) metres: limbs keep the body's directions and get the clip's median lengths.

    Hips and shoulders get the clip's half width, the trunk and the head one factor each. Hands and feet get the clip's
    lengths where these are a body's, else that of a person with such legs. A foot is as steep as in the clip's own
    standing frames, so that it stands flat.
    """
    points = rest_points(body)
    rest = offsets_of(points)
    offsets = rest.copy()
    top = targets.neck
    middle = (targets["left hip"] + targets["right hip"]) / 2
    long = np.percentile(np.linalg.norm(targets[top] - middle, axis=-1), _LONGEST)
    trunk = _factor(float(long), points[at(top)] - (points[at("left hip")] + points[at("right hip")]) / 2)
    offsets[[at(name) for name in _TRUNK]] *= trunk
    head = trunk
    if targets.has("thorax", "head top"):
        head = _factor(_length(targets["head top"] - targets["thorax"]), points[at("head top")] - points[at("thorax")])
    offsets[[at("nose"), at("head top")]] *= head
    wide = _factor(_half_width(targets, "shoulder"), points[at("left shoulder"), :1])
    hips = _factor(_half_width(targets, "hip"), points[at("left hip"), :1])
    legs = []
    for side in SIDES:
        offsets[at(f"{side} hip"), 0] = rest[at(f"{side} hip"), 0] * hips
        offsets[at(f"{side} collar"), 0] = rest[at(f"{side} collar"), 0] * wide
        offsets[at(f"{side} shoulder")] *= wide
        for parent, child in _LIMBS:
            bone = at(f"{side} {child}")
            factor = _factor(_length(targets[f"{side} {child}"] - targets[f"{side} {parent}"]), rest[bone])
            offsets[bone] *= factor
            legs += [factor] if child in ("knee", "ankle") else []
    for side in SIDES:
        for limb, end in _LAST:
            usual = float(np.mean(legs))
            length = _length(targets[f"{side} {end}"] - targets[f"{side} {limb}"])  # NaN where it is not known
            own = length / (usual * float(np.linalg.norm(rest[at(f"{side} {end}")])))
            offsets[at(f"{side} {end}")] *= usual * (own if _ENDS_OF_A_BODY[0] <= own <= _ENDS_OF_A_BODY[1] else 1.0)
        _lay_flat(offsets, targets, side)
    return offsets


def with_whole_ends(targets: Targets, offsets: Float) -> Targets:
    """The targets of hands and feet moved along their direction to the person's own length.

    Rigs end a hand anywhere between wrist and finger tips.
    """
    points = targets.points.copy()
    points[:, _ENDS] = points[:, _LIMB] + unit(points[:, _ENDS] - points[:, _LIMB]) * _norm(offsets[_ENDS])[:, None]
    return replace(targets, points=points)


def _lay_flat(offsets: Float, targets: Targets, side: str) -> None:
    """Tilt a foot's rest offset to the steepness that it has where the clip's foot stands."""
    if not targets.has(f"{side} foot"):
        return
    standing = stands(targets, ground_of(targets))[:, SIDES.index(side)]
    if standing.sum() < _FEWEST:
        return
    toe = targets[f"{side} foot"] - targets[f"{side} ankle"]
    bone = at(f"{side} foot")
    length = float(np.linalg.norm(offsets[bone]))
    drop = length * np.clip(np.median(-unit(toe)[standing, 2]), 0.0, _STEEPEST)
    offsets[bone, :2] = unit(np.append(offsets[bone, :2], 0.0))[:2] * np.sqrt(length**2 - drop**2)
    offsets[bone, 2] = -drop


def _half_width(targets: Targets, joint: str) -> float:
    return _length(targets[f"left {joint}"] - targets[f"right {joint}"]) / 2


def _norm(vectors: Float) -> Float:
    return np.asarray(np.linalg.norm(vectors, axis=-1))


def _length(bone: Float) -> float:
    return float(np.median(np.linalg.norm(bone, axis=-1)))


def _factor(length: float, own: Float) -> float:
    return float(np.clip(length / max(float(np.linalg.norm(own)), 1e-6), *_SCALES))
