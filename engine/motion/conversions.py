"""Conversion of clips from one skeleton to another by named rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError
from engine.motion.clip import MotionClip
from engine.motion.joint_maps import EXAMPLE, UnknownJoints, map_by_hand
from engine.motion.kinematics import forward_kinematics
from engine.motion.rigs import Rig, rig_of
from engine.motion.rule_by_names import rule_by_names
from engine.motion.rules import Place, Rule, apply_rule, sources
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
    PANOPTIC_15,
    PANOPTIC_19,
    POSETRACK_17,
    SHELF_14,
    SMPL_22,
    SMPL_24,
    Skeleton,
)
from engine.motion.stature import ANKLE_HEIGHT_M

Float = NDArray[np.float64]


@dataclass(frozen=True)
class LayoutRule:
    """A rule between two joint layouts; `note` says what is only approximate."""

    rule: Rule
    note: str = ""


def _rule(source: Skeleton, target: Skeleton, changed: Mapping[str, Place], note: str = "") -> LayoutRule:
    """Joints of the same name correspond; `changed` gives the others."""
    return LayoutRule({joint: changed.get(joint, joint) for joint in target.names}, note)


def _mean(*joints: str) -> Place:
    return {joint: 1 / len(joints) for joint in joints}


_MID_TORSO = _mean("left hip", "right hip", "left shoulder", "right shoulder")
_HIPS, _SHOULDERS, _EYES = (_mean(f"left {j}", f"right {j}") for j in ("hip", "shoulder", "eye"))
_SMPL: dict[str, Place] = {  # nose and head top where they are on the mannequin, to 25 and 15 mm
    "spine": "spine2",
    "thorax": "neck",
    "nose": {"head": 0.65, "neck": 0.35},
    "head top": {"head": 1.63, "neck": -0.63},
}
_SMPL_NOTE = "Approximate: nose and head top continued from SMPL's neck and head (no vertex regressor)."
_NO_HEAD_TOP = "Approximate: head top continued from neck through nose."

# Index lists of specification data_and_metrics.md, section 1, in words.
RULES: dict[tuple[str, str], LayoutRule] = {
    (source.name, target.name): _rule(source, target, changed, note)
    for source, target, changed, note in (
        (COCO_17, H36M_17,
         {"pelvis": _HIPS, "spine": _MID_TORSO, "thorax": _SHOULDERS, "head top": _EYES}, ""),
        (MEDIAPIPE_33, H36M_17,
         {"pelvis": _HIPS, "spine": _MID_TORSO, "thorax": _SHOULDERS, "head top": _EYES}, ""),
        (OPENPOSE_25, H36M_17, {"spine": _mean("pelvis", "neck"), "thorax": "neck", "head top": _EYES}, ""),
        (COCO_23, H36M_17,
         {"pelvis": _HIPS, "spine": _MID_TORSO, "thorax": _SHOULDERS, "head top": _EYES}, ""),
        (CROWDPOSE_14, H36M_17,
         {"pelvis": _HIPS, "spine": {"left hip": 0.25, "right hip": 0.25, "neck": 0.5}, "thorax": "neck",
          "nose": _mean("neck", "head top")},
         "Approximate: the nose midway between neck and head top."),
        (MPII_16, H36M_17,
         {"spine": _mean("pelvis", "thorax"), "nose": _mean("upper neck", "head top")},
         "Approximate: the nose midway between upper neck and head top."),
        (POSETRACK_17, H36M_17,
         {"pelvis": _HIPS, "spine": {"left hip": 0.25, "right hip": 0.25, "neck": 0.5}, "thorax": "neck"},
         ""),
        (HALPE_26, H36M_17, {"spine": _mean("pelvis", "neck"), "thorax": "neck"}, ""),
        (SMPL_24, H36M_17, _SMPL, _SMPL_NOTE),
        (SMPL_22, H36M_17, _SMPL, _SMPL_NOTE),
        (MPI_INF_3DHP_17, H36M_17, {"thorax": "neck", "nose": "head"}, ""),
        (PANOPTIC_15, H36M_17,
         {"spine": _mean("pelvis", "neck"), "thorax": "neck", "head top": {"nose": 2.0, "neck": -1.0}},
         _NO_HEAD_TOP),
        (PANOPTIC_19, H36M_17, {"spine": _mean("pelvis", "neck"), "thorax": "neck", "head top": _EYES}, ""),
        (NTU_25, H36M_17, {"nose": "neck", "head top": "head"}, ""),
        (SMPL_24, SMPL_22, {}, ""),
        (PANOPTIC_19, PANOPTIC_15, {}, ""),
        (PANOPTIC_15, SHELF_14, {"head top": "nose"}, "Approximate: head top at the nose."),
        (H36M_17, MPI_INF_3DHP_17, {"neck": "thorax", "head": "nose"}, ""),
        (H36M_17, PANOPTIC_15, {"neck": "thorax"}, ""),
        (H36M_17, SHELF_14, {"neck": "thorax"}, ""),
    )
}  # fmt: skip


def to_h36m17(clip: MotionClip, *, floor: bool = True) -> MotionClip:
    """The clip as H36M-17 positions (T, 17, 3); raises InputError that names joints which are missing.

    Known layouts go by RULES, known rigs by their own rule (with bones put back that a converter lost). Any other
    skeleton, the joints that a known rig lacks, and a rig that was mapped by hand go by joint names. Provenance says
    which.

    floor  move a rig's clip up or down so that it stands on z = 0 (such files differ by up to 0.1 m); clips
           that came with calibrated cameras or in a standard layout stay where they are
    """
    if clip.skeleton.names == H36M_17.names:
        return clip
    if layout_of(clip.skeleton) is not None:
        return convert(clip, H36M_17)
    rig = rig_of(clip.skeleton.names)
    if rig is not None and clip.rotations is not None and not map_by_hand(clip.skeleton.names):
        clip, notes = restore_missing_bones(clip, rig)
        there = set(clip.skeleton.names)
        known = {joint: place for joint, place in rig.to_h36m.items() if set(sources(place)) <= there}
        notes += (f"H36M-17 from the {rig.name} rig.",)
    else:
        known, notes = {}, ()
    rule, assumed = known, clip.provenance.assumed
    if len(known) < len(H36M_17):
        named = rule_by_names(clip.skeleton, clip.positions)
        if named.missing:
            raise UnknownJoints(
                f"{clip.name}: the skeleton has no joint for {', '.join(named.missing)}; name the joints as usual "
                f"(LeftUpLeg, LeftLeg, LeftFoot, LeftArm, LeftForeArm, LeftHand, Head), or say which they are with "
                f"--map {EXAMPLE}.",
                clip.skeleton.names,
            )
        rule = {**named.rule, **known}
        notes += named.notes
        assumed += named.assumed
    positions = apply_rule(rule, clip.skeleton, H36M_17, clip.positions, clip.rotations)
    if floor and not clip.cameras:
        lift = floor_lift(positions)
        positions[..., 2] += lift
        if clip.body is not None:
            shift = np.tile((0.0, 0.0, lift), (len(clip), 1))
            clip = replace(clip, body=clip.body.in_world(np.eye(3), shift))
        notes += (f"Moved {'up' if lift > 0 else 'down'} by {abs(lift):.3f} m to stand on the floor.",)
    clip = replace(clip, provenance=replace(clip.provenance, assumed=assumed))
    return _with_positions(clip, H36M_17, positions, notes)


def in_layout(clip: MotionClip, target: Skeleton) -> MotionClip:
    """The clip in a layout, whatever its rig; on the floor where it comes from one. Raises InputError."""
    return to_h36m17(clip) if target.names == H36M_17.names else convert(clip, target)


def convert(clip: MotionClip, target: Skeleton) -> MotionClip:
    """The clip's positions in another layout, directly or by way of H36M-17; joint rotations are dropped, a body stays.

    Raises InputError when no rule leads there.
    """
    if clip.skeleton.names == target.names:
        return clip
    source = layout_of(clip.skeleton)
    found = RULES.get((source.name, target.name)) if source is not None else None
    if found is None:
        if clip.skeleton.names != H36M_17.names and (H36M_17.name, target.name) in RULES:
            return convert(to_h36m17(clip), target)
        raise no_rule(clip.name, clip.skeleton, target)
    positions = apply_rule(found.rule, clip.skeleton, target, clip.positions)
    note = f"{target.name} from {clip.skeleton.name}. {found.note}".strip()
    return _with_positions(clip, target, positions, (note,))


def restore_missing_bones(clip: MotionClip, rig: Rig) -> tuple[MotionClip, tuple[str, ...]]:
    """Put back bones that the rig's converter lost (Rig.missing), and say so; positions are recomputed."""
    if clip.rotations is None or clip.offsets is None:
        return clip, ()
    clip = _with_end_sites(clip, rig)
    assert clip.rotations is not None and clip.offsets is not None
    names = clip.skeleton.names
    offsets = clip.offsets.copy()
    short = 1e-3 * float(np.linalg.norm(offsets, axis=1).max())
    lost = []
    for joint, (source, factor) in rig.missing.items():
        if joint not in names or source not in names:
            continue
        there, usual = offsets[names.index(joint)], factor * offsets[names.index(source)]
        no_crown = joint.endswith(" end") and np.linalg.norm(there - usual) > np.linalg.norm(usual)
        if np.linalg.norm(there) < short or no_crown:
            offsets[names.index(joint)] = usual
            lost.append(joint)
    if not lost:
        return clip, ()
    root = clip.positions[:, clip.skeleton.root]
    positions, _ = forward_kinematics(clip.skeleton, clip.rotations, offsets, root)
    note = f"Lengths that the {rig.name} conversion lost were put back at {', '.join(lost)}."
    return replace(clip, offsets=offsets, positions=positions), (note,)


