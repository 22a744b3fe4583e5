"""From one skeleton to another by named rules.

A rule says for each target joint where it lies on the source: on a joint, on a weighted mean of joints
(weights sum to one; outside 0..1 they extrapolate), or at a fixed place in a joint's own axes. Rigs differ in
what they call a head or a chest, so the rules choose points that mean the same on a body: hips at the
hip joints, thorax at the neck base just above the line of the shoulders, spine about midway below it, head top where
Human3.6M has it (about 0.95 of the stature), and the nose in front between thorax and head top.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError
from engine.motion.clip import MotionClip
from engine.motion.kinematics import forward_kinematics, global_rotations
from engine.motion.rotations import rotate
from engine.motion.skeleton import H36M_17, side_of

Float = NDArray[np.float64]


@dataclass(frozen=True)
class At:
    """A place fixed to a joint: offset (x, y, z) in metres in the joint's own axes (Z up, facing -Y at rest)."""

    joint: str
    offset: tuple[float, float, float]


Place = str | Mapping[str, float] | At
Rule = Mapping[str, Place]  # target joint -> place on the source


@dataclass(frozen=True)
class Rig:
    """What is known of one family of motion files.

    names            joints that only this rig has together
    missing          bones that the rig's converter lost: joint -> (source joint, factor); where the joint's offset is
                     zero, it becomes that factor times the source joint's offset
    """

    name: str
    names: frozenset[str]
    unit: str
    metres_per_unit: float
    to_h36m: Rule
    missing: Mapping[str, tuple[str, float]] = field(default_factory=dict)


def _both_sides(rule: dict[str, Place], side: str, prefix: str) -> dict[str, Place]:
    """The rule of one side: "{}" in a source name is the rig's mark of the side."""

    def named(place: Place) -> Place:
        if isinstance(place, str):
            return place.format(prefix)
        if isinstance(place, At):
            return replace(place, joint=place.joint.format(prefix))
        return {name.format(prefix): weight for name, weight in place.items()}

    return {f"{side} {joint}": named(place) for joint, place in rule.items()}


def _rule(trunk: dict[str, Place], limbs: dict[str, Place], left: str, right: str) -> Rule:
    rule = trunk | _both_sides(limbs, "left", left) | _both_sides(limbs, "right", right)
    hips = [rule["left hip"], rule["right hip"]]
    return {"pelvis": {str(h): 0.5 for h in hips}} | rule


_CMU_UNIT = ("1/0.45 inch", 0.0254 / 0.45)

CMU_ASF = Rig(
    "CMU ASF",
    frozenset({"lhipjoint", "lowerback", "upperback", "thorax", "lclavicle", "lhumerus", "lwrist"}),
    *_CMU_UNIT,
    _rule(
        {
            "spine": {"upperback": 0.7, "thorax": 0.3},
            "thorax": {"lowerneck": 0.15, "upperneck": 0.85},
            "nose": At("head", (0.0, -0.05, 0.0)),
            "head top": "head end",
        },
        {"hip": "{}femur", "knee": "{}tibia", "ankle": "{}foot",
         "shoulder": "{}humerus", "elbow": "{}radius", "wrist": "{}hand"},
        "l", "r",
    ),
)  # fmt: skip

CGSPEED_MB = Rig(
    "cgspeed MotionBuilder",
    frozenset({"LHipJoint", "LowerBack", "Spine1", "Neck1", "LeftUpLeg", "LeftFingerBase"}),
    *_CMU_UNIT,
    _rule(
        {
            "spine": {"Spine": 0.7, "Spine1": 0.3},
            "thorax": {"Neck": 0.15, "Neck1": 0.85},
            "nose": At("Head", (0.0, -0.05, 0.0)),
            "head top": "Head end",
        },
        {"hip": "{}UpLeg", "knee": "{}Leg", "ankle": "{}Foot",
         "shoulder": "{}Arm", "elbow": "{}ForeArm", "wrist": "{}FingerBase"},
        "Left", "Right",
    ),
    # CMU's own bones "thorax" (as long as "upperback" to 4 %) and "wrist" (half of "radius" in every file).
    missing={
        "Neck": ("Spine1", 1.02), "LeftShoulder": ("Spine1", 1.02), "RightShoulder": ("Spine1", 1.02),
        "LeftFingerBase": ("LeftHand", 0.5), "LThumb": ("LeftHand", 0.5),
        "RightFingerBase": ("RightHand", 0.5), "RThumb": ("RightHand", 0.5),
    },
)  # fmt: skip

