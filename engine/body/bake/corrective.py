"""Corrective pose directions: what plain skinning gets wrong when one joint turns, as a linear function of R - I.

A joint's rotations are drawn at random, and for each a better place of every vertex is made: the twist about the bone
is spread along the limb, and the swing is blended between matrices and quaternions, which keep the volume. The offset
before skinning that reaches that place is regressed on the rotation's nine numbers (SMPL, equation 9).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from engine.body.bake.mirror import mirrored_pose_directions
from engine.body.bake.source import Float
from engine.motion.skeleton import SMPL_24

SAMPLES, RIDGE, DAMPING, LEAST = 160, 0.5, 0.02, 3e-4
"""Rotations a joint; ridge of the regression; damping of the way back through skinning; metres that count as none."""
NAMES = SMPL_24.names
Degrees = tuple[float, float]


@dataclass(frozen=True)
class Bend:
    """How one joint is corrected; degrees.

    twist    range about the bone's axis
    swing    ranges of the rotation vector's other parts, by axis
    volume   share of quaternion blending in the swing
    spread   the twist grows along a bone: (from joint, to joint, first share, last share); None: with the weights
    """

    joint: str
    bone: tuple[str, str]
    twist: Degrees
    swing: dict[str, Degrees]
    volume: float
    spread: tuple[str, str, float, float] | None = None


BENDS = (
    Bend("left wrist", ("left elbow", "left wrist"), (-100, 100), {"y": (-50, 50), "z": (-70, 70)}, 0.3,
         ("left elbow", "left wrist", 0.1, 1.0)),
    Bend("left shoulder", ("left shoulder", "left elbow"), (-80, 80), {"y": (-110, 40), "z": (-85, 85)}, 0.2,
         ("left shoulder", "left elbow", 0.0, 0.75)),
    Bend("left elbow", ("left elbow", "left wrist"), (0, 0), {"y": (-145, 5)}, 0.5),
    Bend("left hip", ("left hip", "left knee"), (-45, 45), {"x": (-120, 40), "z": (-20, 60)}, 0.35,
         ("left hip", "left knee", 0.0, 0.6)),
    Bend("left knee", ("left knee", "left ankle"), (0, 0), {"x": (-3, 140)}, 0.5),
    Bend("left ankle", ("left knee", "left ankle"), (-20, 20), {"x": (-40, 50), "z": (-25, 25)}, 0.3),
    Bend("left collar", ("left collar", "left shoulder"), (-15, 15), {"y": (-30, 20), "z": (-15, 40)}, 0.4),
    Bend("spine1", ("pelvis", "spine1"), (-30, 30), {"x": (-20, 40), "z": (-25, 25)}, 0.4),
    Bend("spine2", ("spine1", "spine2"), (-30, 30), {"x": (-20, 40), "z": (-25, 25)}, 0.4),
    Bend("spine3", ("spine2", "spine3"), (-30, 30), {"x": (-20, 40), "z": (-25, 25)}, 0.4),
    Bend("neck", ("neck", "head"), (-50, 50), {"x": (-40, 50), "z": (-35, 35)}, 0.4),
    Bend("head", ("neck", "head"), (-60, 60), {"x": (-40, 40), "z": (-30, 30)}, 0.4),
)  # fmt: skip


def pose_directions(
    template: Float,
    joints: Float,
    weights: Float,
    mirror: NDArray[np.int64],
    random: np.random.Generator,
    say: Callable[[str], None],
) -> Float:
    """(V, 3, 207) for vertices (V, 3), joints (24, 3) and weights (V, 24) at rest; `say` gets each joint's figures."""
    by_joint = np.zeros((len(template), 3, 23, 9))
    for bend in BENDS:
        found, before, after = _directions(bend, template, joints, weights, random)
        by_joint[:, :, NAMES.index(bend.joint) - 1] = found
        say(f"{bend.joint}: {before:.1f} -> {after:.1f} mm rms over {np.abs(found).any((1, 2)).sum()} vertices")
    result = by_joint.reshape(len(template), 3, 207)
    image = mirrored_pose_directions(result, mirror)
    middle = np.repeat([NAMES[j].split()[0] not in ("left", "right") for j in range(1, 24)], 9)
    return np.where(middle, (result + image) / 2, result + image)


