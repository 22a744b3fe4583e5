"""Skeletons: joint names, parents and left/right pairs of every joint order that Kinestate knows.

Index lists follow the published layouts (specification data_and_metrics.md, section 1); all indices 0-based.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Skeleton:
    """A joint order.

    names    (J,) joint names
    parents  (J,) index of the parent joint, -1 at the root; any order (a child may precede its parent)
    left, right  equally long index lists of the mirrored joints (left[i] is the mirror of right[i])
    """

    name: str
    names: tuple[str, ...]
    parents: tuple[int, ...]
    left: tuple[int, ...] = ()
    right: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if len(self.names) != len(self.parents):
            raise ValueError(f"{self.name}: {len(self.names)} names but {len(self.parents)} parents")
        if len(self.left) != len(self.right):
            raise ValueError(f"{self.name}: left and right lists differ in length")

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def root(self) -> int:
        return self.parents.index(-1)

    @cached_property
    def bones(self) -> tuple[tuple[int, int], ...]:
        """(parent, child) index pairs."""
        return tuple((p, j) for j, p in enumerate(self.parents) if p >= 0)

    @cached_property
    def order(self) -> tuple[int, ...]:
        """Joint indices, every parent before its children."""
        done: list[int] = []
        waiting = list(range(len(self)))
        while waiting:
            ready = [j for j in waiting if self.parents[j] < 0 or self.parents[j] in done]
            if not ready:
                raise ValueError(f"{self.name}: the parents form a cycle")
            done += ready
            waiting = [j for j in waiting if j not in ready]
        return tuple(done)

    @cached_property
    def mirror(self) -> NDArray[np.intp]:
        """(J,) permutation that swaps left and right joints."""
        index = np.arange(len(self))
        index[list(self.left)], index[list(self.right)] = list(self.right), list(self.left)
        return index

    def index(self, name: str) -> int:
        return self.names.index(name)


H36M_17 = Skeleton(
    "H36M-17",
    ("pelvis", "right hip", "right knee", "right ankle", "left hip", "left knee", "left ankle", "spine",
     "thorax", "nose", "head top", "left shoulder", "left elbow", "left wrist", "right shoulder",
     "right elbow", "right wrist"),
    (-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15),
    left=(4, 5, 6, 11, 12, 13),
    right=(1, 2, 3, 14, 15, 16),
)  # fmt: skip


def with_sides(name: str, names: tuple[str, ...], parents: tuple[int, ...]) -> Skeleton:
    """A skeleton whose left/right pairs are found from its joint names ("LeftArm"/"RightArm", "lShldr"/"rShldr")."""
    where = {n: j for j, n in enumerate(names)}
    pairs = [
        (j, where[other])
        for j, n in enumerate(names)
        if side_of(n)[0] == "left" and (other := _LEFT.sub(_to_right, n, count=1)) in where
    ]
    return Skeleton(name, names, parents, left=tuple(p[0] for p in pairs), right=tuple(p[1] for p in pairs))


def side_of(name: str) -> tuple[str, str]:
    """("left" | "right" | "", the name without its side): "LeftUpLeg" -> ("left", "UpLeg")."""
    for side, pattern in (("left", _LEFT), ("right", _RIGHT)):
        if pattern.search(name):
            return side, pattern.sub("", name, count=1)
    return "", name


def _side_pattern(word: str) -> re.Pattern[str]:
    """A side is the word itself, a letter of its own, or a first letter before a capital or a bone of CMU's ASF files."""
    small, capital = word[0].lower(), word[0].upper()
    bones = (
        "hip|femur|tibia|foot|toes|clav|humer|radi|wrist|hand|finger|thumb|knee|ankle|elbow|should|thigh|shin"
    )
    return re.compile(
        rf"(?i:{word})|(?<![A-Za-z])[{small}{capital}](?![A-Za-z])|\b[{small}{capital}](?=[A-Z][a-z])|\b{small}(?={bones})"
    )


def _to_right(left: re.Match[str]) -> str:
    return {"left": "right", "Left": "Right", "LEFT": "RIGHT", "l": "r", "L": "R"}.get(left[0], "right")


_LEFT, _RIGHT = _side_pattern("left"), _side_pattern("right")
