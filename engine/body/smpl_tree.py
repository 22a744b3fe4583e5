"""Trees of the licensed bodies, and what of them becomes a joint of SMPL-24.

The first 22 joints are SMPL's in all of them. SMPL has 24, with one joint a hand; SMPL-H 52, with 15 finger joints a
hand in the order index, middle, little, ring finger, thumb; SMPL-X 55, with jaw and eyes before the fingers.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import file_error
from engine.motion.skeleton import SMPL_24

Float = NDArray[np.float64]

MODELS = {24: "SMPL", 52: "SMPL-H", 55: "SMPL-X"}
"""By the number of joints."""
BODY = 22
BODY_FEATURES = 9 * (BODY - 1)
HEAD, WRISTS = SMPL_24.index("head"), (SMPL_24.index("left wrist"), SMPL_24.index("right wrist"))
FINGERS = 4
"""Of the finger joints at a wrist, those before the thumb."""


@dataclass(frozen=True)
class Tree:
    """A tree of J joints, the first 22 of them SMPL's.

    becomes  (J,) the SMPL-24 joint that each goes with
    firsts   by SMPL-24 joint beyond 22: the joints whose mean it is
    """

    model: str
    becomes: tuple[int, ...]
    firsts: dict[int, tuple[int, ...]]

    def __len__(self) -> int:
        return len(self.becomes)

    def weights(self, weights: Float) -> Float:
        """Skinning weights (V, J) -> (V, 24): those of joints that go together, added."""
        result = np.zeros((len(weights), len(SMPL_24)))
        for joint, target in enumerate(self.becomes):
            result[:, target] += weights[:, joint]
        return result

    def joints(self, regressor: Float) -> Float:
        """Joint regressor (J, V) -> (24, V)."""
        hands = [regressor[list(self.firsts[joint])].mean(0) for joint in range(BODY, len(SMPL_24))]
        return np.concatenate([regressor[:BODY], hands])


def tree_of(path: Path, table: Float, joints: int) -> Tree:
    """The tree in a file's kintree_table (2, J): parents, and their children. Raises InputError for any other tree."""
    remedy = "give a model file of SMPL, SMPL-H or SMPL-X"
    if joints not in MODELS:
        raise file_error(path, "weights", f"are of {joints} joints instead of 24, 52 or 55", remedy)
    parents = [-1, *(int(parent) for parent in table[0, 1:])]
    if table[1].tolist() != list(range(joints)) or any(not 0 <= p < j for j, p in enumerate(parents) if j):
        raise file_error(path, "kintree_table", "is no tree in which parents come before their children", remedy)
    if tuple(parents[:BODY]) != SMPL_24.parents[:BODY]:
        raise file_error(path, "kintree_table", "is not SMPL's tree of 22 body joints", remedy)
    if MODELS[joints] == "SMPL":
        if tuple(parents) != SMPL_24.parents:
            raise file_error(path, "kintree_table", "is not SMPL's tree of 24 joints", remedy)
        return Tree("SMPL", tuple(range(24)), {22: (22,), 23: (23,)})
    hands = dict(zip(WRISTS, range(BODY, len(SMPL_24)), strict=True))
    becomes = list(range(BODY))
    for parent in parents[BODY:]:
        becomes.append(hands.get(parent, HEAD if parent == HEAD else becomes[parent] if parent >= BODY else -1))
    firsts = {hand: tuple(j for j, p in enumerate(parents) if p == wrist and j >= BODY)[:FINGERS]
              for wrist, hand in hands.items()}  # fmt: skip
    if -1 in becomes or any(len(joints_of) < FINGERS for joints_of in firsts.values()):
        raise file_error(
            path, "kintree_table", "hangs its further joints neither on the wrists nor on the head", remedy
        )
    return Tree(MODELS[joints], tuple(becomes), firsts)