def _directions(
    bend: Bend, template: Float, joints: Float, weights: Float, random: np.random.Generator
) -> tuple[Float, float, float]:
    """(V, 3, 9) of one joint, and the rms error in mm without and with them where they are not zero."""
    j = NAMES.index(bend.joint)
    share = weights[:, _subtree(j)].sum(1)
    limb = share if bend.spread is None else weights[:, _subtree(NAMES.index(bend.spread[0]))].sum(1)
    some = np.flatnonzero((limb > 1e-3) & (share < 1 - 1e-3) if bend.spread is None else limb > 1e-3)
    axis = joints[NAMES.index(bend.bone[1])] - joints[NAMES.index(bend.bone[0])]
    axis /= np.linalg.norm(axis)
    twists, swings = _draw(bend, axis, random)
    rotations = (swings * twists).as_matrix()
    local, weight = (template - joints[j])[some], share[some]
    offsets = np.empty((SAMPLES, len(some), 3))
    errors = np.empty((SAMPLES, len(some), 3))
    spread = weight if bend.spread is None else limb[some] * _along(bend.spread, template[some], joints)
    for n in range(SAMPLES):
        twisted = Rotation.from_rotvec(spread[:, None] * twists[n].as_rotvec()).apply(local)
        swing = swings[n].as_rotvec()
        linear = twisted + weight[:, None] * (swings[n].apply(twisted) - twisted)
        round_ = Rotation.from_rotvec(_blended(weight, swing)).apply(twisted)
        target = (1 - bend.volume) * linear + bend.volume * round_
        blend = np.eye(3) + weight[:, None, None] * (rotations[n] - np.eye(3))
        errors[n] = target - np.einsum("vij,vj->vi", blend, local)
        square = np.einsum("vki,vkj->vij", blend, blend) + DAMPING * np.eye(3)
        offsets[n] = np.linalg.solve(square, np.einsum("vki,vk->vi", blend, errors[n])[..., None])[..., 0]
    features = (rotations - np.eye(3)).reshape(SAMPLES, 9)
    solve = np.linalg.solve(features.T @ features + RIDGE * np.eye(9), features.T)
    found = np.einsum("fn,nvd->vdf", solve, offsets)
    reached = np.einsum("vdf,nf->nvd", found, features)
    used = np.linalg.norm(reached, axis=-1).max(0) > LEAST
    blends = np.eye(3) + weight[None, used, None, None] * (rotations - np.eye(3))[:, None]
    left = errors[:, used] - np.einsum("nvij,nvj->nvi", blends, reached[:, used])
    result = np.zeros((len(template), 3, 9))
    result[some[used]] = found[used]
    return result, _rms(errors[:, used]), _rms(left)


def _draw(bend: Bend, axis: Float, random: np.random.Generator) -> tuple[Rotation, Rotation]:
    swing = np.zeros((SAMPLES, 3))
    for name, (low, high) in bend.swing.items():
        swing[:, "xyz".index(name)] = np.radians(random.uniform(low, high, SAMPLES))
    twist = np.radians(random.uniform(*bend.twist, SAMPLES))
    return Rotation.from_rotvec(twist[:, None] * axis), Rotation.from_rotvec(swing)


def _along(spread: tuple[str, str, float, float], vertices: Float, joints: Float) -> Float:
    """(V,) a smooth step from 0 to 1 between two shares of the way from one joint to another."""
    start, end = (joints[NAMES.index(name)] for name in spread[:2])
    way = (vertices - start) @ (end - start) / ((end - start) @ (end - start))
    t = np.clip((way - spread[2]) / (spread[3] - spread[2]), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def _blended(weights: Float, swing: Float) -> Float:
    """Rotation vectors (V, 3) of the identity's quaternion blended with that of a rotation vector, normalised."""
    angle = float(np.linalg.norm(swing))
    if angle < 1e-9:
        return np.zeros((len(weights), 3))
    half = np.arctan2(weights * np.sin(angle / 2), 1 - weights + weights * np.cos(angle / 2))
    return np.asarray(2 * half[:, None] * swing / angle)


def _subtree(joint: int) -> NDArray[np.bool_]:
    """(24,) the joint and all that hang on it."""
    found = np.zeros(len(NAMES), bool)
    found[joint] = True
    for child in SMPL_24.order:
        found[child] |= SMPL_24.parents[child] >= 0 and found[SMPL_24.parents[child]]
    return found


def _rms(errors: Float) -> float:
    return float(1000 * np.sqrt((errors**2).sum(-1).mean())) if errors.size else 0.0