CGSPEED_MAX = Rig(
    "cgspeed 3ds Max",
    frozenset({"LHipJoint", "lowerback", "Chest2", "lowerneck", "LeftHip", "lhand"}),
    *_CMU_UNIT,
    _rule(
        {
            "spine": {"Chest": 0.7, "Chest2": 0.3},
            "thorax": {"lowerneck": 0.15, "Neck": 0.85},
            "nose": At("Head", (0.0, -0.05, 0.0)),
            "head top": "Head end",
        },
        {"hip": "{}Hip", "knee": "{}Knee", "ankle": "{}Ankle",
         "shoulder": "{}Shoulder", "elbow": "{}Elbow", "wrist": {"{}Elbow": -0.5, "{}Wrist": 1.5}},
        "Left", "Right",
    ),
    missing={
        "lowerneck": ("Chest2", 1.02), "LeftCollar": ("Chest2", 1.02), "RightCollar": ("Chest2", 1.02),
        "lhand": ("LeftWrist", 0.5), "LThumb": ("LeftWrist", 0.5),
        "rhand": ("RightWrist", 0.5), "RThumb": ("RightWrist", 0.5),
    },
)  # fmt: skip

CGSPEED_DAZ = Rig(
    "cgspeed DAZ",
    frozenset({"abdomen", "rButtock", "rShldr", "rThigh", "rShin", "leftEye"}),
    "centimetres (of one fixed figure)",
    0.01,
    _rule(
        {
            "spine": {"abdomen": 0.25, "chest": 0.75},
            "thorax": {"chest": 0.15, "neck": 0.85},
            "nose": At("head", (0.0, -0.05, 0.01)),
            "head top": At("head", (0.0, -0.01, 0.11)),
        },
        {"hip": "{}Thigh", "knee": "{}Shin", "ankle": "{}Foot",
         "shoulder": "{}Shldr", "elbow": "{}ForeArm", "wrist": "{}Hand"},
        "l", "r",
    ),
)  # fmt: skip

ICLONE = Rig(
    "iClone CC_Base",
    frozenset({"CC_Base_Hip", "CC_Base_Pelvis", "CC_Base_Waist", "CC_Base_NeckTwist01", "CC_Base_FacialBone"}),
    "1/115 m (centimetres of one tall avatar)",
    1 / 115,
    _rule(
        {
            "spine": {"CC_Base_Spine01": 0.1, "CC_Base_Spine02": 0.9},
            "thorax": {"CC_Base_Spine02": 0.15, "CC_Base_NeckTwist01": 0.85},
            "nose": At("CC_Base_FacialBone", (0.0, 0.0, 0.05)),
            "head top": At("CC_Base_FacialBone", (0.10, 0.0, 0.01)),
        },
        {"hip": "CC_Base_{}_Thigh", "knee": "CC_Base_{}_Calf", "ankle": "CC_Base_{}_Foot",
         "shoulder": "CC_Base_{}_Upperarm", "elbow": "CC_Base_{}_Forearm", "wrist": "CC_Base_{}_Hand"},
        "L", "R",
    ),
)  # fmt: skip

FAIR1 = Rig(
    "fair1",
    frozenset({"Spine3", "RightHandEnd", "RightHandThumb1", "RightUpLeg", "LeftToeBase"}),
    "0.039 m",
    0.039,
    _rule(
        {
            "spine": {"Spine1": 0.5, "Spine2": 0.5},
            "thorax": {"Spine3": 0.2, "Neck": 0.8},
            "nose": At("Head", (0.0, -0.05, -0.03)),
            "head top": {"Head": 0.4, "Head end": 0.6},
        },
        {"hip": "{}UpLeg", "knee": "{}Leg", "ankle": "{}Foot",
         "shoulder": "{}Arm", "elbow": "{}ForeArm", "wrist": "{}Hand"},
        "Left", "Right",
    ),
)  # fmt: skip

RIGS = (CMU_ASF, CGSPEED_MB, CGSPEED_MAX, CGSPEED_DAZ, ICLONE, FAIR1)


def rig_of(names: tuple[str, ...]) -> Rig | None:
    """The known rig that has these joints, or None."""
    return next((rig for rig in RIGS if rig.names <= set(names)), None)


ANKLE_M = 0.08  # how high an ankle joint stands above the sole


