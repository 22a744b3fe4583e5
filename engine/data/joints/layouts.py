"""Joint sets by their number of points; sets of one size are told apart by the lengths of their limbs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import file_error
from engine.motion.conversions import RULES
from engine.motion.rules import apply_rule
from engine.motion.skeleton import (
    COCO_17,
    H36M_17,
    HALPE_26,
    MEDIAPIPE_33,
    MPI_INF_3DHP_17,
    NTU_25,
    OPENPOSE_25,
    PANOPTIC_15,
    PANOPTIC_19,
    SMPL_22,
    SMPL_24,
    Skeleton,
)

Float = NDArray[np.float64]

SETS: dict[int, tuple[Skeleton, ...]] = {
    15: (PANOPTIC_15,),
    17: (H36M_17, COCO_17, MPI_INF_3DHP_17),
    19: (PANOPTIC_19,),
    22: (SMPL_22,),
    24: (SMPL_24,),
    25: (NTU_25, OPENPOSE_25),
    26: (HALPE_26,),
    33: (MEDIAPIPE_33,),
}
_BODY = 0.2  # misfit; of a true set 0.01 to 0.1, of another of its size 0.23 and more
_LIMBS = (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"))


def set_of(path: Path, points: Float) -> tuple[Skeleton, list[str]]:
    """Return the joint set of points (T, J, 3), and a note where there are several of its size. Raises InputError."""
    count = points.shape[1]
    if count not in SETS:
        known = ", ".join(map(str, SETS))
        raise file_error(path, "joints", f"number {count}", f"give a known set, of {known}")
    found = sorted(SETS[count], key=lambda layout: misfit(points, layout))
    if len(found) == 1:
        return found[0], []
    others = " nor ".join(layout.name for layout in found[1:])
    how = "whose limbs they fit" if misfit(points, found[0]) < _BODY else "though they hardly look like a body"
    return found[0], [f"{count} joints taken as {found[0].name}, {how}, not {others}."]


def misfit(points: Float, layout: Skeleton) -> float:
    """Tell how little points (T, J, 3) look like a body: 0 if limbs keep their length and both sides are alike.

    The mean of: spread of a limb's length over the frames; difference of the sides, of thigh and shin, of upper arm
    and forearm, each as a logarithm of their ratio.
    """
    if layout.names != H36M_17.names:
        points = apply_rule(RULES[layout.name, H36M_17.name].rule, layout, H36M_17, points)
    where = H36M_17.index
    lengths = np.array(
        [
            [np.linalg.norm(points[:, where(f"{s} {a}")] - points[:, where(f"{s} {b}")], axis=-1) for a, b in _LIMBS]
            for s in ("left", "right")
        ]
    )  # side, limb, frame
    mean = lengths.mean(-1)
    if not mean.min() > 0:
        return np.inf
    spread = lengths.std(-1) / mean
    sides = np.abs(np.log(mean[0] / mean[1]))
    proportions = np.abs(np.log(mean[:, 0::2] / mean[:, 1::2]))
    return float((spread.mean() + sides.mean() + proportions.mean()) / 3)
