"""Proportions of a person: ten bone lengths beside those of a body's mean shape, at the same stature.

A body is worn on a person's rest offsets, as bodies that are fitted to a clip are (`engine.body.retarget`). Left and
right are alike, and bones that a skeleton of joints cannot tell apart go together. The stature is that of H36M-17 in
the mesh (`engine.motion.stature`).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.body import library
from engine.body.model import Body
from engine.errors import InputError
from engine.motion.kinematics import joints_at_rest
from engine.motion.skeleton import H36M_17, SMPL_24
from engine.motion.stature import stature

Float = NDArray[np.float64]

GROUPS: dict[str, tuple[int, ...]] = {
    name: tuple(map(SMPL_24.index, joints))
    for name, joints in {
        "hips": ("left hip", "right hip"),
        "thighs": ("left knee", "right knee"),
        "shanks": ("left ankle", "right ankle"),
        "feet": ("left foot", "right foot"),
        "spine": ("spine1", "spine2", "spine3"),
        "neck": ("neck",),
        "head": ("head",),
        "shoulders": ("left collar", "right collar", "left shoulder", "right shoulder"),
        "upper arms": ("left elbow", "right elbow"),
        "forearms": ("left wrist", "right wrist", "left hand", "right hand"),
    }.items()
}
"""The joints at the ends of the bones that each number scales."""
_STEP = 0.05


def group_of_joint() -> NDArray[np.intp]:
    """(24,) the group of each joint's bone; -1 for the pelvis, which has none."""
    found = np.full(len(SMPL_24), -1)
    for number, joints in enumerate(GROUPS.values()):
        found[list(joints)] = number
    return found


def proportions_of(body: Body, offsets: Float) -> Float:
    """Logarithms (10,) of how long a person's bones (24, 3) are beside the mean shape's, at its stature."""
    mean = body.offsets(np.zeros(0))
    same = offsets * _factor(body, offsets, _stature(body, mean))
    return np.log([_length(same, joints) / _length(mean, joints) for joints in GROUPS.values()])


def offsets_of(body: Body, proportions: Float, height_m: float) -> Float:
    """Rest offsets (24, 3), metres, of a person of these proportions and this stature.

    Raises KeyError for a body without a regressor of H36M-17.
    """
    group = group_of_joint()
    factors = np.where(group < 0, 1.0, np.exp(np.asarray(proportions)[group]))
    offsets = body.offsets(np.zeros(0)) * factors[:, None]
    return np.asarray(offsets * _factor(body, offsets, height_m))


@lru_cache(maxsize=64)
def _person(name: str, height_m: float, proportions: tuple[float, ...]) -> Float:
    body = library.body(name)
    try:
        return offsets_of(body, np.array(proportions), height_m)
    except KeyError:
        raise InputError(f"The body {name} does not say where H36M-17 lies in it; wear {library.MANNEQUIN}.") from None


def person_of(name: str, height_m: float, proportions: Float) -> Float:
    """`offsets_of` that body, remembered: do not modify them. Raises InputError for a body that has no stature."""
    return _person(name, height_m, tuple(np.asarray(proportions, float).tolist()))


def points_at_rest(body: Body) -> tuple[Float, Float]:
    """H36M-17 in the mesh worn on rest joints (24, 3): those of the mean shape (17, 3), and what joints add (17, 24).

    points = first + second @ (joints - the mean shape's joints). Raises KeyError for a body without the regressor.
    """
    regressor = body.regressors[H36M_17.name]
    return regressor @ body.template, regressor @ body.weights


def _stature(body: Body, offsets: Float) -> float:
    points, carried = points_at_rest(body)
    moved = joints_at_rest(SMPL_24, offsets) - body.joints(np.zeros(0))
    return stature((points + carried @ moved)[None])


def _factor(body: Body, offsets: Float, height_m: float) -> float:
    """What offsets are multiplied by to have a stature."""
    factor = 1.0
    for _ in range(3):  # nearly linear
        now, then = (_stature(body, offsets * f) for f in (factor, factor + _STEP))
        factor += _STEP * (height_m - now) / (then - now)
    return factor


def _length(offsets: Float, joints: tuple[int, ...]) -> float:
    return float(np.linalg.norm(offsets[list(joints)], axis=-1).sum())
