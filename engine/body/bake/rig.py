"""From anny's 104 bones to SMPL's 24 joints: which bones move with a joint, and where it lies."""

from __future__ import annotations

import re

import numpy as np

from engine.body.bake.source import Float
from engine.motion.skeleton import SMPL_24

MOVES: dict[str, str] = {  # joint -> pattern of the bones that move with it; {} is the side
    "pelvis": r"root|pelvis\.[LR]|spine05",
    "hip": r"upperleg0[12]{}",
    "spine1": r"spine0[43]",
    "spine2": r"spine02",
    "spine3": r"spine01|breast.*",
    "neck": r"neck0[123]",
    "head": r"head|eye\.[LR]",
    "collar": r"clavicle{}|shoulder01{}",
    "shoulder": r"upperarm0[12]{}",
    "elbow": r"lowerarm0[12]{}",
    "wrist": r"wrist{}|metacarpal\d{}|finger1-\d{}",
    "hand": r"finger[2-5]-\d{}",
    "knee": r"lowerleg0[12]{}",
    "ankle": r"foot{}",
    "foot": r"toe.*{}",
}
AT: dict[str, tuple[str, ...]] = {  # joint -> the bones in whose heads' mean it lies
    "pelvis": ("spine05",),
    "hip": ("upperleg01{}",),
    "spine1": ("spine04",),
    "spine2": ("spine02",),
    "spine3": ("spine01",),
    "neck": ("neck01",),
    "head": ("head",),
    "collar": ("clavicle{}",),
    "shoulder": ("upperarm01{}",),
    "elbow": ("lowerarm01{}",),
    "wrist": ("wrist{}",),
    "hand": ("finger2-1{}", "finger3-1{}", "finger4-1{}"),
    "knee": ("lowerleg01{}",),
    "ankle": ("foot{}",),
    "foot": ("toe1-1{}", "toe2-1{}", "toe3-1{}"),
}


def bones_to_joints(bones: tuple[str, ...]) -> Float:
    """(B, 24) with a one where a bone moves with a joint. Raises ValueError for a bone that moves with none."""
    table = np.zeros((len(bones), len(SMPL_24)))
    for j, (name, mark) in enumerate(_sided()):
        pattern = re.compile(MOVES[name].replace("{}", re.escape(mark)))
        table[[bool(pattern.fullmatch(bone)) for bone in bones], j] = 1
    if not (table.sum(1) == 1).all():
        raise ValueError(f"no joint for {[b for b, n in zip(bones, table.sum(1), strict=True) if n != 1]}")
    return table


def joints_from_heads(bones: tuple[str, ...]) -> Float:
    """(24, B) means of bones' heads."""
    table = np.zeros((len(SMPL_24), len(bones)))
    for j, (name, mark) in enumerate(_sided()):
        for bone in AT[name]:
            table[j, bones.index(bone.format(mark))] = 1 / len(AT[name])
    return table


def _sided() -> list[tuple[str, str]]:
    """SMPL's joints without their side, and anny's mark of the side."""
    marks = {"left": ".L", "right": ".R"}
    return [(name.split()[-1], marks.get(name.split()[0], "")) for name in SMPL_24.names]
