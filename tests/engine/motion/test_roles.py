"""Names of joints, and the roles that they have on a body."""

import random
import time
from itertools import pairwise

import numpy as np
import pytest

from engine.errors import InputError
from engine.motion import joint_maps
from engine.motion.joint_words import words_of
from engine.motion.roles import LIMBS, hangs_on, match_roles
from engine.motion.rule_by_names import rule_by_names
from engine.motion.skeleton import with_sides

# A figure in bones: name of the bone -> parent, place from it (metres, Z up, facing -Y).
BONES = {
    "hips": ("", (0, 0, 0.95)), "spine": ("hips", (0, 0, 0.25)), "neck": ("spine", (0, 0, 0.25)),
    "head": ("neck", (0, 0, 0.12)), "head end": ("head", (0, 0, 0.17)),
}  # fmt: skip
SIDES = {
    "clavicle": ("spine", (0.04, 0, 0.2)), "shoulder": ("clavicle", (0.13, 0, 0)), "elbow": ("shoulder", (0.28, 0, 0)),
    "wrist": ("elbow", (0.25, 0, 0)), "hip": ("hips", (0.1, 0, -0.05)), "knee": ("hip", (0, -0.01, -0.42)),
    "ankle": ("knee", (0, 0.01, -0.41)), "toe": ("ankle", (0, -0.14, -0.06)), "toe end": ("toe", (0, -0.06, 0)),
}  # fmt: skip
ORDER = ("clavicle", "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "toe")

RIGS = {
    "words": "{side}_shoulder {side}_arm {side}_fore_arm {side}_hand {side}_up_leg {side}_leg {side}_foot {side}_toe",
    "blanks": "{Side}|Shoulder {Side}|Upper|Arm {Side}|Lower|Arm {Side}|Hand {Side}|Upper|Leg {Side}|Lower|Leg "
              "{Side}|Foot {Side}|Toe",
    "mixamo": "mixamorig:{Side}Shoulder mixamorig:{Side}Arm mixamorig:{Side}ForeArm mixamorig:{Side}Hand "
              "mixamorig:{Side}UpLeg mixamorig:{Side}Leg mixamorig:{Side}Foot mixamorig:{Side}ToeBase",
    "character": "Character1_{Side}Shoulder Character1_{Side}Arm Character1_{Side}ForeArm Character1_{Side}Hand "
                 "Character1_{Side}UpLeg Character1_{Side}Leg Character1_{Side}Foot Character1_{Side}ToeBase",
    "motive": "{S}Shoulder {S}UArm {S}FArm {S}Hand {S}Thigh {S}Shin {S}Foot {S}Toe",
    "genesis": "{s}Collar {s}ShldrBend {s}ForearmBend {s}Hand {s}ThighBend {s}Shin {s}Foot {s}Toe",
    "advanced skeleton": "Scapula_{S} Shoulder_{S} Elbow_{S} Wrist_{S} Hip_{S} Knee_{S} Ankle_{S} Toes_{S}",
    "makehuman": "clavicle.{S} upperarm01.{S} lowerarm01.{S} wrist.{S} upperleg01.{S} lowerleg01.{S} foot.{S} toe1.{S}",
    "deform": "DEF-shoulder.{S} DEF-upper_arm.{S} DEF-forearm.{S} DEF-hand.{S} DEF-thigh.{S} DEF-shin.{S} "
              "DEF-foot.{S} DEF-toe.{S}",
    "suffix": "clavicle{S} upperArm{S} lowerArm{S} hand{S} upperLeg{S} lowerLeg{S} foot{S} toe{S}",
    "joints": "{s}_clav_jnt {s}_shoulder_jnt {s}_elbow_jnt {s}_wrist_jnt {s}_hip_jnt {s}_knee_jnt {s}_ankle_jnt "
              "{s}_toe_jnt",
    "dummies": "{side}_clavicle_dum {side}_shoulder_dum {side}_elbow_dum {side}_wrist_dum {side}_hip_dum "
               "{side}_knee_dum {side}_ankle_dum {side}_toe_dum",
    "capitals": "{SIDE}_SHOULDER {SIDE}_ARM {SIDE}_FOREARM {SIDE}_HAND {SIDE}_UPLEG {SIDE}_LEG {SIDE}_FOOT {SIDE}_TOE",
}  # fmt: skip


def figure(rig, *, mirrored=False, extra=()):
    """Names, parents and positions (1, J, 3) of the figure with a rig's names; extra are (name, bone below which)."""
    left = [name.replace("|", " ") for name in rig.split()]
    bones = {name: (name, parent, np.array(at)) for name, (parent, at) in BONES.items()}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        marks = {"side": side, "Side": side.title(), "SIDE": side.upper(), "s": side[0], "S": side[0].upper()}
        named = dict(zip(ORDER, (name.format(**marks) for name in left), strict=True))
        for bone, (parent, at) in SIDES.items():
            above = f"{side} {parent}" if parent in SIDES else parent
            name = f"{named['toe']} end" if bone == "toe end" else named[bone]
            bones[f"{side} {bone}"] = (name, above, np.array(at) * (sign * (-1 if mirrored else 1), 1, 1))
    for name, bone in extra:
        bones[name] = (name, bone, np.array((0.0, 0.0, 0.01)))
    keys = list(bones)
    parents = tuple(keys.index(parent) if parent else -1 for _, parent, _ in bones.values())
    positions = np.zeros((len(keys), 3))
    for j, (_, _, at) in enumerate(bones.values()):
        positions[j] = at + (positions[parents[j]] if parents[j] >= 0 else 0)
    return tuple(name for name, _, _ in bones.values()), parents, positions[None], keys


@pytest.fixture(autouse=True)
def own_maps(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


@pytest.mark.parametrize("rig", RIGS.values(), ids=RIGS)
@pytest.mark.parametrize("shuffled", [False, True])
def test_rigs_of_the_field(rig, shuffled):
    names, parents, positions, keys = figure(rig)
    if shuffled:  # neither the order of the file nor that of the tree is needed
        order = list(range(len(names)))
        random.Random(1).shuffle(order)
        place = {old: new for new, old in enumerate(order)}
        names, keys = tuple(names[j] for j in order), [keys[j] for j in order]
        parents = tuple(-1 if parents[j] < 0 else place[parents[j]] for j in order)
        positions = positions[:, order]
    roles = match_roles(names, parents)
    for side in ("left", "right"):
        for limb in LIMBS:
            assert keys[roles[f"{side} {limb}"]] == f"{side} {limb}"
    assert keys[roles["neck"]] == "neck" and keys[roles["head"]] == "head"
    rule = rule_by_names(with_sides("rig", names, parents), positions)
    assert not rule.missing and rule.assumed == () and rule.rule["head top"] == {"head end": 1.0}


@pytest.mark.parametrize("rig", RIGS.values(), ids=RIGS)
def test_two_roles_never_share_a_joint_and_limbs_go_down(rig):
    """Whatever is left out of the file."""
    names, parents, _, _ = figure(rig)
    rng = random.Random(2)
    for _ in range(40):
        kept = sorted(rng.sample(range(len(names)), rng.randint(5, len(names))))
        roles = match_roles([names[j] for j in kept])
        assert len(set(roles.values())) == len(roles)
        roles = {role: kept[j] for role, j in roles.items()}
        for side in ("left", "right"):
            for chain in (LIMBS[:3], LIMBS[3:]):
                joints = [roles[f"{side} {limb}"] for limb in chain if f"{side} {limb}" in roles]
                assert all(hangs_on(low, high, parents) for high, low in pairwise(joints))


def test_twists_controls_and_stubs_are_not_taken():
    extra = [("LeftUpLegTwist", "left hip"), ("ik_foot_l", "hips"), ("LHipJoint", "hips"), ("LeftHand_target", "hips"),
             ("LeftHandThumb1", "left wrist"), ("LeftFoot_end", "left ankle")]  # fmt: skip
    names, parents, _, keys = figure(RIGS["mixamo"].replace("mixamorig:", ""), extra=extra)
    roles = match_roles(names, parents)
    assert {role: keys[j] for role, j in roles.items() if role.startswith("left")} == {
        f"left {limb}": f"left {limb}" for limb in LIMBS
    }


def test_the_tree_decides_between_equal_names():
    """Two feet on the left, one of them the prop's."""
    names, parents, _, keys = figure(RIGS["words"], extra=[("prop left foot", "hips")])
    assert keys[match_roles(names, parents)["left ankle"]] == "left ankle"


def test_a_limb_without_length_is_no_limb():
    names, parents, positions, keys = figure(RIGS["words"])
    positions[:, keys.index("left knee")] = positions[:, keys.index("left hip")]
    assert rule_by_names(with_sides("rig", names, parents), positions).missing == ("left knee",)


@pytest.mark.parametrize("turn", [np.eye(3), [[0, 0, 1], [1, 0, 0], [0, 1, 0]], [[1, 0, 0], [0, 0, -1], [0, 1, 0]]])
@pytest.mark.parametrize("mirrored", [False, True])
def test_left_is_left(mirrored, turn):
    """A mirrored world, or exchanged names, in whatever axes: toes then point backward."""
    names, parents, positions, _ = figure(RIGS["mixamo"], mirrored=mirrored)
    named = rule_by_names(with_sides("rig", names, parents), positions @ np.asarray(turn, float).T)
    assert (named.assumed == ("left and right exchanged",)) == mirrored
    assert ("Right" in named.rule["left knee"]) == mirrored


def test_backward_knees_alone_are_not_enough():
    """A knee that is overstretched, toes ahead."""
    names, parents, positions, keys = figure(RIGS["mixamo"])
    for side in ("left", "right"):
        positions[:, keys.index(f"{side} knee"), 1] += 0.15
    assert rule_by_names(with_sides("rig", names, parents), positions).assumed == ()


def test_words():
    assert words_of("mixamorig:LeftUpLeg") == ("left", ("up", "leg"))
    assert words_of("Bip01 L Thigh") == ("left", ("bip", "01", "thigh"))
    assert words_of("RFArm") == ("right", ("f", "arm"))
    assert words_of("Hips") == ("", ("hips",))


def test_names_of_strangers_take_no_time():
    """A thousand equal names, names of many words, numbers of many digits."""
    odd = ["LeftLeg'" + "'" * k for k in range(1000)] + ["a " * 50_000 + "LeftLeg", "LeftLeg" + "9" * 9000, "L" * 9000]
    started = time.perf_counter()
    assert "left knee" in match_roles(odd, [-1, *range(len(odd) - 1)])
    assert time.perf_counter() - started < 5


def test_a_map_by_hand_is_remembered_for_the_rig(tmp_path):
    names, parents, positions, keys = figure(" ".join(f"{{side}}_bone{k}" for k in range(8)))
    skeleton = with_sides("rig", names, parents)
    assert "left knee" in rule_by_names(skeleton, positions).missing
    text = ",".join(f"{limb}_{s[0]}={s}_bone{ORDER.index(limb)}" for s in ("left", "right") for limb in LIMBS)
    joint_maps.remember(tmp_path / "a.bvh", names, joint_maps.parse_map(text))
    joint_maps._remembered.cache_clear()  # as in the next session
    roles = match_roles(names, parents)
    assert all(keys[roles[f"{side} {limb}"]] == f"{side} {limb}" for side in ("left", "right") for limb in LIMBS)
    assert not rule_by_names(skeleton, positions).missing
    assert match_roles(names[:-1], parents[:-1]) != roles  # another rig has no part in it


@pytest.mark.parametrize("text", ["knee=a", "knee_l", "tail_l=a", "knee_l=", "", "head_l=a"])
def test_a_map_that_cannot_be_read(text):
    with pytest.raises(InputError, match="cannot be read; write knee_l=LeftShin"):
        joint_maps.parse_map(text)


def test_a_map_to_joints_that_are_not_there(tmp_path):
    with pytest.raises(InputError, match="choose a joint such as LeftShin"):
        joint_maps.remember(tmp_path / "a.bvh", ("LeftShin", "Head"), {"left knee": "LeftShinn"})
    with pytest.raises(InputError, match="gives Head two roles"):
        joint_maps.remember(tmp_path / "a.bvh", ("LeftShin", "Head"), {"left knee": "Head", "head": "Head"})


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a\\nb": 3}', '{"a\\nb": {"head": "c"}}', '{"a\\nb": {"head": 4}}'])
def test_a_damaged_store_is_an_empty_one(tmp_path, text):
    (tmp_path / "kinestate").mkdir()
    (tmp_path / "kinestate" / "joint_maps.json").write_text(text)
    assert joint_maps.map_by_hand(("a", "b")) == {}
