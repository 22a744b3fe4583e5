"""Conversions between skeletons, against the published index lists and known positions."""

import numpy as np
import pytest

from engine.body import library
from engine.cameras.pinhole import Camera
from engine.data.registry import open_motion
from engine.errors import InputError
from engine.kinds import as_joints, pose_joints
from engine.motion.clip import MotionClip
from engine.motion.conversions import RULES, convert, restore_missing_bones, to_h36m17
from engine.motion.kinematics import forward_kinematics
from engine.motion.rigs import CGSPEED_MB, RIGS
from engine.motion.rotations import IDENTITY, euler_to_quat
from engine.motion.rules import sources
from engine.motion.skeleton import H36M_17, LAYOUTS, Skeleton, with_sides
from engine.motion.stature import ANKLE_HEIGHT_M, stature
from engine.observation.keypoint_layouts import keypoints_to_h36m17
from engine.observation.keypoints import Keypoints2D
from engine.paths import CLIPS

# SMPL's own lists put nose and crown both into the head's joint: here they are where the mannequin has them.
NOSE, CROWN = {15: 0.65, 12: 0.35}, {15: 1.63, 12: -0.63}
# The specification's lists for H36M-17's joints 0..16: a source index, the mean of several, or weights.
INDEX = {
    "COCO-17": [(11, 12), 12, 14, 16, 11, 13, 15, (11, 12, 5, 6), (5, 6), 0, (1, 2), 5, 7, 9, 6, 8, 10],
    "OpenPose-25": [8, 9, 10, 11, 12, 13, 14, (8, 1), 1, 0, (15, 16), 5, 6, 7, 2, 3, 4],
    "MediaPipe-33": [(23, 24), 24, 26, 28, 23, 25, 27, (23, 24, 11, 12), (11, 12), 0, (2, 5), 11, 13, 15, 12,
                     14, 16],
    "PoseTrack-17": [(11, 12), 12, 14, 16, 11, 13, 15, ((11, 12), 1), 1, 0, 2, 5, 7, 9, 6, 8, 10],
    "Halpe-26": [19, 12, 14, 16, 11, 13, 15, (18, 19), 18, 0, 17, 5, 7, 9, 6, 8, 10],
    "SMPL-24": [0, 2, 5, 8, 1, 4, 7, 6, 12, NOSE, CROWN, 16, 18, 20, 17, 19, 21],
    "SMPL-22": [0, 2, 5, 8, 1, 4, 7, 6, 12, NOSE, CROWN, 16, 18, 20, 17, 19, 21],
    "MPI-INF-3DHP-17": [14, 8, 9, 10, 11, 12, 13, 15, 1, 16, 0, 5, 6, 7, 2, 3, 4],
    "NTU-25": [0, 16, 17, 18, 12, 13, 14, 1, 20, 2, 3, 4, 5, 6, 8, 9, 10],
}  # fmt: skip


def clip_of(skeleton, positions, **more):
    return MotionClip("c", np.arange(len(positions)) / 30, positions, skeleton, **more)


def random_clip(layout, frames=4):
    rng = np.random.default_rng(0)
    return clip_of(layout, rng.normal(size=(frames, len(layout), 3)))


def expected(points, wanted):
    if isinstance(wanted, int):
        return points[:, wanted]
    if isinstance(wanted, dict):
        return sum(weight * points[:, joint] for joint, weight in wanted.items())
    return np.mean([expected(points, w) for w in wanted], axis=0)


@pytest.mark.parametrize("name", INDEX)
def test_published_lists_in_3d_and_2d(name):
    layout = LAYOUTS[name]
    clip = random_clip(layout)
    want = np.stack([expected(clip.positions, w) for w in INDEX[name]], axis=1)
    got = to_h36m17(clip)
    assert got.skeleton == H36M_17 and np.allclose(got.positions, want)
    assert any(layout.name in note for note in got.provenance.notes)

    rng = np.random.default_rng(1)
    confidence = rng.uniform(size=(4, len(layout)))
    keys = Keypoints2D("k", clip.times, clip.positions[..., :2], confidence, layout, (100, 100))
    flat = keypoints_to_h36m17(keys)
    assert np.allclose(flat.xy, want[..., :2])

    def least(wanted):
        if isinstance(wanted, int):
            return confidence[:, wanted]
        return np.min([least(w) for w in wanted], axis=0)

    assert np.array_equal(flat.confidence, np.stack([least(w) for w in INDEX[name]], axis=1))


