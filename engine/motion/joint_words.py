"""Words of a joint's name: "mixamorig:LeftUpLeg" -> left, "up leg"; "l_hip_jnt" -> left, "hip"."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.motion.skeleton import side_of

_MOST = 12  # words of a name that are looked at, the last ones: names come from strangers
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


SAYS_NOTHING = _set("jnt joint bone bn bind skin dum dummy def grp node loc main bend bip center centre mid m c b j")
"""Words behind a bone's own that do not make it another one."""

OTHER_BONE = _set(
    "up upper low lower fore hand foot toe toes thumb index middle ring pinky little finger eye ear jaw heel ball "
    "twist roll ik pole target ctrl control helper part effector tip end site nub"
)
"""Words in front of a bone's own that make it another one: the "leg" of "up leg" is no leg."""


def words_of(name: str) -> tuple[str, tuple[str, ...]]:
    """Side ("left", "right" or "") and words in lower case, without a namespace and without the side."""
    side, rest = side_of(re.split(r"[:|]", name)[-1])
    return side, tuple(word.lower() for word in _WORD.findall(rest)[-_MOST:])


def cost_of(words: tuple[str, ...], known: Mapping[str, float]) -> float | None:
    """How far a joint's words are from a bone's known names, each with its own cost; None where they are none of them.

    The last words have to be the name: what stands in front costs a little, or makes it another bone.
    """
    costs = [cost for kept, cost in _shorter(words) for cost in _tails(kept, known, cost)]
    return min(costs, default=None)


def _shorter(words: tuple[str, ...]) -> list[tuple[tuple[str, ...], float]]:
    """The words, and those that are left without the last ones that say nothing, with their costs."""
    kept, cost = words, 0.0
    found = [(kept, cost)]
    while len(kept) > 1 and (kept[-1] in SAYS_NOTHING or kept[-1].isdecimal()):
        cost += 0.1 * (1 + min(int(kept[-1][:2]), 9)) if kept[-1].isdecimal() else 0.1
        kept = kept[:-1]
        found.append((kept, cost))
    return found


def _tails(words: tuple[str, ...], known: Mapping[str, float], cost: float) -> list[float]:
    return [
        cost + known[name] + 0.2 * first
        for first in range(len(words))
        if (name := "".join(words[first:])) in known and not OTHER_BONE.intersection(words[:first])
    ]