def to_h36m17(clip: MotionClip, *, floor: bool = True) -> MotionClip:
    """The clip as H36M-17 positions (T, 17, 3); raises InputError where joints are missing.

    floor  move the clip up or down so that it stands on z = 0 (files differ by up to 0.1 m)
    """
    if clip.skeleton == H36M_17:
        return clip
    rig = rig_of(clip.skeleton.names)
    if rig is None:
        raise InputError(f"{clip.name}: no rule leads from the skeleton {clip.skeleton.name} to H36M-17.")
    clip, notes = restore_missing_bones(clip, rig)
    positions = apply_rule(clip, rig.to_h36m)
    notes += (f"H36M-17 from the {rig.name} rig.",)
    if floor:
        lift = floor_lift(positions)
        positions[..., 2] += lift
        notes += (f"Moved {'up' if lift > 0 else 'down'} by {abs(lift):.3f} m to stand on the floor.",)
    return replace(
        clip,
        positions=positions,
        skeleton=H36M_17,
        rotations=None,
        offsets=None,
        provenance=replace(clip.provenance, notes=(*clip.provenance.notes, *notes)),
    )


def floor_lift(positions: Float) -> float:
    """How far (metres) to lift H36M-17 positions (T, 17, 3) so that the lower ankle stands at ANKLE_M.

    The 5th percentile over frames: a foot that slips through the floor for a moment does not lift the clip.
    """
    ankles = positions[:, [H36M_17.index("left ankle"), H36M_17.index("right ankle")], 2]
    return ANKLE_M - float(np.percentile(ankles.min(1), 5))


def restore_missing_bones(clip: MotionClip, rig: Rig) -> tuple[MotionClip, tuple[str, ...]]:
    """Put back bones that the rig's converter lost (Rig.missing), and say so; positions are recomputed."""
    if clip.rotations is None or clip.offsets is None:
        return clip, ()
    index = clip.skeleton.index
    offsets = clip.offsets.copy()
    short = 1e-3 * float(np.linalg.norm(offsets, axis=1).max())
    lost = [j for j in rig.missing if np.linalg.norm(offsets[index(j)]) < short]
    if not lost:
        return clip, ()
    for joint in lost:
        source, factor = rig.missing[joint]
        offsets[index(joint)] = factor * offsets[index(source)]
    positions, _ = forward_kinematics(
        clip.skeleton, clip.rotations, offsets, clip.positions[:, clip.skeleton.root]
    )
    note = f"Lengths that the {rig.name} conversion lost were put back at {', '.join(lost)}."
    return replace(clip, offsets=offsets, positions=positions), (note,)


def apply_rule(clip: MotionClip, rule: Rule) -> Float:
    """Positions (T, J, 3) of H36M-17's joints on the clip."""
    where = {name: j for j, name in enumerate(clip.skeleton.names)}
    turned: Float | None = None
    out = np.empty((len(clip), len(H36M_17), 3))
    for j, target in enumerate(H36M_17.names):
        place = rule[target]
        if isinstance(place, str):
            out[:, j] = clip.positions[:, where[place]]
        elif isinstance(place, At):
            if turned is None:
                if clip.rotations is None:
                    raise InputError(
                        f"{clip.name}: the joint {target} needs rotations, which the clip lacks."
                    )
                turned = global_rotations(clip.skeleton, clip.rotations)
            at = where[place.joint]
            out[:, j] = clip.positions[:, at] + rotate(turned[:, at], np.array(place.offset))
        else:
            out[:, j] = sum(weight * clip.positions[:, where[name]] for name, weight in place.items())
    return out


_ROLES: dict[str, str] = {  # what joints are called, once the side is taken off; first match wins
    "ankle": r"foot$|ankle$",
    "knee": r"(^|[^p])leg$|(low|lower)_?leg$|knee$|shin$|calf$|tibia$",
    "hip": r"up_?leg$|upper_?leg$|thigh$|femur$|^hip$",
    "head": r"^head$",
}


def match_roles(names: tuple[str, ...], parents: tuple[int, ...]) -> dict[str, int]:
    """Which joint is which, from the names alone: {"left ankle": 4, "head": 9, ...}; may be incomplete."""
    roles: dict[str, int] = {}
    for j, name in enumerate(names):
        side, bare = side_of(name)
        bare = re.sub(r"^(.*[:_ .])?(?=[A-Za-z])", "", bare.rstrip("_. -")).lower()
        for role, pattern in _ROLES.items():
            if re.search(pattern, bare):
                roles.setdefault(f"{side} {role}".strip(), j)
                break
    return roles
