"""Roles of joints on a body ("left knee", "head"), found by their names and by what hangs on what.

Two roles never share a joint. Of several joints that a name fits, those are taken that hang on each other as hip,
knee and ankle do, and whose names say it best. A map by hand (`joint_maps`) goes before all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise, product

from engine.motion.joint_maps import map_by_hand
from engine.motion.joint_words import cost_of, words_of
from engine.motion.nameless_head import nameless_head

Known = Mapping[str, float]
"""What a bone is called, in words written together, and how doubtful each name is."""

LEG: dict[str, Known] = {
    "hip": {"upleg": 0, "upperleg": 0, "thigh": 0, "femur": 0, "uleg": 0, "hip": 1, "hipjoint": 2},
    "knee": {"lowleg": 0, "lowerleg": 0, "calf": 0, "shin": 0, "tibia": 0, "knee": 0, "leg": 1},
    "ankle": {"ankle": 0, "foot": 1},
}
ARM: dict[str, Known] = {
    "shoulder": {"upperarm": 0, "uparm": 0, "uarm": 0, "shldr": 0, "humerus": 0, "arm": 1, "shoulder": 2},
    "elbow": {"forearm": 0, "lowarm": 0, "lowerarm": 0, "farm": 0, "elbow": 0, "radius": 0},
    "wrist": {"wrist": 0, "hand": 1},
}
TRUNK: dict[str, Known] = {
    "neck": {
        "neck": 0, "neckbase": 0, "lowerneck": 0.1, "necklower": 0.1, "upperneck": 1, "neckupper": 1, "necktwist": 2,
    },
    "head": {"head": 0, "skull": 1},
    "head top": {"headtop": 0, "headtopend": 0, "headend": 0, "headnub": 0, "headsite": 0, "skullend": 0},
}  # fmt: skip
LIMBS = tuple(LEG) + tuple(ARM)

_MISSING, _OUT_OF_ORDER = 10.0, 5.0  # costs: worse than any name; worse than any name but none
_MOST = 6  # joints looked at for one role

Match = tuple[float, int]  # cost, joint


def match_roles(names: Sequence[str], parents: Sequence[int] | None = None) -> dict[str, int]:
    """Which joint is which: {"left ankle": 4, "head": 9, ...}; may be incomplete.

    parents (J,), -1 at the root, tell apart joints whose names fit equally.
    """
    by_hand = {role: names.index(joint) for role, joint in map_by_hand(names).items()}
    by_names = roles_by_names(names, parents)
    return {role: j for role, j in by_names.items() if j not in by_hand.values()} | by_hand


def roles_by_names(names: Sequence[str], parents: Sequence[int] | None = None) -> dict[str, int]:
    """The same without any map by hand."""
    words = [words_of(name) for name in names]
    roles: dict[str, int] = {}
    for side in ("left", "right"):
        for chain in (LEG, ARM):
            found = _chain([_matches(words, side, known) for known in chain.values()], parents)
            roles |= {f"{side} {role}": j for role, j in zip(chain, found, strict=True) if j is not None}
    for role, known in TRUNK.items():
        if best := [j for _, j in _matches(words, "", known) if j not in roles.values()]:
            roles[role] = best[0]
    if "head" not in roles and parents is not None:
        roles |= nameless_head(names, parents, roles)
    return roles


def _matches(words: Sequence[tuple[str, tuple[str, ...]]], side: str, known: Known) -> list[Match]:
    """The joints of a side that can be this bone, the best first."""
    costs = [(cost_of(own, known), j) for j, (where, own) in enumerate(words) if where == side]
    return sorted((cost, j) for cost, j in costs if cost is not None)[:_MOST]


def _chain(candidates: Sequence[list[Match]], parents: Sequence[int] | None) -> tuple[int | None, ...]:
    """The joints of a limb that together cost least: different ones, each below the one before."""

    def cost(chosen: tuple[Match | None, ...]) -> tuple[float, tuple[int, ...]]:
        joints = [match[1] for match in chosen if match is not None]
        if len(set(joints)) < len(joints):
            return float("inf"), ()
        total = sum(_MISSING if match is None else match[0] for match in chosen)
        if parents is not None:
            total += _OUT_OF_ORDER * sum(not hangs_on(low, high, parents) for high, low in pairwise(joints))
        return total, tuple(joints)

    choices: list[list[Match | None]] = [[*found, None] for found in candidates]
    best = min(product(*choices), key=cost)
    return tuple(None if match is None else match[1] for match in best)


def hangs_on(joint: int, above: int, parents: Sequence[int]) -> bool:
    """Tell whether a joint hangs on another, however many bones below."""
    for _ in parents:
        joint = parents[joint]
        if joint < 0:
            return False
        if joint == above:
            return True
    return False
