"""Positions that a body's points should meet, from a clip of any skeleton."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.body.retarget.points import JUDGED, NAMES, at
from engine.body.retarget.rig_maps import map_of
from engine.motion.clip import MotionClip
from engine.motion.conversions import floor_lift, layout_of, restore_missing_bones, to_h36m17
from engine.motion.rigs import rig_of
from engine.motion.roles import match_roles
from engine.motion.skeleton import H36M_17, SMPL_22, SMPL_24, Skeleton

Float = NDArray[np.float64]

_SIDES = ("left", "right")
_ENDS = {
    "foot": ("ankle", ("big toe", "small toe", "foot index", "foot")),
    "hand": ("wrist", ("index", "pinky", "hand")),
}
"""Ends of limbs: the joint before, and what layouts call them."""
_SHORTEST_END = 0.02  # metres; a shorter bone beyond ankle or wrist is no foot and no hand


@dataclass(frozen=True, eq=False)
class Targets:
    """Positions in the world, metres, Z up.

    times   (T,) seconds
    points  (T, 27, 3) in the order of `points.NAMES`; NaN for those that are not known
    """

    times: Float
    points: Float

    def __len__(self) -> int:
        return len(self.times)

    def __getitem__(self, name: str) -> Float:
        """(T, 3) of one point."""
        return self.points[:, at(name)]

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """(27,) which points are given."""
        return np.asarray(np.isfinite(self.points).all((0, 2)))

    @cached_property
    def judged(self) -> NDArray[np.intp]:
        """(N,) the known ones that mean the same on every skeleton."""
        return np.array([k for k in JUDGED if self.known[k]])

    @property
    def neck(self) -> str:
        """What is known at the top of the trunk: "thorax" or, of SMPL's layouts, "neck"."""
        return "thorax" if self.has("thorax") else "neck"

    def has(self, *names: str) -> bool:
        return bool(self.known[[at(name) for name in names]].all())

    def take(self, frames: slice) -> Self:
        return replace(self, times=self.times[frames], points=self.points[frames])


def on_the_floor(clip: MotionClip) -> MotionClip:
    """A rig's clip with lost bones put back and moved to the floor on which its H36M-17 form stands; others as given.

    Raises InputError where the skeleton lacks joints for H36M-17.
    """
    if layout_of(clip.skeleton) is not None:
        return clip
    rig = rig_of(clip.skeleton.names)
    if rig is not None and clip.rotations is not None:
        clip, _ = restore_missing_bones(clip, rig)
    if clip.cameras:
        return clip
    lift = floor_lift(to_h36m17(clip, floor=False).positions)
    return replace(clip, positions=clip.positions + np.array([0.0, 0.0, lift]))


def targets_of(clip: MotionClip, *, ends: bool = True) -> Targets:
    """Targets from the clip where it stands. Raises InputError where the skeleton lacks joints for H36M-17.

    ends  hands and feet as well, where the clip has them
    """
    seen = to_h36m17(clip, floor=False).positions
    points = np.full((len(clip), len(NAMES), 3), np.nan)
    for k, joint in enumerate(H36M_17.names):
        if joint != "pelvis":
            points[:, at("spine2" if joint == "spine" else joint)] = seen[:, k]
    if clip.skeleton.names in (SMPL_22.names, SMPL_24.names):
        points[:, at("neck")] = points[:, at("thorax")]
        points[:, [at("thorax"), at("nose"), at("head top")]] = np.nan
    for name, (limb, end) in _ends(clip.skeleton, clip.positions).items() if ends else ():
        before = f"{name.split()[0]} {_ENDS[name.split()[1]][0]}"
        points[:, at(name)] = points[:, at(before)] + (end - limb)
    return Targets(clip.times, points)


@lru_cache(maxsize=16)
def roles_of(names: tuple[str, ...]) -> dict[str, int]:
    """`match_roles`, remembered: a live feed asks with every frame."""
    return match_roles(names)


def _ends(skeleton: Skeleton, positions: Float) -> dict[str, tuple[Float, Float]]:
    """For each known hand and foot its start and its end, (T, 3) each."""
    names, parents = skeleton.names, skeleton.parents
    rig_map, roles = map_of(names), roles_of(names)
    found: dict[str, tuple[Float, Float]] = {}
    for side in _SIDES:
        for end, (limb, words) in _ENDS.items():
            name = f"{side} {end}"
            if rig_map is not None:
                start, points = names.index(rig_map.joints[f"{side} {limb}"]), [names.index(rig_map.joints[name])]
            else:
                start = roles.get(f"{side} {limb}", -1)
                points = [names.index(f"{side} {word}") for word in words if f"{side} {word}" in names][:2]
                points = points or [j for j, p in enumerate(parents) if p == start and "humb" not in names[j]]
            if start < 0 or not points:
                continue
            at_start, at_end = positions[:, start], positions[:, points].mean(1)
            if np.median(np.linalg.norm(at_end - at_start, axis=-1)) > _SHORTEST_END:
                found[name] = at_start, at_end
    return found