def _with_end_sites(clip: MotionClip, rig: Rig) -> MotionClip:
    """The clip with the End Sites of the rig's rule that the file has not, as joints without length."""
    names, parents = clip.skeleton.names, clip.skeleton.parents
    joints = [joint.removesuffix(" end") for joint in rig.missing if joint.endswith(" end") and joint not in names]
    at = tuple(names.index(joint) for joint in joints if joint in names)
    if not at or clip.rotations is None or clip.offsets is None:
        return clip
    skeleton = replace(clip.skeleton, names=(*names, *(f"{names[j]} end" for j in at)), parents=(*parents, *at))
    still = np.tile((1.0, 0.0, 0.0, 0.0), (len(clip), len(at), 1))
    return replace(
        clip,
        skeleton=skeleton,
        positions=np.concatenate([clip.positions, clip.positions[:, list(at)]], axis=1),
        rotations=np.concatenate([clip.rotations, still], axis=1),
        offsets=np.concatenate([clip.offsets, np.zeros((len(at), 3))]),
    )


def floor_lift(positions: Float) -> float:
    """How far (metres) to lift H36M-17 positions (T, 17, 3) so that the lower ankle stands at ANKLE_HEIGHT_M.

    The 5th percentile over frames: a foot that slips through the floor for a moment does not lift the clip.
    """
    ankles = positions[:, [H36M_17.index("left ankle"), H36M_17.index("right ankle")], 2]
    return ANKLE_HEIGHT_M - float(np.percentile(ankles.min(1), 5))


def layout_of(skeleton: Skeleton) -> Skeleton | None:
    """The standard layout with the skeleton's joint names, if there is one."""
    return next((layout for layout in LAYOUTS.values() if layout.names == skeleton.names), None)


def _with_positions(clip: MotionClip, target: Skeleton, positions: Float, notes: tuple[str, ...]) -> MotionClip:
    provenance = replace(clip.provenance, notes=(*clip.provenance.notes, *notes))
    return replace(clip, positions=positions, skeleton=target, rotations=None, offsets=None, provenance=provenance)


def no_rule(name: str, source: Skeleton, target: Skeleton) -> InputError:
    """The error for a conversion that `RULES` lack."""
    known = ", ".join(sorted({s for s, t in RULES if t == target.name})) or "nothing"
    return InputError(f"{name}: no rule leads from {source.name} to {target.name}; known from {known}.")
