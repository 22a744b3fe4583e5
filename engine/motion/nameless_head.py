"""Neck and head of a rig that does not name them, from what hangs on what: the trunk goes on above the arms.

Rigify's spine goes on to spine.006, which is the head; freemocap's head is called face; where nothing but a neck is
there, its End Site serves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.motion.joint_words import words_of

_OTHER = frozenset(
    ("hair", "ponytail", "hat", "eye", "eyes", "eyelid", "brow", "nose", "lip", "jaw", "tongue", "teeth", "tail",
     "cape", "wing", "breast", "weapon", "prop", "camera")
)  # fmt: skip
"""Words of bones that hang on a head or a chest and are neither neck nor head."""
END = " end"
"""How the name of an End Site ends."""


def nameless_head(names: Sequence[str], parents: Sequence[int], roles: Mapping[str, int]) -> dict[str, int]:
    """Return "head", and "neck" where it has no name either; empty where the trunk does not go on above the arms.

    parents  (J,), -1 at the root
    roles    those that are known: both shoulders
    """
    shoulders = [roles.get(f"{side} shoulder") for side in ("left", "right")]
    if None in shoulders or len(parents) != len(names):
        return {}
    arms, chest = _meeting(parents, *(joint for joint in shoulders if joint is not None))
    if chest is None:
        return {}
    legs = {joint for role, at in roles.items() if "hip" in role for joint in _above(parents, at)}
    chain = _onward(names, parents, chest, arms | legs | set(roles.values()) - {roles.get("neck", -1)})
    joints = [joint for joint in chain if not names[joint].endswith(END)]
    if not chain:
        return {}
    head = joints[-1] if len(joints) > 1 else chain[-1]
    if head == roles.get("neck"):
        return {}
    neck = {} if "neck" in roles or head == chain[0] else {"neck": chain[0]}
    return {"head": head} | neck


def _meeting(parents: Sequence[int], a: int, b: int) -> tuple[set[int], int | None]:
    """The joints from two limbs up to where they meet, and the joint where they do; None where they never do."""
    above_a, above_b = _above(parents, a), _above(parents, b)
    meeting = next((joint for joint in above_a if joint in above_b), None)
    return {*above_a, *above_b}, meeting


def _above(parents: Sequence[int], joint: int) -> list[int]:
    """A joint and all that it hangs on, upwards."""
    found: list[int] = []
    while joint >= 0 and len(found) <= len(parents):
        found.append(joint)
        joint = parents[joint]
    return found


def _onward(names: Sequence[str], parents: Sequence[int], chest: int, taken: set[int]) -> list[int]:
    """The joints in the middle that go on from the chest, the way with the most of them."""
    children: dict[int, list[int]] = {}
    for joint, parent in enumerate(parents):
        side, words = words_of(names[joint])
        if joint not in taken and not side and not _OTHER.intersection(words):
            children.setdefault(parent, []).append(joint)
    best: list[int] = []
    waiting = [[joint] for joint in children.get(chest, [])]
    while waiting:
        way = waiting.pop()
        best = max(best, way, key=len)
        waiting += [[*way, joint] for joint in children.get(way[-1], [])]
    return best
