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
        children: dict[int, list[int]] = {}
        for j, parent in enumerate(self.parents):
            children.setdefault(parent, []).append(j)
        done = list(children.get(-1, []))
        for j in done:  # grows while it is walked
            done += children.get(j, [])
        if len(done) != len(self):
            raise ValueError(f"{self.name}: the parents form a cycle")
        return tuple(done)

    @cached_property
    def mirror(self) -> NDArray[np.intp]:
        """(J,) permutation that swaps left and right joints."""
        index = np.arange(len(self))
        index[list(self.left)], index[list(self.right)] = list(self.right), list(self.left)
        return index

    def index(self, name: str) -> int:
        return self.names.index(name)


def with_sides(name: str, names: tuple[str, ...], parents: tuple[int, ...]) -> Skeleton:
    """A skeleton whose left/right pairs are found from its joint names ("LeftArm", "RightArm")."""
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
    """The word itself, its letter alone, or its letter first: before a capital or before a bone's name; or last."""
    capital = word[0].upper()
    either = f"[{word[0].lower()}{capital}]"
    bones = (
        "hip|femur|thigh|knee|tibia|shin|leg|ankle|foot|toe|clav|collar|should|humer|arm|elbow|radi|fore|"
        "wrist|hand|finger|thumb"
    )
    return re.compile(
        rf"(?i:{word})|(?<![A-Za-z]){either}(?![A-Za-z])|(?<![A-Za-z0-9]){either}(?=[A-Z][a-z])"
        rf"|\b{word[0].lower()}(?={bones})|(?<![A-Za-z0-9]){capital}(?=[UF]Arm|ULeg)|(?<=[a-z]){capital}(?![A-Za-z])"
    )


def _to_right(left: re.Match[str]) -> str:
    return {"left": "right", "LEFT": "RIGHT", "l": "r", "L": "R"}.get(left[0], "Right")


_LEFT, _RIGHT = _side_pattern("left"), _side_pattern("right")


def _layout(name: str, joints: str, parents: list[int]) -> Skeleton:
    return with_sides(name, tuple(j.strip() for j in joints.split(",")), tuple(parents))


H36M_17 = _layout(
    "H36M-17",
    """pelvis, right hip, right knee, right ankle, left hip, left knee, left ankle, spine, thorax, nose,
    head top, left shoulder, left elbow, left wrist, right shoulder, right elbow, right wrist""",
    [-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15],
)

SMPL_24 = _layout(
    "SMPL-24",
    """pelvis, left hip, right hip, spine1, left knee, right knee, spine2, left ankle, right ankle, spine3,
    left foot, right foot, neck, left collar, right collar, head, left shoulder, right shoulder,
    left elbow, right elbow, left wrist, right wrist, left hand, right hand""",
    [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21],
)

SMPL_22 = with_sides("SMPL-22", SMPL_24.names[:22], SMPL_24.parents[:22])  # the body of SMPL-H and SMPL-X

# COCO has no pelvis and no neck: its tree hangs on the nose.
COCO_17 = _layout(
    "COCO-17",
    """nose, left eye, right eye, left ear, right ear, left shoulder, right shoulder, left elbow,
    right elbow, left wrist, right wrist, left hip, right hip, left knee, right knee, left ankle,
    right ankle""",
    [-1, 0, 0, 1, 2, 0, 0, 5, 6, 7, 8, 5, 6, 11, 12, 13, 14],
)

OPENPOSE_25 = _layout(
    "OpenPose-25",
    """nose, neck, right shoulder, right elbow, right wrist, left shoulder, left elbow, left wrist, pelvis,
    right hip, right knee, right ankle, left hip, left knee, left ankle, right eye, left eye, right ear,
    left ear, left big toe, left small toe, left heel, right big toe, right small toe, right heel""",
    [1, 8, 1, 2, 3, 1, 5, 6, -1, 8, 9, 10, 8, 12, 13, 0, 0, 15, 16, 14, 19, 14, 11, 22, 11],
)

MEDIAPIPE_33 = _layout(
    "MediaPipe-33",
    """nose, left eye inner, left eye, left eye outer, right eye inner, right eye, right eye outer,
    left ear, right ear, left mouth, right mouth, left shoulder, right shoulder, left elbow,
    right elbow, left wrist, right wrist, left pinky, right pinky, left index, right index, left thumb,
    right thumb, left hip, right hip, left knee, right knee, left ankle, right ankle, left heel,
    right heel, left foot index, right foot index""",
    [-1, 0, 1, 2, 0, 4, 5, 3, 6, 0, 0, 0, 0, 11, 12, 13, 14, 15, 16, 15, 16, 15, 16, 11, 12, 23, 24, 25, 26,
     27, 28, 27, 28],
)  # fmt: skip