def test_panoptic_has_no_head_top_but_continues_the_neck():
    clip = random_clip(LAYOUTS["Panoptic-15"])
    got = to_h36m17(clip).positions
    assert np.allclose(got[:, [0, 1, 6, 8, 9]], clip.positions[:, [2, 12, 8, 0, 1]])
    assert np.allclose(got[:, 10], 2 * clip.positions[:, 1] - clip.positions[:, 0])
    eyes = random_clip(LAYOUTS["Panoptic-19"])
    assert np.allclose(to_h36m17(eyes).positions[:, 10], eyes.positions[:, [15, 17]].mean(1))


def test_shelf_from_panoptic():
    clip = random_clip(LAYOUTS["Panoptic-15"])
    order = [14, 13, 12, 6, 7, 8, 11, 10, 9, 3, 4, 5, 0, 1]
    assert np.array_equal(convert(clip, LAYOUTS["Shelf-14"]).positions, clip.positions[:, order])


@pytest.mark.parametrize(("source", "target"), RULES)
def test_every_rule_is_complete_and_keeps_the_sides(source, target):
    rule = RULES[source, target].rule
    for joint in LAYOUTS[target].names:
        place = rule[joint]
        assert set(sources(place)) <= set(LAYOUTS[source].names)
        if not isinstance(place, str):
            assert sum(place.values()) == pytest.approx(1)
        sides = {s.split()[0] for s in sources(place)} & {"left", "right"}
        side = joint.split()[0]
        assert sides in (({side},) if side in ("left", "right") else (set(), {"left", "right"})), joint


def test_there_and_back():
    clip = random_clip(H36M_17)
    there = convert(clip, LAYOUTS["MPI-INF-3DHP-17"])
    assert np.array_equal(to_h36m17(there).positions, clip.positions)


def test_conversion_by_way_of_h36m():
    clip = random_clip(LAYOUTS["COCO-17"])
    direct = convert(to_h36m17(clip), LAYOUTS["Panoptic-15"])
    assert np.array_equal(convert(clip, LAYOUTS["Panoptic-15"]).positions, direct.positions)


def test_no_rule_leads_there():
    with pytest.raises(InputError, match=r"no rule leads from H36M-17 to COCO-17"):
        convert(random_clip(H36M_17), LAYOUTS["COCO-17"])
    odd = Skeleton("odd", ("a", "b"), (-1, 0))
    keys = Keypoints2D("k", np.zeros(1), np.zeros((1, 2, 2)), np.ones((1, 2)), odd, (9, 9))
    with pytest.raises(InputError, match="no rule"):
        keypoints_to_h36m17(keys)


def test_legacy_confidence_stays_in_cocos_order():
    confidence = np.linspace(0, 1, 17)[None]
    keys = Keypoints2D("k", np.zeros(1), np.zeros((1, 17, 2)), confidence, LAYOUTS["COCO-17"], (9, 9))
    assert np.array_equal(keypoints_to_h36m17(keys, legacy_conf=True).confidence, confidence)
    assert not np.array_equal(keypoints_to_h36m17(keys).confidence, confidence)


# A stick figure, 1.7 m, facing -Y: left is +X.
STANDING = {
    "Hips": (None, (0, 0, 0.95)), "Spine": ("Hips", (0, 0, 1.2)), "Neck": ("Spine", (0, 0, 1.42)),
    "Head": ("Neck", (0, 0, 1.5)), "Head end": ("Head", (0, 0, 1.68)),
} | {
    side + joint: (side + parent if parent not in ("Hips", "Spine") else parent, (sign * x, 0, z))
    for side, sign in (("Left", 1), ("Right", -1))
    for joint, parent, x, z in (
        ("UpLeg", "Hips", 0.1, 0.93), ("Leg", "UpLeg", 0.1, 0.5), ("Foot", "Leg", 0.1, 0.1),
        ("Shoulder", "Spine", 0.03, 1.4), ("Arm", "Shoulder", 0.17, 1.4), ("ForeArm", "Arm", 0.45, 1.4),
        ("Hand", "ForeArm", 0.7, 1.4),
    )
}  # fmt: skip


