"""BVH: written and read again in any shape, detected and overridden, and refused in one sentence."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from engine.data.formats import bvh
from engine.errors import InputError
from engine.motion.conversions import to_h36m17
from engine.motion.kinematics import forward_kinematics

WALKER = """HIERARCHY
ROOT Hips
{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT LeftUpLeg
  {
    OFFSET 10 -2 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    JOINT LeftLeg
    {
      OFFSET 0 -40 0
      CHANNELS 3 Zrotation Xrotation Yrotation
      JOINT LeftFoot
      {
        OFFSET 0 -42 0
        CHANNELS 3 Zrotation Xrotation Yrotation
        End Site
        {
          OFFSET 0 -5 12
        }
      }
    }
  }
  JOINT Head
  {
    OFFSET 0 62 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site
    {
      OFFSET 0 18 0
    }
  }
}
MOTION
Frames: 2
Frame Time: .03333
1 90 3 0 0 90 0 0 0 0 0 0 0 0 0 0 0 0
2 91 4 0 0 90 0 90 0 0 0 0 0 0 0 0 0 0
"""


def write(folder, text, name="clip.bvh"):
    path = folder / name
    path.write_text(text)
    return path


def refused(path, match, **overrides):
    with pytest.raises(InputError, match=match) as error:
        bvh.read(path, **overrides)
    message = str(error.value)
    assert message.startswith(path.name) and message.endswith(".") and "\n" not in message
    return message


@pytest.fixture
def walker(tmp_path):
    return write(tmp_path, WALKER)


def test_known_answers(walker):
    clip = bvh.read(walker)
    assert clip.skeleton.names == (
        "Hips", "LeftUpLeg", "LeftLeg", "LeftFoot", "LeftFoot end", "Head", "Head end"
    )  # fmt: skip
    assert clip.skeleton.parents == (-1, 0, 1, 2, 3, 0, 5)
    # Y up, centimetres; the hips are turned by 90 degrees, so the left hip is at -Z of the file, +Y of the world.
    assert np.allclose(clip.positions[0, 0], [0.01, -0.03, 0.90])
    assert np.allclose(clip.positions[0, 1], [0.01, 0.07, 0.88])
    assert np.allclose(clip.positions[0, 6], [0.01, -0.03, 1.70])
    # Frame 1: the left thigh is lifted by 90 degrees about its own X axis.
    assert np.allclose(clip.positions[1, 2] - clip.positions[1, 1], [-0.40, 0, 0], atol=1e-9)
    assert clip.rate_hz == pytest.approx(30)
    assert (clip.provenance.format, clip.provenance.unit, clip.provenance.up) == ("BVH", "centimetres", "Y")
    assert clip.provenance.rate == "30 Hz from Frame Time 0.03333 s"


def test_rotations_and_offsets_reproduce_positions(walker):
    clip = bvh.read(walker)
    positions, _ = forward_kinematics(clip.skeleton, clip.rotations, clip.offsets, clip.positions[:, 0])
    assert np.allclose(positions, clip.positions)


def test_overrides(tmp_path, walker):
    clip = bvh.read(walker, rate_hz=50, unit="inches", up="Z")
    assert clip.rate_hz == pytest.approx(50)
    assert np.allclose(clip.positions[0, 0], np.array([1, 90, 3]) * 0.0254)
    assert "as given" in clip.provenance.rate and clip.provenance.unit == "inches"
    timeless = write(tmp_path, WALKER.replace(".03333", "0"), "timeless.bvh")
    assert bvh.read(timeless, rate_hz=50).rate_hz == pytest.approx(50)
    assert bvh.read(walker, unit="0.02").positions[0, 0, 2] == pytest.approx(1.8)


@pytest.mark.parametrize(("scale", "unit"), [(0.01, "metres"), (10, "millimetres"), (1 / 2.54, "inches")])
def test_unit_from_the_size_of_the_person(tmp_path, scale, unit):
    lines = []
    for line in WALKER.splitlines():
        words = line.split()
        if words and words[0] == "OFFSET":
            line = " ".join(["OFFSET", *(str(float(w) * scale) for w in words[1:])])
        elif line[:1].isdigit():
            line = " ".join([*(str(float(w) * scale) for w in words[:3]), *words[3:]])
        lines.append(line)
    clip = bvh.read(write(tmp_path, "\n".join(lines)))
    assert clip.provenance.unit == unit
    assert clip.positions[0, 6, 2] == pytest.approx(1.70)


def test_up_axis_from_the_rest_pose_or_else_the_motion(tmp_path):
    lines = WALKER.splitlines()
    turned = []
    for line in lines:
        words = line.split()
        if words and words[0] == "OFFSET":  # the same person in a file with Z up, facing -Y
            line = f"OFFSET {words[1]} {-float(words[3])} {words[2]}"
        turned.append(line.replace("1 90 3", "1 -3 90").replace("2 91 4", "2 -4 91"))
    clip = bvh.read(write(tmp_path, "\n".join(turned).replace("0 0 90", "0 0 0").replace("0 90 0", "0 0 0")))
    assert clip.provenance.up == "Z" and any("rest pose" in n for n in clip.provenance.notes)
    assert np.allclose(clip.positions[0, 6], [0.01, -0.03, 1.70])

    # All offsets along X say nothing; the motion turns the figure upright.
    lying = WALKER.replace("OFFSET 0 62 0", "OFFSET 62 0 0").replace("OFFSET 0 18 0", "OFFSET 18 0 0")
    lying = (
        lying.replace("OFFSET 10 -2 0", "OFFSET -2 10 0").replace("0 -40 0", "-40 0 0").replace("0 -42 0", "-42 0 0")
    )
    lying = lying.replace("3 0 0 90", "3 90 0 0").replace("4 0 0 90", "4 90 0 0")
    clip = bvh.read(write(tmp_path, lying, "lying.bvh"))
    assert clip.provenance.up == "Y" and any("from the motion" in n for n in clip.provenance.notes)


def test_odd_white_space_and_names(tmp_path, walker):
    odd = WALKER.replace("Frames: 2", "Frames:\t2 ").replace("Frame Time: .03333", "Frame  Time :\t0.03333")
    odd = (
        odd.replace("MOTION", "Motion").replace("\n", "\r\n").replace("  ", "\t").replace("ROOT Hips", "ROOT  the Hips")
    )
    odd = "\ufeff" + odd.replace("JOINT Head\r\n\t{", "JOINT Head {")
    clip = bvh.read(write(tmp_path, odd, "odd.bvh"))
    assert clip.skeleton.names[0] == "the Hips"
    assert np.allclose(clip.positions, bvh.read(walker).positions)


def test_equal_names_are_told_apart(tmp_path):
    clip = bvh.read(write(tmp_path, WALKER.replace("LeftLeg", "LeftUpLeg")))
    assert clip.skeleton.names[1:3] == ("LeftUpLeg", "LeftUpLeg'")


def test_root_positions_relative_to_its_offset(tmp_path):
    text = WALKER.replace("OFFSET 0 0 0", "OFFSET 0 90 0", 1).replace("1 90 3", "1 0 3").replace("2 91 4", "2 1 4")
    clip = bvh.read(write(tmp_path, text))
    assert np.allclose(clip.positions[:, 0, 2], [0.90, 0.91])
    assert any("relative to its OFFSET" in n for n in clip.provenance.notes)
    absolute = bvh.read(write(tmp_path, WALKER.replace("OFFSET 0 0 0", "OFFSET 0 90 0", 1)))
    assert np.allclose(absolute.positions[:, 0, 2], [0.90, 0.91])


def test_sliding_joints_keep_positions_only(tmp_path):
    text = WALKER.replace(
        "OFFSET 0 62 0\n    CHANNELS 3", "OFFSET 0 62 0\n    CHANNELS 6 Xposition Yposition Zposition"
    )
    lines = text.splitlines()
    lines[-2:] = [" ".join([*line.split()[:15], "0 70 0", *line.split()[15:]]) for line in lines[-2:]]
    clip = bvh.read(write(tmp_path, "\n".join(lines)))
    assert clip.rotations is None and clip.offsets is None
    assert clip.positions[0, 5, 2] == pytest.approx(1.60)


def test_matches_by_content():
    assert bvh.matches(b"\xef\xbb\xbf  hierarchy\nROOT", Path("x.txt"))
    assert not bvh.matches(b":version 1.10\n:name VICON", Path("x.bvh"))
    assert not bvh.matches(b"", Path("x.bvh"))


# --- written in any shape, read again ------------------------------------------------------------------------


@st.composite
def files(draw):
    """A random file and the positions that the definition of BVH gives it, computed with plain matrices."""
    joints = draw(st.integers(3, 7))
    parents = [-1] + [draw(st.integers(0, j - 1)) for j in range(1, joints)]
    number = st.floats(-50, 50).map(lambda x: round(x, 4))
    offsets = [[0.0, 0.0, 0.0]] + [draw(st.lists(number, min_size=3, max_size=3)) for _ in parents[1:]]
    ends = [j for j in range(joints) if j not in parents]
    frames = draw(st.integers(1, 3))
    channels, values = [], []
    for j in range(joints):
        turns = draw(st.sampled_from(["", "X", "ZY", "XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX", "XYX"]))
        kinds = [f"{a}rotation" for a in turns]
        if j == 0 or (draw(st.booleans()) and np.linalg.norm(offsets[j]) > 1):
            moves = draw(st.permutations(["Xposition", "Yposition", "Zposition"]))
            kinds = [*moves, *kinds] if draw(st.booleans()) else [*kinds, *moves]
        channels.append(kinds)
        columns = []
        for kind in kinds:
            if kind.endswith("rotation"):
                columns.append([draw(st.floats(-400, 400).map(lambda x: round(x, 4))) for _ in range(frames)])
            elif j == 0:
                columns.append([draw(number) for _ in range(frames)])
            else:  # a bone that stretches a little
                rest = offsets[j]["XYZ".index(kind[0])]
                columns.append([round(rest * draw(st.floats(0.9, 1.1)), 4) for _ in range(frames)])
        values.append(np.array(columns).reshape(len(kinds), frames).T)

    order = []  # depth first, as a file is written

    def text_of(j):
        order.append(j)
        head = "ROOT" if j == 0 else "JOINT"
        kinds = channels[j]
        out = f"{head} j{j}\n{{\nOFFSET {' '.join(map(str, offsets[j]))}\n"
        if kinds:
            out += f"CHANNELS {len(kinds)} {' '.join(kinds)}\n"
        out += "".join(text_of(c) for c in range(joints) if parents[c] == j)
        return out + ("End Site\n{\nOFFSET 0 1 0\n}\n" if j in ends else "") + "}\n"

    tree = text_of(0)
    rows = np.concatenate([values[j] for j in order], axis=1)
    body = "\n".join(" ".join(map(str, row)) for row in rows.tolist())
    text = f"HIERARCHY\n{tree}MOTION\nFrames: {frames}\nFrame Time: 0.0166667\n{body}\n"

    def about(axis, degrees):
        k = "XYZ".index(axis)
        i, m = (k + 1) % 3, (k + 2) % 3
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        out = np.eye(3)
        out[i, i] = out[m, m] = c
        out[m, i], out[i, m] = s, -s
        return out

    where = np.zeros((frames, joints, 3))
    for t in range(frames):
        turned = [np.eye(3)] * joints
        for j in range(joints):
            shift, turn = np.array(offsets[j]), np.eye(3)
            for kind, value in zip(channels[j], values[j][t], strict=True):
                if kind.endswith("position"):
                    shift["XYZ".index(kind[0])] = value
                else:
                    turn = turn @ about(kind[0], value)
            up = turned[parents[j]] if j else np.eye(3)
            where[t, j] = (where[t, parents[j]] if j else 0) + up @ shift
            turned[j] = up @ turn
    return text, where, sum(map(len, channels))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files())
def test_any_rig_and_channel_order(tmp_path, file):
    text, where, width = file
    assume(width > 0)
    path = write(tmp_path, text)
    clip = bvh.read(path, unit="m", up="Z")
    at = [clip.skeleton.index(f"j{j}") for j in range(where.shape[1])]
    assert np.allclose(clip.positions[:, at], where, atol=1e-9)
    assert clip.rate_hz == pytest.approx(60) or len(clip) == 1
    y_up = bvh.read(path, unit="m", up="Y")
    assert np.allclose(y_up.positions[:, at], where[..., [0, 2, 1]] * [1, -1, 1], atol=1e-9)
    if y_up.rotations is not None:  # the rest pose is turned with the motion
        assert np.allclose(y_up.offsets[at], clip.offsets[at][:, [0, 2, 1]] * [1, -1, 1])
        again, _ = forward_kinematics(y_up.skeleton, y_up.rotations, y_up.offsets, y_up.positions[:, 0])
        assert np.allclose(again, y_up.positions, atol=1e-9)


# --- refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("MOTION", "", "MOTION"),
        ("Frames: 2", "Frames: 0", "Frames is 0"),
        ("Frames: 2", "Frames: -4", "Frames is -4"),
        ("Frames: 2", "Frames: two", "Frames holds 'two'"),
        ("Frames: 2", "Frames: 3", "holds 36 values, but 3 frames of 18 channels need 54"),
        ("Frames: 2", "Frames: 1000000000000", "holds 36 values"),
        (".03333", "0", "Frame Time is 0"),
        (".03333", "-0.1", "Frame Time is -0.1"),
        (".03333", "nan", "Frame Time is nan"),
        (".03333", "33.3", "Frame Time is 33.3"),
        ("2 91 4", "2 nan 4", "frame 1 holds nan"),
        ("2 91 4", "2 1e999 4", "frame 1 holds inf"),
        ("2 91 4", "2 1e12 4", "frame 1 holds 1e\\+12"),
        ("2 91 4", "2 abc 4", "MOTION holds 'abc'"),
        ("2 91 4", "2 91", "holds 35 values"),
        ("OFFSET 0 62 0", "OFFSET 0 nan 0", "OFFSET"),
        ("OFFSET 0 62 0", "OFFSET 0 x 0", "OFFSET holds 'x'"),
        ("OFFSET 0 62 0", "", "without OFFSET"),
        ("CHANNELS 6", "CHANNELS 60", "unexpected|ends too early|CHANNELS"),
        ("CHANNELS 6", "CHANNELS -6", "ends too early"),
        ("CHANNELS 6", "CHANNELS 999999999999", "ends too early"),
        ("Zrotation", "Wrotation", "CHANNELS"),
        ("Xposition", "Yposition", "CHANNELS"),
        ("ROOT", "JOINT", "outside of the ROOT"),
        ("JOINT Head", "ROOT Head", "holds a second ROOT beside Hips"),
        ("      }\n    }\n  }", "      }\n    }", "braces|holds 'ROOT'|unexpected"),
        ("JOINT Head\n  {", "JOINT Head\n", "unexpected|braces|ends"),
    ],
)
def test_bad_files(tmp_path, old, new, match):
    assert old in WALKER
    refused(write(tmp_path, WALKER.replace(old, new, 1)), match)


def test_more_bad_files(tmp_path, walker):
    refused(write(tmp_path, WALKER[: len(WALKER) // 2], "half.bvh"), "MOTION")
    refused(write(tmp_path, WALKER[:-30], "cut.bvh"), "values")
    refused(write(tmp_path, "", "empty.bvh"), "empty")
    refused(tmp_path / "absent.bvh", "does not exist")
    two = "HIERARCHY ROOT a { OFFSET 0 0 0 CHANNELS 1 Xrotation End Site { OFFSET 0 1 0 } } MOTION Frames: 1 "
    refused(write(tmp_path, two + "Frame Time: 1\n0", "two.bvh"), "2 joints")
    flat = "\n".join(["OFFSET 0 0 0" if "OFFSET" in line else line for line in WALKER.splitlines()])
    refused(write(tmp_path, flat, "flat.bvh"), "no height")
    deep = "JOINT x { OFFSET 0 1 0 " * 5000
    refused(
        write(tmp_path, f"HIERARCHY ROOT a {{ OFFSET 0 0 0 {deep}\nMOTION\nFrames: 1\nFrame Time: 1\n", "d.bvh"), "1000"
    )
    with pytest.raises(InputError, match="Unit 'parsec'"):
        bvh.read(walker, unit="parsec")
    with pytest.raises(InputError, match="Up axis 'W'"):
        bvh.read(walker, up="W")
    refused(walker, "rate is 0 frames", rate_hz=0)
    refused(walker, "rate is nan frames", rate_hz=float("nan"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=3000)
@given(st.data())
def test_damaged_files_never_crash_or_hang(tmp_path, data):
    words = WALKER.replace("\n", " \n ").split(" ")
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(words) - 1))
        span = data.draw(st.integers(0, 6))
        junk = st.sampled_from(
            ["", "{", "}", "nan", "-inf", "1e400", "0", "-1", "99999999999", "End", "JOINT", "ROOT", "MOTION", "OFFSET",
             "CHANNELS", "Frames:", ":", "Zrotation", "é\0", "\n", "1_0", "0x10"]
        )  # fmt: skip
        words[at : at + span] = data.draw(st.lists(junk, max_size=4))
    path = write(tmp_path, " ".join(words))
    try:
        clip = bvh.read(path)
    except InputError as error:
        assert "\n" not in str(error)
        return
    assert np.isfinite(clip.positions).all() and np.isfinite(clip.times).all()
    try:
        to_h36m17(clip)
    except InputError as error:
        assert "\n" not in str(error)
