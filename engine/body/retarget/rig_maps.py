"""Where SMPL's joints lie on each rig, whose rotations they copy, and each rig's constants.

At rest a rig stands in a T-pose of the same axes as ours, except for iClone's, whose zero pose is no pose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.motion import rigs
from engine.motion.skeleton import SMPL_24

Quaternion = tuple[float, float, float, float]

_TRUNK = ("pelvis", "spine1", "spine2", "spine3", "neck", "head")
_CMU_NOD_DEG = -15.0
"""CMU's heads look down at rest: people who walk look 14 to 20 degrees down by them, and the DAZ form of 11_01, whose
head is upright, is 16 degrees higher than the AMC of the same take."""
_LIMBS = ("hip", "knee", "ankle", "foot", "collar", "shoulder", "elbow", "wrist", "hand")


@dataclass(frozen=True)
class RigMap:
    """A rig's joints in SMPL's tree.

    joints    SMPL joint -> the rig's joint that lies there and turns with it
    fixed     SMPL joints whose rig's joint has no rotation of its own: they turn with their parent
    roll_deg  by how much the rig's elbow axis is rolled about the upper arm against the body's
    nod_deg   by how much the rig's head at rest is nodded against the body's; negative looks up
    further   SMPL joint -> by what its copied rotation is turned further, in its own axes: rotation vector, degrees
    trusted   "head", "hands": whose rotations hold as they are
    resting   joint -> its global rotation (4,) in a T-pose; of those left out the identity
    """

    joints: Mapping[str, str]
    fixed: frozenset[str] = frozenset()
    roll_deg: float = -30.0
    nod_deg: float = _CMU_NOD_DEG
    further: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
    trusted: tuple[str, ...] = ()
    resting: Mapping[str, Quaternion] = field(default_factory=dict)


def _joints(trunk: str, left: str, right: str) -> dict[str, str]:
    """SMPL joint -> name, from names in the order of _TRUNK and _LIMBS."""
    joints = dict(zip(_TRUNK, trunk.split(), strict=True))
    for side, names in (("left", left), ("right", right)):
        joints |= {f"{side} {limb}": name for limb, name in zip(_LIMBS, names.split(), strict=True)}
    return {joint: joints[joint] for joint in SMPL_24.names}


def _same(trunk: str, limbs: str, left: str, right: str) -> dict[str, str]:
    """The same for sides that differ in a mark alone, {} in the names."""
    return _joints(trunk, limbs.replace("{}", left), limbs.replace("{}", right))


# Global rotations in frame 0 of 07_03, a T-pose (which the index drops as no motion); they fit all files of this rig.
_ICLONE_T_POSE: dict[str, Quaternion] = {
    "CC_Base_Hip": (1.0, 0.0, 0.0017, 0.0),
    "CC_Base_Waist": (0.99, 0.1412, 0.0, 0.0),
    "CC_Base_Spine01": (0.999, -0.0437, 0.0, 0.0),
    "CC_Base_Spine02": (0.9959, -0.09, 0.0, 0.0),
    "CC_Base_NeckTwist01": (0.9952, 0.0978, 0.0, 0.0),
    "CC_Base_Head": (1.0, 0.0, 0.0, 0.0),
    "CC_Base_L_Thigh": (0.0025, -0.0003, -0.9991, 0.0422),
    "CC_Base_L_Calf": (0.0031, 0.0003, -0.9992, -0.0404),
    "CC_Base_L_Foot": (0.0304, -0.0451, 0.781, -0.6222),
    "CC_Base_L_ToeBase": (0.0371, -0.0078, 0.6714, -0.7401),
    "CC_Base_L_Clavicle": (0.711, -0.09, 0.6911, 0.0942),
    "CC_Base_L_Upperarm": (0.6916, 0.0034, 0.7222, -0.003),
    "CC_Base_L_Forearm": (0.6995, 0.0043, 0.7146, -0.0039),
    "CC_Base_L_Hand": (0.6708, -0.0152, 0.7414, 0.0143),
    "CC_Base_L_Mid1": (0.6811, 0.0048, 0.7321, -0.0086),
    "CC_Base_R_Thigh": (0.0027, 0.0012, 0.9993, -0.0373),
    "CC_Base_R_Calf": (0.0031, 0.0017, 0.9994, 0.0357),
    "CC_Base_R_Foot": (0.0312, -0.0463, -0.7808, 0.6223),
    "CC_Base_R_ToeBase": (0.0382, -0.009, -0.6713, 0.7402),
    "CC_Base_R_Clavicle": (0.7109, -0.09, -0.6911, -0.0941),
    "CC_Base_R_Upperarm": (0.6916, 0.0057, -0.7222, 0.0025),
    "CC_Base_R_Forearm": (0.6995, 0.0065, -0.7146, 0.0033),
    "CC_Base_R_Hand": (0.6707, -0.014, -0.7414, -0.016),
    "CC_Base_R_Mid1": (0.6812, 0.007, -0.732, 0.0079),
}

# The constant part of the hands' difference between the AMC and the iClone form of one take, 01_01; 2.5 to 4.5 degrees
# are left.
_ICLONE_WRISTS = {"left wrist": (-6.3, -2.1, 10.9), "right wrist": (5.6, 2.0, -8.6)}

_CGSPEED_TRUNK = "Hips LowerBack Spine Spine1 Neck1 Head"
_CGSPEED_LIMBS = "{}UpLeg {}Leg {}Foot {}ToeBase {}Shoulder {}Arm {}ForeArm {}FingerBase"
_TRUSTED = ("head", "hands")

MAPS: Mapping[str, tuple[RigMap, ...]] = {  # a map for each way in which files of the rig name their joints
    rigs.CMU_ASF.name: (
        RigMap(
            _same(
                "root lowerback upperback thorax upperneck head",
                "{}femur {}tibia {}foot {}toes {}clavicle {}humerus {}radius {}hand {}fingers",
                "l", "r",
            ),
            trusted=_TRUSTED,
        ),
    ),
    rigs.CGSPEED_MB.name: (
        RigMap(
            _joints(
                _CGSPEED_TRUNK,
                f"{_CGSPEED_LIMBS.replace('{}', 'Left')} LFingers",
                f"{_CGSPEED_LIMBS.replace('{}', 'Right')} RFingers",
            ),
            trusted=_TRUSTED,
        ),
        RigMap(_same(_CGSPEED_TRUNK, f"{_CGSPEED_LIMBS} {{}}HandIndex1", "Left", "Right"), trusted=_TRUSTED),
    ),
    rigs.CGSPEED_MAX.name: (
        RigMap(
            _joints(
                "Hips lowerback Chest Chest2 Neck Head",
                "LeftHip LeftKnee LeftAnkle LeftToe LeftCollar LeftShoulder LeftElbow lhand LFingers",
                "RightHip RightKnee RightAnkle RightToe RightCollar RightShoulder RightElbow rhand RFingers",
            ),
            trusted=_TRUSTED,
        ),
    ),
    rigs.CGSPEED_DAZ.name: (
        RigMap(
            {
                joint: name.replace("_end", " end")
                for joint, name in _same(
                    "hip abdomen abdomen chest neck head",
                    "{}Thigh {}Shin {}Foot {}Foot_end {}Collar {}Shldr {}ForeArm {}Hand {}Mid1",
                    "l", "r",
                ).items()
            },
            fixed=frozenset({"left foot", "right foot"}),
            roll_deg=-27.0,
            nod_deg=0.0,
        ),
    ),
    rigs.ICLONE.name: (
        RigMap(
            _same(
                "CC_Base_Hip CC_Base_Waist CC_Base_Spine01 CC_Base_Spine02 CC_Base_NeckTwist01 CC_Base_Head",
                "CC_Base_{}_Thigh CC_Base_{}_Calf CC_Base_{}_Foot CC_Base_{}_ToeBase CC_Base_{}_Clavicle "
                "CC_Base_{}_Upperarm CC_Base_{}_Forearm CC_Base_{}_Hand CC_Base_{}_Mid1",
                "L", "R",
            ),
            further=_ICLONE_WRISTS,
            trusted=_TRUSTED,
            resting=_ICLONE_T_POSE,
        ),
    ),
    rigs.FAIR1.name: (
        RigMap(
            _same(
                "Hips Spine1 Spine2 Spine3 Neck Head",
                "{}UpLeg {}Leg {}Foot {}ToeBase {}Shoulder {}Arm {}ForeArm {}Hand {}HandEnd",
                "Left", "Right",
            ),
            roll_deg=0.0,
            nod_deg=0.0,
        ),
    ),
}  # fmt: skip


def map_of(names: tuple[str, ...]) -> RigMap | None:
    """The map of a file with these joint names, None where its rig is not known."""
    rig = rigs.rig_of(names)
    found = MAPS.get(rig.name, ()) if rig is not None else ()
    return next((rig_map for rig_map in found if set(rig_map.joints.values()) <= set(names)), None)