def figure(rename=lambda name: name, **more):
    names = tuple(rename(n) for n in STANDING)
    index = {n: k for k, n in enumerate(STANDING)}
    parents = tuple(-1 if p is None else index[p] for p, _ in STANDING.values())
    positions = np.tile(np.array([xyz for _, xyz in STANDING.values()], float), (3, 1, 1))
    return clip_of(with_sides("figure", names, parents), positions, **more)


def renamed(table, pattern):
    """Bone names from a table, sides by a pattern: ("L", "Thigh") -> "Bip01 L Thigh"."""

    def name(joint):
        for side in ("Left", "Right"):
            if joint.startswith(side):
                bone = joint.removeprefix(side)
                return pattern.format(side=side, s=side[0].lower(), S=side[0], bone=table.get(bone, bone))
        return table.get(joint, joint)

    return name


UNREAL = {"UpLeg": "thigh", "Leg": "calf", "Foot": "foot", "Shoulder": "clavicle", "Arm": "upperarm",
          "ForeArm": "lowerarm", "Hand": "hand", "Head": "head", "Neck": "neck_01"}  # fmt: skip
BIPED = {"UpLeg": "Thigh", "Leg": "Calf", "Shoulder": "Clavicle", "Arm": "UpperArm", "ForeArm": "Forearm",
         "Head": "Bip01 Head", "Neck": "Bip01 Neck"}  # fmt: skip
XSENS = {"UpLeg": "Hip", "Leg": "Knee", "Foot": "Ankle", "Shoulder": "Collar", "Arm": "Shoulder",
         "ForeArm": "Elbow", "Hand": "Wrist"}  # fmt: skip
UNITY = {"UpLeg": "UpperLeg", "Leg": "LowerLeg", "Arm": "UpperArm", "ForeArm": "LowerArm"}
RIGIFY = {"UpLeg": "thigh", "Leg": "shin", "Foot": "foot", "Shoulder": "shoulder", "Arm": "upper_arm",
          "ForeArm": "forearm", "Hand": "hand", "Head": "head", "Neck": "neck"}  # fmt: skip


@pytest.mark.parametrize(
    "rename",
    [
        lambda n: n,
        lambda n: f"mixamorig:{n}",
        renamed(UNREAL, "{bone}_{s}"),
        renamed(BIPED, "Bip01 {S} {bone}"),
        renamed(XSENS, "{side}{bone}"),
        renamed(UNITY, "{bone}_{S}"),
        renamed(RIGIFY, "{bone}.{S}"),
    ],
    ids=["motionbuilder", "mixamo", "unreal", "biped", "xsens", "unity", "rigify"],
)
def test_unknown_rigs_are_matched_by_name(rename):
    got = to_h36m17(figure(rename), floor=False)
    want = {
        "pelvis": (0, 0, 0.93), "right hip": (-0.1, 0, 0.93), "left knee": (0.1, 0, 0.5),
        "left ankle": (0.1, 0, 0.1), "spine": (0, 0, 1.2), "thorax": (0, 0, 1.42), "left shoulder": (0.17, 0, 1.4),
        "right elbow": (-0.45, 0, 1.4), "left wrist": (0.7, 0, 1.4),
    }  # fmt: skip
    for joint, xyz in want.items():
        assert np.allclose(got.positions[0, H36M_17.index(joint)], xyz), joint
    assert 1.6 <= got.positions[0, H36M_17.index("head top"), 2] <= 1.7
    assert any("matched by name" in note for note in got.provenance.notes)


def test_joints_that_are_missing_are_named():
    with pytest.raises(InputError, match=r"no joint for left elbow; ") as error:
        to_h36m17(figure(lambda n: n.replace("LeftForeArm", "Elba")))
    assert "\n" not in str(error.value)


