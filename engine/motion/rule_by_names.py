"""Rule to H36M-17 for a rig that is not known, by the roles that its joint names have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.motion.crown import EXTRAPOLATED, at, crown, is_extrapolated
from engine.motion.joint_maps import map_by_hand
from engine.motion.roles import LIMBS, match_roles
from engine.motion.rules import Place, Rule
from engine.motion.sides import swapped_sides
from engine.motion.skeleton import Skeleton

Float = NDArray[np.float64]
Weights = dict[str, float]

_SHORTEST_LIMB = 0.02  # of the trunk: two joints that are nearer lie on one another
_MID_TORSO = 0.47  # where Human3.6M's spine joint lies between pelvis and thorax


@dataclass(frozen=True)
class NamedRule:
    """What the names of a rig gave.

    rule     empty where joints are missing
    missing  the roles that no joint has
    notes    what was matched, and what was found out of it; assumed: what of that may move figures
    """

    rule: Rule = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()


def rule_by_names(skeleton: Skeleton, positions: Float) -> NamedRule:
    """The rule of a rig by its joint names.

    positions (T, J, 3), of any world: they tell which joint lies at mid-torso, where the crown is, which limbs have no
    length, and whether left is left.
    """
    roles = match_roles(skeleton.names, skeleton.parents)
    needed = [f"{side} {limb}" for limb in LIMBS for side in ("left", "right")] + ["head"]
    missing = tuple(role for role in needed if role not in roles)
    if missing:
        return NamedRule(missing=missing)
    notes: list[str] = []
    assumed: list[str] = []
    names = skeleton.names
    if swapped_sides(skeleton, roles, positions):
        roles = {_other(role): j for role, j in roles.items()}
        assumed.append("left and right exchanged")
        notes.append(
            "Left and right were exchanged: knees and feet of the joints called left are those of a right side."
        )
    pelvis = {names[roles[f"{side} hip"]]: 0.5 for side in ("left", "right")}
    thorax = {names[roles[f"{side} shoulder"]]: 0.5 for side in ("left", "right")}
    if "neck" in roles:
        thorax = {names[roles["neck"]]: 1.0}
    trunk = float(np.median(np.linalg.norm(at(skeleton, thorax, positions) - at(skeleton, pelvis, positions), axis=-1)))
    without = _without_length(roles, positions, _SHORTEST_LIMB * trunk)
    if without:
        return NamedRule(missing=without)
    top = crown(skeleton, roles, thorax, pelvis, positions)
    if is_extrapolated(top):
        assumed.append(EXTRAPOLATED)
        notes.append(f"{EXTRAPOLATED.capitalize()}: no joint lies where a crown does.")
    rule: dict[str, Place] = {role: names[roles[role]] for role in needed if role != "head"}
    rule |= {
        "pelvis": pelvis,
        "spine": _spine(skeleton, roles["head"], pelvis, thorax, positions),
        "thorax": thorax,
        "nose": _midway(thorax, top),
        "head top": top,
    }
    matched = ", ".join(f"{role} = {names[j]}" for role, j in roles.items())
    by_hand = map_by_hand(names)
    if by_hand:
        notes.insert(0, f"By the map that was given by hand: {', '.join(by_hand)}.")
    return NamedRule(rule, (), (f"Joints matched by name: {matched}.", *notes), tuple(assumed))


def _without_length(roles: Mapping[str, int], positions: Float, least: float) -> tuple[str, ...]:
    """The roles whose joint lies on the one above it in the limb."""

    def apart(a: str, b: str) -> float:
        return float(np.median(np.linalg.norm(positions[:, roles[a]] - positions[:, roles[b]], axis=-1)))

    bones = [*pairwise(LIMBS[:3]), *pairwise(LIMBS[3:])]
    pairs = [(f"{side} {high}", f"{side} {low}") for side in ("left", "right") for high, low in bones]
    return tuple(low for high, low in pairs if apart(high, low) <= least)


def _spine(skeleton: Skeleton, head: int, pelvis: Weights, thorax: Weights, positions: Float) -> Weights:
    """The joint of the trunk nearest to mid-torso, else the point midway."""
    trunk, joint = [], skeleton.parents[head]
    while joint >= 0:
        trunk.append(joint)
        joint = skeleton.parents[joint]
    low = at(skeleton, pelvis, positions[:1])[0]
    length = float(np.linalg.norm(at(skeleton, thorax, positions[:1])[0] - low))
    share = {j: float(np.linalg.norm(positions[0, j] - low) / max(length, 1e-9)) for j in trunk}
    middle = min(trunk, key=lambda j: abs(share[j] - _MID_TORSO), default=head)
    return {skeleton.names[middle]: 1.0} if 0.35 < share.get(middle, 0.0) < 0.6 else _midway(pelvis, thorax)


def _midway(a: Weights, b: Weights) -> Weights:
    """The point midway between two weighted means."""
    return {joint: (a.get(joint, 0.0) + b.get(joint, 0.0)) / 2 for joint in {**a, **b}}


def _other(role: str) -> str:
    side, _, limb = role.partition(" ")
    return {"left": f"right {limb}", "right": f"left {limb}"}.get(side, role)
