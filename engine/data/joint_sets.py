"""Joint sets of keypoint files: by the joints' names where the file has them, else by number and geometry.

Several sets have the same number of points. They are told apart by how well their bones fit: in the right set a bone
joins near points, so that its tree is hardly longer than the shortest one through the points.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import file_error
from engine.motion.joint_words import words_of
from engine.motion.skeleton import (
    COCO_17,
    COCO_23,
    CROWDPOSE_14,
    H36M_17,
    HALPE_26,
    LAYOUTS,
    MEDIAPIPE_33,
    MPI_INF_3DHP_17,
    MPII_16,
    NTU_25,
    OPENPOSE_25,
    POSETRACK_17,
    SHELF_14,
    Skeleton,
)

Float = NDArray[np.float64]


@dataclass(frozen=True)
class JointSet:
    """One meaning of a number of points.

    skeleton  what they are read as; None for a set that no body of ours has
    points    for each joint of the skeleton its point in the file
    parents   the tree of all points that its bones are measured on
    margin    how much shorter its tree has to be than the usual set's, to be meant
    """

    name: str
    skeleton: Skeleton | None
    points: tuple[int, ...]
    parents: tuple[int, ...]
    margin: float = 1.2


def _whole(skeleton: Skeleton, margin: float = 1.2) -> JointSet:
    return _first(skeleton.name, skeleton, margin)


def _first(name: str, skeleton: Skeleton, margin: float = 1.2) -> JointSet:
    """A set that begins with those of a skeleton; the others are not looked at."""
    return JointSet(name, skeleton, tuple(range(len(skeleton))), skeleton.parents, margin)


# OpenPose's older order of 18 (nose, neck, right arm, left arm, right leg, left leg, eyes, ears) as COCO-17.
COCO_OF_18 = (0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10)
_OPENPOSE_18 = JointSet("OpenPose-18", COCO_17, COCO_OF_18, (1, -1, 1, 2, 3, 1, 5, 6, 1, 8, 9, 1, 11, 12, 0, 0, 14, 15))
_COCO_NECK = JointSet(
    "COCO-17 with a neck", COCO_17, tuple(range(17)), (17, 0, 0, 1, 2, 17, 17, *COCO_17.parents[7:], -1)
)
# COCO-17 with neck and head top for the eyes: trees cannot tell them apart, but a neck lies between shoulders.
_POSETRACK_17 = _whole(POSETRACK_17)
# COCO-17, then neck, head top, left and right big toe, small toe, heel.
_BODY_25B = JointSet(
    "BODY_25B", POSETRACK_17, (0, 17, 18, *range(3, 17)),
    (17, 0, 0, 1, 2, 17, 17, *COCO_17.parents[7:], -1, 0, 15, 19, 15, 16, 22, 16),
)  # fmt: skip
# Eyes, nose, neck, root of the tail, then shoulder, elbow, paw and hip, knee, paw of each side.
_ANIMAL_17 = JointSet("AP-10K (animals)", None, (), (2, 2, 3, -1, 3, 3, 5, 6, 3, 8, 9, 4, 11, 12, 4, 14, 15), 1.5)

SETS: dict[int, tuple[JointSet, ...]] = {  # by number of points; the usual one first
    14: (_whole(CROWDPOSE_14), _whole(SHELF_14, 1.6)),
    16: (_whole(MPII_16),),
    17: (_whole(COCO_17), _whole(H36M_17, 1.6), _whole(MPI_INF_3DHP_17, 1.6), _ANIMAL_17),
    18: (_OPENPOSE_18, _COCO_NECK),
    23: (_whole(COCO_23),),
    25: (_whole(OPENPOSE_25), _BODY_25B, _whole(NTU_25)),
    26: (_whole(HALPE_26),),
    33: (_whole(MEDIAPIPE_33),),
    133: (_first("COCO-WholeBody", COCO_17),),
    136: (_first("Halpe-FullBody", HALPE_26),),
}
_FITS = 2.7  # times the shortest tree: the right set's bones are 1.2 to 1.7, from the side up to 2.6
_FRAMES = 40  # looked at
_ALIASES = {
    "root": "pelvis", "hips": "pelvis", "midhip": "pelvis", "hipcenter": "pelvis", "foot": "ankle", "belly": "spine",
    "torso": "spine", "chest": "thorax", "tophead": "headtop", "head": "headtop",
    "neckbase": "nose", "necknose": "nose", "jaw": "nose", "hand": "wrist",
}  # fmt: skip


def set_by_names(path: Path, names: Sequence[str]) -> JointSet | None:
    """The set with these joint names, in whatever order; None where they say nothing ("1", "kp_2").

    Raises InputError for names of no set that is known.
    """
    if sum(re.fullmatch(r"[A-Za-z]{0,8}[ _-]?\d+", name) is not None for name in names) > len(names) / 2:
        return None
    found = [_canonical(name) for name in names]
    own = [_squashed(name) for name in names]
    best: JointSet | None = None
    for layout in LAYOUTS.values():
        points = [_point(joint, own, found) for joint in layout.names]
        if None not in points and len(set(points)) == len(points) and (best is None or len(points) > len(best.points)):
            best = JointSet(layout.name, layout, tuple(p for p in points if p is not None), layout.parents)
    if best is None:
        known = {_squashed(joint) for layout in LAYOUTS.values() for joint in layout.names}
        strange = [name for name, a, b in zip(names, own, found, strict=True) if not {a, b} & known] or list(names)
        problem = f"names {len(names)} joints, such as {', '.join(strange[:3])}, of no set that is known"
        raise file_error(path, "keypoints", problem, f"give one of {', '.join(LAYOUTS)}")
    return best


def set_by_geometry(path: Path, points: Float) -> tuple[JointSet, tuple[str, ...]]:
    """The set that points (T, K, 3) of x, y, confidence are of, and what is assumed where that is not sure.

    Raises InputError for a number that no set has, and for animals.
    """
    count = points.shape[1]
    if count not in SETS:
        known = ", ".join(map(str, SETS))
        raise file_error(path, "keypoints", f"number {count} a person", f"give a layout of {known} points")
    usual, *others = SETS[count]
    if not others:
        return usual, ()
    scores = {candidate.name: tree_ratio(candidate.parents, points) for candidate in SETS[count]}
    if min(scores.values()) > _FITS:
        return usual, (f"joints of {usual.name}, though no set's bones fit the points",)
    better = [other for other in others if scores[usual.name] >= other.margin * scores[other.name]]
    if not better and usual.skeleton is COCO_17 and count == 17 and _eyes_are_neck(points):
        better = [_POSETRACK_17]
    if not better:
        return usual, ()
    best = min(better, key=lambda candidate: scores.get(candidate.name, 0.0))
    if best.skeleton is None:
        problem = f"number {count} but are those of {best.name}, as their places show"
        raise file_error(path, "keypoints", problem, "give a person's")
    return best, (f"joints of {best.name}, whose bones fit, and not of {usual.name}",)


def _eyes_are_neck(points: Float) -> bool:
    """Tell whether the second of 17 points lies between the shoulders, where the first, the nose, does not."""
    seen = points[(points[:, [0, 1, 5, 6], 2] > 0).all(1), :, :2]
    if len(seen) == 0:
        return False
    middle = (seen[:, 5] + seen[:, 6]) / 2
    nose, second = (np.median(np.linalg.norm(seen[:, k] - middle, axis=-1)) for k in (0, 1))
    return bool(second < 0.5 * nose)


def tree_ratio(parents: Sequence[int], points: Float) -> float:
    """Length of a tree over that of the shortest tree through the same points, median over frames; inf without any.

    parents (K,); points (T, K', 3) x, y, confidence with K' >= K
    """
    own = points[:, : len(parents)]
    frames = own[(own[..., 2] > 0).mean(1) > 0.7]
    ratios = []
    for frame in frames[:: max(1, len(frames) // _FRAMES)]:
        seen = frame[:, 2] > 0
        bones = [(j, p) for j, p in enumerate(parents) if p >= 0 and seen[j] and seen[p]]
        shortest = _shortest_tree(frame[seen, :2])
        if bones and shortest > 0:
            ends = np.array(bones)
            mean = np.linalg.norm(frame[ends[:, 0], :2] - frame[ends[:, 1], :2], axis=-1).mean()
            ratios.append(mean / (shortest / (seen.sum() - 1)))
    return float(np.median(ratios)) if ratios else float("inf")


def _shortest_tree(points: Float) -> float:
    """Length of the minimum spanning tree of points (N, 2), by Prim."""
    far = np.linalg.norm(points - points[0], axis=-1)
    length, waiting = 0.0, np.arange(1, len(points))
    while len(waiting):
        k = int(far[waiting].argmin())
        joined = waiting[k]
        length += float(far[joined])
        waiting = np.delete(waiting, k)
        far = np.minimum(far, np.linalg.norm(points - points[joined], axis=-1))
    return length


def _squashed(name: str) -> str:
    """Side and words written together: "Left_Big_Toe" -> "left bigtoe"."""
    side, words = words_of(name)
    return f"{side} {''.join(words)}".strip()


def _canonical(name: str) -> str:
    side, words = words_of(name)
    return f"{side} {_ALIASES.get(''.join(words), ''.join(words))}".strip()


def _point(joint: str, own: Sequence[str], found: Sequence[str]) -> int | None:
    """The point that is called as a joint is, else the one by another name for it."""
    wanted = _squashed(joint)
    return next((names.index(wanted) for names in (own, found) if wanted in names), None)
