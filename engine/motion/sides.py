"""Left and right, checked against the body: knees bend forward, and toes point there."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from engine.motion.roles import hangs_on
from engine.motion.skeleton import Skeleton

Float = NDArray[np.float64]

_SURE = 0.25  # mean sine or cosine that is no accident; upright shins and level feet give 0.3 to 1
_BENT = 0.15  # of a leg's length by which a knee lies off the line from hip to ankle


def swapped_sides(skeleton: Skeleton, roles: Mapping[str, int], positions: Float) -> bool:
    """Tell whether the joints called left are those of a right side: names exchanged, or a mirrored world.

    positions (T, J, 3). Up is from ankles to head, ahead is what knees and toes say, left is then known. Only what
    knees and toes agree on counts: a straight leg, or a rig without feet, says nothing.
    """
    said = [vote for vote in (_toes(skeleton, roles, positions), _knees(roles, positions)) if abs(vote) > _SURE]
    return bool(said) and all(vote < 0 for vote in said) and (len(said) == 2 or said[0] < -2 * _SURE)


def _ahead(roles: Mapping[str, int], positions: Float) -> Float:
    """(T, 3) where the person faces if the joints called left are left; unit vectors."""
    hips = positions[:, roles["left hip"]] - positions[:, roles["right hip"]]
    ankles = (positions[:, roles["left ankle"]] + positions[:, roles["right ankle"]]) / 2
    ahead = np.cross(hips, positions[:, roles["head"]] - ankles)
    return np.asarray(ahead / np.maximum(np.linalg.norm(ahead, axis=-1, keepdims=True), 1e-12))


def _toes(skeleton: Skeleton, roles: Mapping[str, int], positions: Float) -> float:
    """Mean cosine of feet and ahead; 0 where no joint hangs on the ankles."""
    ahead, votes = _ahead(roles, positions), []
    for side in ("left", "right"):
        ankle = roles[f"{side} ankle"]
        toes = [j for j in range(len(skeleton)) if hangs_on(j, ankle, skeleton.parents)]
        if toes:
            foot = positions[:, toes] - positions[:, [ankle]]
            farthest = foot[np.arange(len(foot)), np.linalg.norm(foot, axis=-1).argmax(1)]
            size = np.maximum(np.linalg.norm(farthest, axis=-1), 1e-9)
            votes.append(float(np.median((farthest * ahead).sum(-1) / size)))
    return float(np.mean(votes)) if votes else 0.0


def _knees(roles: Mapping[str, int], positions: Float) -> float:
    """Mean cosine of the bend of knees and ahead, over the frames in which one is bent; 0 where none is."""
    ahead, votes = _ahead(roles, positions), []
    for side in ("left", "right"):
        hip, knee, ankle = (positions[:, roles[f"{side} {joint}"]] for joint in ("hip", "knee", "ankle"))
        leg = ankle - hip
        length = np.maximum(np.linalg.norm(leg, axis=-1, keepdims=True), 1e-9)
        out = (knee - hip) - ((knee - hip) * leg).sum(-1, keepdims=True) / length**2 * leg
        size = np.linalg.norm(out, axis=-1)
        bent = size > _BENT * length[:, 0]
        if bent.any():
            votes.append(float(np.mean((out * ahead).sum(-1)[bent] / size[bent])))
    return float(np.mean(votes)) if votes else 0.0
