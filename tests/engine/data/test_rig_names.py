"""Rigs of other programs by the names of their joints, as whole BVH files of one person in a T-pose."""

import numpy as np
import pytest

from engine.data.formats import bvh
from engine.errors import InputError
from engine.motion.conversions import to_h36m17
from engine.motion.roles import match_roles
from engine.motion.skeleton import H36M_17
from engine.motion.stature import stature

HEIGHT = 170.0  # centimetres
TRUNK = {"hips": 93.0, "waist": 103.0, "belly": 115.0, "chest": 130.0, "neck": 144.0, "head": 153.0}
LEG = {"hip": (9.0, 92.0), "thigh twist": (9.0, 71.0), "knee": (9.0, 50.0), "ankle": (9.0, 8.0)}
ARM = {
    "collar": (3.0, 140.0), "shoulder": (17.0, 140.0), "arm twist": (31.0, 140.0), "elbow": (45.0, 140.0),
    "wrist": (70.0, 140.0),
}  # fmt: skip

# What a rig calls the trunk (from the hips up, "" where it has no such joint), the leg and the arm; "{}" is the side.
RIGS = {
    "DAZ Genesis 8": (
        ("hip", "abdomenLower", "abdomenUpper", "chestUpper", "neckLower", "head"),
        ("{}ThighBend", "{}ThighTwist", "{}Shin", "{}Foot"),
        ("{}Collar", "{}ShldrBend", "{}ShldrTwist", "{}ForearmBend", "{}Hand"), "lr",
    ),
    "OptiTrack Motive": (
        ("Hip", "", "Ab", "Chest", "Neck", "Head"), ("{}Thigh", "", "{}Shin", "{}Foot"),
        ("{}Shoulder", "{}UArm", "", "{}FArm", "{}Hand"), "LR",
    ),
    "OptiTrack Motive, the skeleton's name in front": (
        ("Ann_Hip", "", "Ann_Ab", "Ann_Chest", "Ann_Neck", "Ann_Head"), ("Ann_{}Thigh", "", "Ann_{}Shin", "Ann_{}Foot"),
        ("Ann_{}Shoulder", "Ann_{}UArm", "", "Ann_{}FArm", "Ann_{}Hand"), "LR",
    ),
    "Rigify": (
        ("DEF-spine", "DEF-spine.001", "DEF-spine.002", "DEF-spine.003", "DEF-spine.004", "DEF-spine.006"),
        ("DEF-thigh.{}", "DEF-thigh.{}.001", "DEF-shin.{}", "DEF-foot.{}"),
        ("DEF-shoulder.{}", "DEF-upper_arm.{}", "DEF-upper_arm.{}.001", "DEF-forearm.{}", "DEF-hand.{}"), "LR",
    ),
    "Maya Advanced Skeleton": (
        ("Root_M", "Spine1_M", "Spine2_M", "Chest_M", "Neck_M", "Head_M"),
        ("Hip_{}", "HipPart1_{}", "Knee_{}", "Ankle_{}"),
        ("Scapula_{}", "Shoulder_{}", "ShoulderPart1_{}", "Elbow_{}", "Wrist_{}"), "LR",
    ),
    "MakeHuman": (
        ("root", "spine05", "spine03", "spine01", "neck01", "head"),
        ("upperleg01.{}", "upperleg02.{}", "lowerleg01.{}", "foot.{}"),
        ("clavicle.{}", "upperarm01.{}", "upperarm02.{}", "lowerarm01.{}", "wrist.{}"), "LR",
    ),
    "freemocap": (
        ("pelvis", "", "spine", "spine.001", "neck", "face"), ("thigh.{}", "", "shin.{}", "foot.{}"),
        ("shoulder.{}", "upper_arm.{}", "", "forearm.{}", "hand.{}"), "LR",
    ),
    "without a head": (
        ("Hips", "", "Spine", "Chest", "Neck", ""), ("{}UpLeg", "", "{}Leg", "{}Foot"),
        ("{}Shoulder", "{}Arm", "", "{}ForeArm", "{}Hand"), ("Left", "Right"),
    ),
}  # fmt: skip


