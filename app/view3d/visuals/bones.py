"""A skeleton's capsules: tapered bones and round joints, their thickness and their colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.view3d.theme import Colour
from engine.motion.skeleton import Skeleton

Float = NDArray[np.float64]

THIN, THICK = 0.017, 0.041  # metres on a grown person: radius at a leaf joint and at the root
ADULT_REACH = 1.1  # metres from the root to the farthest leaf of a grown person
JOINT = 1.16  # a joint's radius over its bones'
HEAD = (0.07, 0.079, 0.33)  # radii of the bone inside the head, and the part of it that is left out at both ends
LONG_HEAD = 0.06  # metres on a grown person: bones of a head that are longer, or else the longest one, are round
SAMPLES = 200  # frames that bone lengths are read from
LEFT_TINT, RIGHT_SHADE = 0.24, 0.22  # left limbs are a little lighter, right ones a little darker


def build_of(skeleton: Skeleton, positions: Float) -> Float:
    """Return the build (N, 3) of each bone, then each joint (see `CapsulesVisual.set_items`), from (T, J, 3) metres.

    A joint is as thick as what hangs from it is long, so limbs taper and hands and faces stay fine, whatever the rig.
    """
    positions = positions[:: max(1, len(positions) // SAMPLES)]
    parents = [parent if parent >= 0 else joint for joint, parent in enumerate(skeleton.parents)]
    steps = np.linalg.norm(positions - positions[:, parents], axis=-1)
    known = np.isfinite(steps).any(0)
    length = np.zeros(len(skeleton))
    length[known] = np.nanmedian(steps[:, known], axis=0)
    reach, longest = np.zeros(len(skeleton)), length.copy()
    for joint in reversed(skeleton.order):
        parent = skeleton.parents[joint]
        if parent >= 0:
            reach[parent] = max(reach[parent], reach[joint] + length[joint])
            longest[parent] = max(longest[parent], length[joint])
    whole = max(float(reach[skeleton.root]), 1e-3)
    scale = whole / ADULT_REACH
    radius = np.minimum(scale * (THIN + (THICK - THIN) * reach / whole), 0.4 * longest)
    bones = np.insert(radius[capsules_of(skeleton)[: len(skeleton.bones)]], 2, 0.0, axis=-1)
    heads = {child: row for row, (_, child) in enumerate(skeleton.bones) if "head" in skeleton.names[child].lower()}
    largest = max(heads, key=lambda child: float(length[child]), default=None)
    for child, row in heads.items():
        # A detector's head reaches from nose to eyes; it is round all the same.
        if length[child] > LONG_HEAD * scale or (child == largest and length[child] > 0):
            bones[row] = np.multiply(HEAD, (scale, scale, 1.0))
    joints = np.stack([JOINT * radius, JOINT * radius, np.zeros_like(radius)], axis=-1)
    return np.concatenate([bones, joints])


def side_colours(skeleton: Skeleton, colour: Colour) -> Float:
    """Colour a skeleton (J, 3), its left side a little lighter and its right side a little darker."""
    colours = np.tile(np.asarray(colour), (len(skeleton), 1))
    left, right = list(skeleton.left), list(skeleton.right)
    colours[left] += LEFT_TINT * (1 - colours[left])
    colours[right] *= 1 - RIGHT_SHADE
    return colours


def capsules_of(skeleton: Skeleton) -> NDArray[np.intp]:
    """Return joint indices (N, 2): parent and child of every bone, then every joint twice."""
    joints = np.arange(len(skeleton))
    bones = np.array(skeleton.bones, dtype=np.intp).reshape(-1, 2)
    return np.concatenate([bones, np.stack([joints, joints], -1)])