def test_a_clip_is_put_on_the_floor_unless_cameras_saw_it():
    high = figure(lambda n: n)
    got = to_h36m17(MotionClip("c", high.times, high.positions + [0, 0, 0.5], high.skeleton))
    assert got.positions[:, [3, 6], 2].min() == pytest.approx(ANKLE_HEIGHT_M)
    assert any("down by 0.520 m" in note for note in got.provenance.notes)
    camera = Camera("c", np.eye(3), np.zeros(3), (1.0, 1.0), (0.0, 0.0), (9, 9))
    seen = figure(lambda n: n, cameras=(camera,))
    assert np.allclose(to_h36m17(seen).positions[0, 3], [-0.1, 0, 0.1])


@pytest.mark.parametrize("rig", RIGS, ids=lambda rig: rig.name)
def test_rules_of_rigs_name_every_target_joint(rig):
    assert set(rig.to_h36m) == set(H36M_17.names)
    for joint, place in rig.to_h36m.items():
        if not isinstance(place, str) and hasattr(place, "values"):
            assert sum(place.values()) == pytest.approx(1), joint


def test_lost_bones_come_back():
    """cgspeed's Neck lies on Spine1: CMU's thorax bone between them has lost its length."""
    names = ("Hips", "Spine1", "Neck", "LeftShoulder", "RightShoulder", "LeftHand", "LeftFingerBase", "LThumb",
             "RightHand", "RightFingerBase", "RThumb")  # fmt: skip
    parents = (-1, 0, 1, 1, 1, 0, 5, 5, 0, 8, 8)
    skeleton = Skeleton("s", names, parents)
    offsets = np.zeros((11, 3))
    offsets[1] = [0, 0, 0.1]
    offsets[5], offsets[8] = [0.2, 0, 0], [-0.2, 0, 0]
    offsets[4] = [0, 0, 0.07]  # this one was not lost
    rotations = np.tile(IDENTITY, (1, 11, 1))
    rotations[0, 1] = euler_to_quat(np.array([np.pi / 2]), "X")
    positions, _ = forward_kinematics(skeleton, rotations, offsets, np.zeros((1, 3)))
    clip = MotionClip("c", np.zeros(1), positions, skeleton, rotations, offsets)
    got, (note,) = restore_missing_bones(clip, CGSPEED_MB)
    assert np.allclose(got.positions[0, 2], [0, -0.102, 0.1])
    assert np.allclose(got.positions[0, 4], positions[0, 4])
    assert np.allclose(got.positions[0, 6], [0.3, 0, 0])
    assert "Neck" in note and "RightShoulder" not in note


def test_a_known_rig_that_lacks_joints_goes_by_its_names():
    """cgspeed's rig without its end sites: no "Head end" for the rule."""
    used = {name for place in CGSPEED_MB.to_h36m.values() for name in sources(place)}
    names = tuple(sorted((CGSPEED_MB.names | used | {"LeftHand", "RightHand"}) - {"Head end"}))
    skeleton = with_sides("rig", names, (-1, *[0] * (len(names) - 1)))
    rng = np.random.default_rng(0)
    rotations = np.tile([1.0, 0, 0, 0], (3, len(skeleton), 1))
    clip = MotionClip("c", np.arange(3) / 60, rng.normal(size=(3, len(skeleton), 3)), skeleton, rotations)
    converted = to_h36m17(clip)
    assert any("matched by name" in note for note in converted.provenance.notes)


@pytest.mark.parametrize("name", ["walk", "sit", "jump"])
def test_smpls_joints_alone_give_a_head_where_one_is(name):
    """Beside the regressors of the body that wears the same motion; the height as well."""
    pose = open_motion(CLIPS / f"{name}.npz").body.take(slice(None, None, 16))
    points = pose_joints(library.body(), pose)
    got = to_h36m17(MotionClip("c", pose.times - pose.times[0], points, LAYOUTS["SMPL-24"])).positions
    want = as_joints(pose, H36M_17).positions
    gap = np.linalg.norm(got - want, axis=-1).mean(0)
    assert gap[H36M_17.index("head top")] < 0.03 and gap[H36M_17.index("nose")] < 0.035
    assert stature(got) == pytest.approx(stature(want), abs=0.05)