def joints_of(rig: str) -> list[tuple[str, str, np.ndarray]]:
    """(name, parent's name, place in cm, Y up) of a rig's joints, parents first."""
    trunk, leg, arm, sides = RIGS[rig]
    found: list[tuple[str, str, np.ndarray]] = []
    above = ""
    for name, height in zip(trunk, TRUNK.values(), strict=True):
        if name:
            found.append((name, above, np.array([0.0, height, 0.0])))
            above = name
    for mark, sign in zip(sides, (1, -1), strict=True):
        for names, places, root in ((leg, LEG, trunk[0]), (arm, ARM, trunk[3])):
            above = root
            for name, (x, y) in zip(names, places.values(), strict=True):
                if name:
                    found.append((name.format(mark), above, np.array([sign * x, y, 0.0])))
                    above = name.format(mark)
    return found


def write(path, joints, *, end=None):
    """A BVH file of two still frames; end: how far the topmost joint's End Site lies above it, cm."""
    places = {name: place for name, _, place in joints}
    columns = 0

    def block(name, parent, depth):
        nonlocal columns
        pad, root = "\t" * depth, not parent
        offset = places[name] - (places[parent] if parent else places[name])
        below = [child for child, above, _ in joints if above == name]
        columns += 6 if root else 3
        turns = "Zrotation Xrotation Yrotation"
        lines = [
            f"{pad}{'ROOT' if root else 'JOINT'} {name}",
            pad + "{",
            f"{pad}\tOFFSET {offset[0]} {offset[1]} {offset[2]}",
        ]
        moves = "CHANNELS 6 Xposition Yposition Zposition " if root else "CHANNELS 3 "
        lines.append(f"{pad}\t{moves}{turns}")
        for child in below:
            lines += block(child, name, depth + 1)
        if not below:
            up = end if end is not None and places[name][0] == 0 else 0.0
            ahead = 0.0 if places[name][0] == 0 or places[name][1] > 50 else 14.0  # toes
            lines += [f"{pad}\tEnd Site", pad + "\t{", f"{pad}\t\tOFFSET 0 {up} {ahead}", pad + "\t}"]
        return [*lines, pad + "}"]

    tree = block(joints[0][0], "", 0)
    row = " ".join(["0", str(places[joints[0][0]][1]), "0", *["0"] * (columns - 3)])
    path.write_text("\n".join(["HIERARCHY", *tree, "MOTION", "Frames: 2", "Frame Time: 0.01", row, row, ""]))
    return path


@pytest.mark.parametrize("rig", RIGS)
@pytest.mark.parametrize("end", [None, 17.0])
def test_the_person_is_found(tmp_path, rig, end):
    """Every joint of the limbs where it is, standing on the floor, facing -Y, as tall as the person."""
    end = 9.0 if rig == "without a head" else end  # there it leads from the neck to where a head turns
    clip = to_h36m17(bvh.read(write(tmp_path / "a.bvh", joints_of(rig), end=end)))
    assert clip.provenance.unit == "centimetres" and clip.provenance.up == "Y"
    expected = {f"left {joint}": (x, y) for places in (LEG, ARM) for joint, (x, y) in places.items()}
    for name in H36M_17.names:
        if name in expected:
            x, y = expected[name]
            left = clip.positions[0, H36M_17.index(name)]
            right = clip.positions[0, H36M_17.index(name.replace("left", "right"))]
            np.testing.assert_allclose(left, [x / 100, 0, y / 100], atol=1e-6)
            np.testing.assert_allclose(right, [-x / 100, 0, y / 100], atol=1e-6)
    assert stature(clip.positions) == pytest.approx(HEIGHT / 100, abs=0.02)
    thorax = clip.positions[0, H36M_17.index("thorax")]
    np.testing.assert_allclose(thorax, [0, 0, TRUNK["neck"] / 100], atol=1e-6)


def test_hair_is_no_head(tmp_path):
    """A spine that goes on to a nameless head with a long braid: the head is below it."""
    joints = joints_of("Rigify")
    at = "DEF-spine.006"
    for k in range(4):
        joints.append((f"hair{k}", at, np.array([0.0, 160.0 - 10 * k, -10.0])))
        at = f"hair{k}"
    clip = bvh.read(write(tmp_path / "a.bvh", joints))
    roles = match_roles(clip.skeleton.names, clip.skeleton.parents)
    assert (
        clip.skeleton.names[roles["head"]] == "DEF-spine.006" and clip.skeleton.names[roles["neck"]] == "DEF-spine.004"
    )


def test_a_trunk_that_ends_at_the_arms_has_no_head(tmp_path):
    joints = [joint for joint in joints_of("without a head") if joint[0] != "Neck"]
    with pytest.raises(InputError, match="head"):
        to_h36m17(bvh.read(write(tmp_path / "a.bvh", joints)))
