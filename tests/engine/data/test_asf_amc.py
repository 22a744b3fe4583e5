"""ASF/AMC: known answers, every white space variant, and bad files refused in one sentence."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.data.formats import asf_amc
from engine.errors import InputError
from engine.motion.kinematics import forward_kinematics

ASF = """# AST/ASF file
:version 1.10
:name VICON
:units
  mass 1.0
  length 0.45
  angle deg
:documentation
   made for a test
:root
   order TX TY TZ RX RY RZ
   axis XYZ
   position 0 0 0
   orientation 0 0 0
:bonedata
  begin
     id 1
     name hip
     direction 1 0 0
     length 2
     axis 0 0 0 XYZ
  end
  begin
     id 2
     name femur
     direction 0 -1 0
     length 7
     axis 0 0 20 XYZ
    dof rx ry rz
    limits (-160.0 20.0)
           (-70.0 70.0)
           (-60.0 70.0)
  end
  begin
     id 3
     name tibia
     direction 0 -1 0
     length 8
     axis 0 0 90 XYZ
    dof rx
    limits (-10.0 170.0)
  end
:hierarchy
  begin
    root hip
    hip femur
    femur tibia
  end
"""

AMC = """#!OML:ASF made for a test
:FULLY-SPECIFIED
:DEGREES
1
root 1 17 2 0 0 0
femur 0 0 0
tibia 0
2
root 1 17 2 0 90 0
femur 0 0 0
tibia 90
"""

UNIT = 0.0254 / 0.45


def write(folder, amc=AMC, asf=ASF, name="07_01.amc", skeleton="07.asf"):
    if asf is not None:
        (folder / skeleton).write_text(asf)
    path = folder / name
    path.write_text(amc)
    return path


def refused(path, match, **more):
    with pytest.raises(InputError, match=match) as error:
        asf_amc.read(path, **more)
    message = str(error.value)
    assert message.endswith(".") and "\n" not in message and ".a" in message.split(":")[0]


def test_known_answers(tmp_path):
    clip = asf_amc.read(write(tmp_path))
    assert clip.skeleton.names == ("root", "hip", "femur", "tibia", "tibia end")
    assert clip.skeleton.parents == (-1, 0, 1, 2, 3)
    root = np.array([1, -2, 17]) * UNIT  # Y up in the file, Z up here
    assert np.allclose(clip.positions[0, 0], root)
    assert np.allclose(clip.positions[0, 1], root)  # a bone stands at its start
    assert np.allclose(clip.positions[0, 2], root + [2 * UNIT, 0, 0])
    assert np.allclose(clip.positions[0, 3], root + [2 * UNIT, 0, -7 * UNIT])
    assert np.allclose(clip.positions[0, 4], root + [2 * UNIT, 0, -15 * UNIT])
    # Frame 1: the root turns about the vertical, so the hip points to -Z of the file, +Y of the world. The knee turns
    # about its own axis: C (90 degrees about Z) makes X to Y, along the bone, so a pure "rx" only twists it.
    assert np.allclose(clip.positions[1, 2], root + [0, 2 * UNIT, 0])
    assert np.allclose(clip.positions[1, 4], root + [0, 2 * UNIT, -15 * UNIT])
    assert clip.rate_hz == pytest.approx(120)
    provenance = clip.provenance
    assert (provenance.format, provenance.unit, provenance.up) == ("ASF/AMC", "1/0.45 inch", "Y")
    assert provenance.rate == "120 Hz assumed, AMC holds none"


def test_the_angle_named_first_is_applied_first(tmp_path):
    """M = Rz Ry Rx: with C = I, rx = 90 then rz = 90 brings the thigh from -Y over -Z to -Z (z stays)."""
    asf = ASF.replace("axis 0 0 20", "axis 0 0 0")
    clip = asf_amc.read(write(tmp_path, AMC.replace("femur 0 0 0", "femur 90 0 90"), asf))
    thigh = clip.positions[0, 3] - clip.positions[0, 2]
    assert np.allclose(thigh, [0, 7 * UNIT, 0])  # -Z of the file is +Y of the world


def test_rotations_and_offsets_reproduce_positions(tmp_path):
    clip = asf_amc.read(write(tmp_path, AMC.replace("femur 0 0 0", "femur 10 20 30")))
    positions, _ = forward_kinematics(clip.skeleton, clip.rotations, clip.offsets, clip.positions[:, 0])
    assert np.allclose(positions, clip.positions)


def test_comments_and_white_space_anywhere(tmp_path):
    plain = asf_amc.read(write(tmp_path))
    loose = tmp_path / "loose"
    loose.mkdir()
    asf = ASF.replace("\n", "   # a word\r\n").replace("direction", "  direction\t").replace(":root", "\n\n:root")
    amc = AMC.replace(":DEGREES", "# Copyright\n\n:DEGREES # yes").replace("tibia", "\ttibia ")
    assert np.array_equal(asf_amc.read(write(loose, amc, asf)).positions, plain.positions)


def test_overrides(tmp_path):
    path = write(tmp_path)
    clip = asf_amc.read(path, rate_hz=60, unit="cm", up="Z")
    assert clip.rate_hz == pytest.approx(60) and clip.provenance.rate == "60 Hz as given"
    assert np.allclose(clip.positions[0, 0], [0.01, 0.17, 0.02])
    inches = asf_amc.read(write(tmp_path, asf=ASF.replace("length 0.45", "length 1.0")))
    assert inches.positions[0, 0, 2] == pytest.approx(17 * 0.0254)


def test_radians(tmp_path):
    asf = ASF.replace("angle deg", "angle rad").replace("0 0 20", "0 0 0.349066").replace("0 0 90", "0 0 1.570796")
    amc = AMC.replace(" 0 90 0", " 0 1.570796 0").replace("tibia 90", "tibia 1.570796")
    plain = asf_amc.read(write(tmp_path))
    radians = asf_amc.read(write(tmp_path, amc, asf))
    assert np.allclose(radians.positions, plain.positions, atol=1e-6)


def test_the_skeleton_beside_the_motion(tmp_path):
    path = write(tmp_path, skeleton="35.asf")  # the only one
    assert asf_amc.find_asf(path).name == "35.asf"
    (tmp_path / "07.ASF").write_text(ASF)
    assert asf_amc.find_asf(path).name == "07.ASF"  # the subject's
    (tmp_path / "07.ASF").rename(tmp_path / "08.asf")
    refused(path, "2 skeletons beside it")
    below = tmp_path / "08_01"
    below.mkdir()
    assert asf_amc.find_asf(write(below, asf=None, name="08_01.amc")).name == "08.asf"  # one folder up
    alone = tmp_path / "x" / "y"
    alone.mkdir(parents=True)
    refused(write(alone, asf=None), "no skeleton beside it; put its .asf file into the same folder as 07.asf")
    refused(path, "does not exist", asf=tmp_path / "gone.asf")
    with pytest.raises(InputError, match="skeleton without motion"):
        asf_amc.read(tmp_path / "35.asf")


def test_matches_by_content():
    assert asf_amc.matches(AMC.encode(), Path("x"))
    assert asf_amc.matches(ASF.encode(), Path("x"))
    assert asf_amc.matches(b"1\nroot 1 2 3 4 5 6\n", Path("x"))
    for other in (b"HIERARCHY\nROOT Hips", b"1\n2\n3\n", b"", b"1", b"{}", b"PK\x03\x04", b"a b c\n1 2 3"):
        assert not asf_amc.matches(other, Path("x.amc"))


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        (AMC[AMC.index("1\nroot") :], "", "no frames"),
        ("tibia 90\n", "", "frame 1 does not hold"),
        ("tibia 90", "tibia 90 1", "frame 1 does not hold"),
        ("tibia 0\n2", "tibia\n2", "frame 0 does not hold|frame 1|tibia"),
        ("tibia 90", "tibia nan", "frame 1 holds nan"),
        ("tibia 90", "tibia 1e99", "frame 1 holds 1e\\+99"),
        ("tibia 90", "tibia x", "a word where a number belongs"),
        ("femur", "femurr", "bone femurr is not in the skeleton"),
    ],
)
def test_bad_motions(tmp_path, old, new, match):
    assert old in AMC
    refused(write(tmp_path, AMC.replace(old, new)), match)


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        (":hierarchy", ":other", ":hierarchy is missing"),
        ("length 0.45", "length 0", ":units length is 0"),
        ("length 0.45", "length nan", ":units length is nan"),
        ("length 0.45", "length", "cannot be read|length"),
        ("length 7", "length x", "cannot be read"),
        ("length 7", "length inf", "cannot be read"),
        ("     length 7\n", "", "cannot be read"),
        ("direction 0 -1 0", "direction 0 -1", "cannot be read"),
        ("axis 0 0 20 XYZ", "axis 0 0 20 ABC", "cannot be read"),
        ("dof rx ry rz", "dof rx ry rw", "cannot be read"),
        ("TX TY TZ", "TX TX TZ", "cannot be read"),
        ("position 0 0 0", "position 0 0", "cannot be read"),
        ("femur tibia", "femur tibia hip", "bone hip hangs on two parents"),
        ("root hip\n    hip femur", "root\n    hip femur", "bone hip does not hang on the root"),
        ("femur tibia", "femur shin", "bone shin has no :bonedata"),
        ("dof rx\n", "dof rx ry\n", "does not hold|values"),
        ("name tibia", "name", "cannot be read"),
    ],
)
def test_bad_skeletons(tmp_path, old, new, match):
    assert old in ASF
    refused(write(tmp_path, asf=ASF.replace(old, new, 1)), match)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=3000)
@given(st.data(), st.booleans())
def test_damaged_files_never_crash_or_hang(tmp_path, data, skeleton):
    words = (ASF if skeleton else AMC).replace("\n", " \n ").split(" ")
    junk = st.sampled_from(
        ["", "begin", "end", "nan", "-inf", "1e400", "0", "-1", "9" * 30, ":root", ":bonedata", ":hierarchy", "root",
         "dof", "rx", "axis", "#", "\n", "order", "name", "tibia", "femur", "é\0", "1_0"]
    )  # fmt: skip
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(words) - 1))
        words[at : at + data.draw(st.integers(0, 6))] = data.draw(st.lists(junk, max_size=4))
    damaged = " ".join(words)
    path = write(tmp_path, **{"asf" if skeleton else "amc": damaged})
    try:
        clip = asf_amc.read(path)
    except InputError as error:
        assert "\n" not in str(error)
        return
    assert np.isfinite(clip.positions).all()