POSETRACK_17 = _layout(
    "PoseTrack-17",
    """nose, neck, head top, left ear, right ear, left shoulder, right shoulder, left elbow, right elbow,
    left wrist, right wrist, left hip, right hip, left knee, right knee, left ankle, right ankle""",
    [1, -1, 0, 0, 0, 1, 1, 5, 6, 7, 8, 5, 6, 11, 12, 13, 14],
)

HALPE_26 = _layout(
    "Halpe-26",
    ", ".join(COCO_17.names) + ", head top, neck, pelvis, left big toe, right big toe, left small toe, "
    "right small toe, left heel, right heel",
    [18, 0, 0, 1, 2, 18, 18, 5, 6, 7, 8, 19, 19, 11, 12, 13, 14, 0, 19, -1, 15, 16, 20, 21, 15, 16],
)

MPI_INF_3DHP_17 = _layout(
    "MPI-INF-3DHP-17",
    """head top, neck, right shoulder, right elbow, right wrist, left shoulder, left elbow, left wrist,
    right hip, right knee, right ankle, left hip, left knee, left ankle, pelvis, spine, head""",
    [1, 15, 1, 2, 3, 1, 5, 6, 14, 8, 9, 14, 11, 12, -1, 14, 1],
)

PANOPTIC_15 = _layout(
    "Panoptic-15",
    """neck, nose, pelvis, left shoulder, left elbow, left wrist, left hip, left knee, left ankle,
    right shoulder, right elbow, right wrist, right hip, right knee, right ankle""",
    [2, 0, -1, 0, 3, 4, 2, 6, 7, 0, 9, 10, 2, 12, 13],
)

PANOPTIC_19 = with_sides(
    "Panoptic-19",
    (*PANOPTIC_15.names, "left eye", "left ear", "right eye", "right ear"),
    (*PANOPTIC_15.parents, 1, 15, 1, 17),
)

SHELF_14 = _layout(
    "Shelf-14",
    """right ankle, right knee, right hip, left hip, left knee, left ankle, right wrist, right elbow,
    right shoulder, left shoulder, left elbow, left wrist, neck, head top""",
    [1, 2, 12, 12, 3, 4, 7, 8, 12, 12, 9, 10, -1, 12],
)

NTU_25 = _layout(
    "NTU-25",
    """pelvis, spine, neck, head, left shoulder, left elbow, left wrist, left hand, right shoulder,
    right elbow, right wrist, right hand, left hip, left knee, left ankle, left foot, right hip,
    right knee, right ankle, right foot, thorax, left hand tip, left thumb, right hand tip, right thumb""",
    [-1, 0, 20, 2, 20, 4, 5, 6, 20, 8, 9, 10, 0, 12, 13, 14, 0, 16, 17, 18, 1, 7, 7, 11, 11],
)

COCO_23 = with_sides(
    "COCO-23",
    (*COCO_17.names, "left big toe", "left small toe", "left heel", "right big toe", "right small toe", "right heel"),
    (*COCO_17.parents, 15, 17, 15, 16, 20, 16),
)

CROWDPOSE_14 = _layout(
    "CrowdPose-14",
    """left shoulder, right shoulder, left elbow, right elbow, left wrist, right wrist, left hip, right hip,
    left knee, right knee, left ankle, right ankle, head top, neck""",
    [13, 13, 0, 1, 2, 3, 13, 13, 6, 7, 8, 9, 13, -1],
)

MPII_16 = _layout(
    "MPII-16",
    """right ankle, right knee, right hip, left hip, left knee, left ankle, pelvis, thorax, upper neck, head top,
    right wrist, right elbow, right shoulder, left shoulder, left elbow, left wrist""",
    [1, 2, 6, 6, 3, 4, -1, 6, 7, 8, 11, 12, 7, 7, 13, 14],
)

LAYOUTS: dict[str, Skeleton] = {
    layout.name: layout
    for layout in (
        H36M_17, SMPL_24, SMPL_22, COCO_17, OPENPOSE_25, MEDIAPIPE_33, POSETRACK_17, HALPE_26,
        MPI_INF_3DHP_17, PANOPTIC_15, PANOPTIC_19, CROWDPOSE_14, SHELF_14, NTU_25,
        COCO_23, MPII_16,
    )
}  # fmt: skip
