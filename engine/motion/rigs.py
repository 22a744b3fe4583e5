"""Families of motion files ("rigs"): their unit, and where H36M-17's joints lie on them.

Rigs differ in what they call a head or a chest, so the rules choose points that mean the same on a body: hips
at the hip joints, thorax at the neck base just above the line of the shoulders, spine about midway below it,
head top where Human3.6M has it (about 0.95 of the stature), the nose in front between thorax and head top.
A rig that is not known is matched by its joint names (`rule_by_names`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine.motion.rules import At, Place, Rule


@dataclass(frozen=True)
class Rig:
    """What is known of one family of motion files.

    names    joints that only this rig has together
    missing  bones that a converter lost: joint -> (source joint, factor); where the joint's offset is zero, or its End
             Site is missing or no crown, it becomes that factor times the source joint's offset
    root_from_offset  the root's position channels are added to its OFFSET
    """

    name: str
    names: frozenset[str]
    unit: str
    metres_per_unit: float
    to_h36m: Rule
    missing: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    root_from_offset: bool = False


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
    missing={"head end": ("head", 1.0)},
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
        "RightFingerBase": ("RightHand", 0.5), "RThumb": ("RightHand", 0.5), "Head end": ("Head", 1.0),
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
        "rhand": ("RightWrist", 0.5), "RThumb": ("RightWrist", 0.5), "Head end": ("Head", 1.0),
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
    frozenset({"CC_Base_Hip", "CC_Base_Waist", "CC_Base_Spine02", "CC_Base_NeckTwist01", "CC_Base_Head"}),
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
    root_from_offset=True,
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
