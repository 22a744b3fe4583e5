"""Least-squares refinement of a body's pose towards points: batched Gauss-Newton over frames."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.body.retarget.matrices import turn
from engine.body.retarget.points import JOINTS, NAMES, PARENTS, positions_of

Float = NDArray[np.float64]

MOVING = np.array([j for j in range(JOINTS) if j in PARENTS])
"""Joints whose rotation moves another point."""
_LARGEST_STEP = 0.7  # radians; a longer step of a frame is shortened as one


def _next_on_the_way() -> NDArray[np.intp]:
    """[j, k]: the child of joint j through which point k hangs on it; j itself where k does not."""
    count = len(NAMES)
    table = np.tile(np.arange(count)[:, None], count)
    for k in range(count):
        child, joint = k, int(PARENTS[k])
        while joint >= 0:
            table[joint, k] = child
            child, joint = joint, int(PARENTS[joint])
    return table


_WAY = _next_on_the_way()


@dataclass(frozen=True, eq=False)
class Stiffness:
    """What holds a pose near its start, metres a radian.

    turn  (24,) against turning a joint's global rotation
    bend  (24,) against turning it otherwise than its parent's
    """

    turn: Float
    bend: Float

    @cached_property
    def normal(self) -> Float:
        """The quadratic form (3 N, 3 N) of both over the turns of the MOVING joints."""
        result = np.diag(self.turn[MOVING] ** 2)
        at = {int(j): n for n, j in enumerate(MOVING)}
        for j, n in at.items():
            parent = at.get(int(PARENTS[j]))
            if parent is not None:
                pair = np.zeros(len(MOVING))
                pair[n], pair[parent] = 1.0, -1.0
                result += self.bend[j] ** 2 * np.outer(pair, pair)
        return np.asarray(np.kron(result, np.eye(3)), np.float64)


def refine(
    turned: Float, root: Float, offsets: Float, targets: Float, weights: Float, stiffness: Stiffness, *, steps: int
) -> tuple[Float, Float]:
    """Global rotations (T, 24, 3, 3) and root (T, 3) that bring points nearer to targets (T, 27, 3) metres, world.

    Minimises the weighted squared distances, weights (27,), and the stiffness against turns away from the start. A
    weight of zero leaves a point free; its target may be NaN. The unknowns of a step are a small turn, in the world's
    axes, of each joint's global rotation, and a shift of the root: a limb keeps its direction and its roll where the
    trunk moves. Joints that move no other point (hands, toes) keep their global rotations.
    """
    frames, count = len(turned), len(MOVING)
    aim = np.flatnonzero(weights > 0)
    pull = np.sqrt(weights[aim])
    way = _WAY[np.ix_(MOVING, aim)].T  # (K, N)
    unknowns = 3 * count + 3
    held = stiffness.normal
    prior = np.zeros((unknowns, unknowns))
    prior[:-3, :-3], prior[-3:, -3:] = held, 1e-9 * np.eye(3)
    jacobian = np.zeros((frames, len(aim), 3, count + 1, 3))
    jacobian[..., -1, :] = np.eye(3) * pull[:, None, None]
    flat = jacobian.reshape(frames, -1, unknowns)
    total = np.zeros((frames, 3 * count))
    for _ in range(steps):
        joints = positions_of(turned, root, offsets)
        off = pull[:, None] * (targets[:, aim] - joints[:, aim])
        arms = (joints[:, way] - joints[:, MOVING][:, None]) * pull[:, None, None]
        for a, b, c in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):  # turn x arm
            jacobian[:, :, a, :-1, b] = arms[..., c]
            jacobian[:, :, b, :-1, a] = -arms[..., c]
        back = flat.transpose(0, 2, 1)
        right = (back @ off.reshape(frames, -1, 1))[..., 0]
        right[:, :-3] -= total @ held
        found = np.asarray(np.linalg.solve(back @ flat + prior, right[..., None])[..., 0], float)
        most = np.abs(found[:, :-3]).max(1, keepdims=True)
        found *= np.minimum(1.0, _LARGEST_STEP / np.maximum(most, 1e-12))
        total += found[:, :-3]
        root = root + found[:, -3:]
        turned = turned.copy()
        turned[:, MOVING] = turn(found[:, :-3].reshape(frames, count, 3)) @ turned[:, MOVING]
    return turned, root
