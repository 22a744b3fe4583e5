"""TRC and C3D: what we write comes back, markers of the usual sets become joints, damaged files are refused."""

import struct

import motion_samples as samples
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from motion_fakes import HZ, of_pose, person

from engine.data.formats import c3d, trc
from engine.data.joints.markers import joints_of
from engine.data.registry import open_motion
from engine.errors import InputError
from engine.export.motion.formats import FORMATS
from engine.motion.skeleton import H36M_17, SMPL_24
from engine.motion.stature import stature
from engine.untrusted.c3d_points import load_points

READERS = {"trc": trc, "c3d": c3d}
H = H36M_17.index


def written(motion, name, folder):
    path = folder / f"walk{FORMATS[name].suffix}"
    FORMATS[name].write(motion, path)
    return path


def walker():
    """(T, 17, 3): the samples' person, the nose where a body has it."""
    joints = samples.walking()
    joints[:, H("nose")] = joints[:, H("head top")] - [0, 0.007, 0.107]
    return joints


def plug_in_gait(joints):
    """Names and places (T, M, 3) of Plug-in Gait's markers on H36M-17 joints of a person who stands facing -Y."""
    left, forward, up = np.eye(3)[0], -np.eye(3)[1], np.eye(3)[2]
    place = {}
    hips = {side: joints[:, H(f"{side} hip")] for side in ("left", "right")}
    lateral = np.linalg.norm(hips["left"] - hips["right"], axis=-1, keepdims=True) / 2
    width, depth = (lateral - 0.0073) / 0.33, 0.15
    middle = (hips["left"] + hips["right"]) / 2 + (0.24 * depth + 0.0099) * forward + (0.3 * width + 0.0109) * up
    for side, sign in (("left", 1), ("right", -1)):
        m = side[0].upper()
        at = {name: joints[:, H(f"{side} {name}")] for name in ("knee", "ankle", "shoulder", "elbow", "wrist")}
        place |= {
            f"{m}ASI": middle + sign * width / 2 * left, f"{m}PSI": middle - depth * forward + sign * 0.05 * left,
            f"{m}KNE": at["knee"] + sign * 0.057 * left, f"{m}ANK": at["ankle"] + sign * 0.042 * left,
            f"{m}SHO": at["shoulder"] + 0.05 * up, f"{m}ELB": at["elbow"],
            f"{m}WRA": at["wrist"] + 0.03 * forward, f"{m}WRB": at["wrist"] - 0.03 * forward,
        }  # fmt: skip
        head = joints[:, H("head top")]
        place |= {
            f"{m}FHD": head + 0.08 * forward + sign * 0.06 * left,
            f"{m}BHD": head - 0.08 * forward + sign * 0.06 * left,
        }
    thorax = joints[:, H("thorax")]
    place |= {"C7": thorax - 0.06 * forward, "CLAV": thorax + 0.06 * forward, "STRN": thorax - 0.2 * up}
    return tuple(place), np.stack(list(place.values()), axis=1)


def trc_file(path, names, positions, *, unit="mm", rate=100, start=0.0, cell="{:.6f}"):
    """Plain TRC as other programs write it: positions (T, M, 3) in the unit, NaN as an empty cell."""
    rows = []
    for t, row in enumerate(positions.reshape(len(positions), -1)):
        cells = ["" if np.isnan(v) else cell.format(v) for v in row]
        rows.append("\t".join([str(t + 1), f"{start + t / rate:.6f}", *cells]))
    head = [
        "PathFileType\t4\t(X/Y/Z)\twalk.trc",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
        f"{rate}\t{rate}\t{len(positions)}\t{len(names)}\t{unit}\t{rate}\t1\t{len(positions)}",
        "Frame#\tTime\t" + "\t\t\t".join(names) + "\t\t",
        "\t\t" + "\t".join(f"{axis}{k + 1}" for k in range(len(names)) for axis in "XYZ"),
        "",
    ]
    path.write_text("\n".join([*head, *rows]) + "\n")
    return path


def matched(reader, path):
    return reader.matches(path.read_bytes()[:4096], path)


# -- Round trips ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", READERS)
def test_what_we_write_comes_back(tmp_path, name):
    motion = person()
    path = written(motion, name, tmp_path)
    assert matched(READERS[name], path)
    clip = open_motion(path, up="Z")
    assert clip.skeleton == SMPL_24 and clip.provenance.unit == "millimetres"
    np.testing.assert_allclose(clip.positions, motion.joints.positions, atol=1e-3)
    np.testing.assert_allclose(clip.times, motion.joints.times, atol=1e-6)
    assert clip.rate_hz == pytest.approx(HZ) and f"{HZ:g} Hz from" in clip.provenance.rate


@pytest.mark.parametrize("name", READERS)
def test_joints_that_are_missing_for_a_moment(tmp_path, name):
    motion = of_pose(person().body.take(slice(0, 8)))
    motion.joints.positions[3, 5] = np.nan
    clip = open_motion(written(motion, name, tmp_path), up="Z")
    expected = (motion.joints.positions[2, 5] + motion.joints.positions[4, 5]) / 2
    np.testing.assert_allclose(clip.positions[3, 5], expected, atol=1e-3)
    assert any("bridged" in note for note in clip.provenance.notes)


# -- Markers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", [np.eye(3), np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1.0]])])
def test_plug_in_gait(tmp_path, turn):
    """Joints that the markers were laid around come back, wherever the person faces."""
    joints = walker()
    names, places = plug_in_gait(joints)
    skeleton, found, notes = joints_of(tmp_path / "a.c3d", tuple(f"Ann:{n}" for n in names), places @ turn.T)
    assert skeleton == H36M_17 and "Harrington" in notes[0]
    apart = np.linalg.norm(found - joints @ turn.T, axis=-1)
    assert apart[:, [H(j) for j in H36M_17.names if j != "spine"]].max() < 0.012


@pytest.mark.parametrize("name", READERS)
def test_plug_in_gait_in_a_file(tmp_path, name):
    names, places = plug_in_gait(walker())
    y_up = places @ np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]]).T * 1000
    y_up[2, names.index("LKNE")] = np.nan
    path = (trc_file if name == "trc" else samples.c3d_file)(tmp_path / f"a.{name}", names, y_up)
    clip = open_motion(path)
    assert clip.skeleton == H36M_17 and clip.provenance.up == "Y" and clip.rate_hz == pytest.approx(100)
    np.testing.assert_allclose(clip.positions[0, H("left ankle")], samples.STANDING[6], atol=0.012)
    assert stature(clip.positions) == pytest.approx(stature(walker()), abs=0.02)


def test_opencap_and_pose2sim_names(tmp_path):
    joints = samples.walking()
    names = ("Hip", "RHip", "RKnee", "RAnkle", "LHip", "LKnee", "LAnkle", "Neck", "Head", "Nose", "LShoulder", "LElbow",
             "LWrist", "RShoulder", "RElbow", "RWrist", "RBigToe")  # fmt: skip
    places = joints[:, [0, 1, 2, 3, 4, 5, 6, 8, 10, 9, 11, 12, 13, 14, 15, 16, 3]]
    clip = open_motion(trc_file(tmp_path / "a.trc", names, places, unit="m", rate=60, start=2.0))
    spine = (joints[:, 0] + joints[:, 8]) / 2
    expected = np.where(np.arange(17)[:, None] == 7, spine[:, None], joints)
    np.testing.assert_allclose(clip.positions, expected, atol=1e-5)
    np.testing.assert_allclose(clip.times, np.arange(6) / 60, atol=1e-6)
    skeleton, found, _ = joints_of(tmp_path / "a.trc", tuple("midHip" if n == "Hip" else n for n in names), places)
    assert skeleton == H36M_17 and found.shape == (6, 17, 3)


# -- C3D as other machines write it -----------------------------------------------------------------


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("scale", "exact"), [(-1.0, 1e-6), (0.1, 1e-4)])
@pytest.mark.parametrize("analog", [0, 12])
def test_c3d_of_other_machines(tmp_path, order, scale, exact, analog):
    names = tuple(name.replace(" ", "_") for name in H36M_17.names)
    path = samples.c3d_file(
        tmp_path / "a.c3d", names, samples.walking() * 1000, order=order, scale=scale, analog=analog
    )
    clip = open_motion(path)
    np.testing.assert_allclose(clip.positions, samples.walking(), atol=exact)
    assert clip.skeleton == H36M_17 and clip.provenance.format == "C3D (17 points)"


def test_a_recording_longer_than_its_words_can_say(tmp_path):
    """65,610 frames under the largest number of two bytes, and zeros up to the end of the block."""
    places = np.arange(3.0 * 65_610).reshape(-1, 1, 3) % 900 + 1
    path = samples.c3d_file(tmp_path / "a.c3d", ("A",), places[:65_535], scale=1.0)
    rest = np.concatenate([places[65_535:, 0], np.zeros((75, 1))], axis=1).astype("<i2").tobytes()
    path.write_bytes(path.read_bytes() + rest + bytes(-(65_610 * 8) % 512))
    np.testing.assert_array_equal(load_points(path).positions, places)


def test_c3d_of_a_vax(tmp_path):
    """DEC's numbers: words swapped, four times as large."""
    names = tuple(H36M_17.names)
    path = samples.c3d_file(tmp_path / "a.c3d", names, samples.walking() * 1000)
    data = bytearray(path.read_bytes())
    start = 512 * (struct.unpack("<H", data[16:18])[0] - 1)
    at = data.index(b"SCALE") + 5 + 4
    for place in (at, data.index(b"RATE") + 4 + 4, 12, 20, *range(start, len(data), 4)):
        value = (np.frombuffer(bytes(data[place : place + 4]), "<f4") * 4).astype("<f4").view("<u2")[::-1]
        data[place : place + 4] = value.tobytes()
    data[512 + 3] = 85
    path.write_bytes(data)
    np.testing.assert_allclose(open_motion(path).positions, samples.walking(), atol=1e-6)


# -- Bad files --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "change", "message"),
    [
        (("A", "B"), {}, r"markers \(A, B\) are no set that is known: left hip, left knee"),
        (("LASI", "RASI"), {"unit": "furlongs"}, "Units are 'furlongs'; give the unit"),
        (("A", "B"), {"cell": "x"}, "row 3 holds a word where a number belongs"),
    ],
)
def test_bad_trc(tmp_path, names, change, message):
    with pytest.raises(InputError, match=rf"^a\.trc: {message}"):
        trc.read(trc_file(tmp_path / "a.trc", names, np.ones((4, len(names), 3)), **change))


def test_a_unit_that_is_given_and_none_is_not_the_files(tmp_path):
    places = np.ones((4, 1, 3))
    for path in (trc_file(tmp_path / "a.trc", ("A",), places), samples.c3d_file(tmp_path / "a.c3d", ("A",), places)):
        with pytest.raises(InputError, match=r"^Unit 'furlongs' is not known; give one of metres"):
            open_motion(path, unit="furlongs")


def test_cut_off(tmp_path):
    path = trc_file(tmp_path / "a.trc", ("A",), np.ones((4, 1, 3)))
    path.write_text(path.read_text()[:100])
    with pytest.raises(InputError, match=r"^a\.trc: the head has no line Frame#; export it again"):
        trc.read(path)
    path = samples.c3d_file(tmp_path / "a.c3d", ("A",), np.ones((4, 1, 3)))
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(InputError, match=r"^a\.c3d: the point section is cut off or empty; export it again"):
        c3d.read(path)
    path.write_bytes(path.read_bytes()[:520])
    with pytest.raises(InputError, match=r"^a\.c3d: content is damaged or cut off; export it again"):
        c3d.read(path)


@settings(max_examples=300, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_damaged_c3d_opens_or_is_refused(tmp_path, changes):
    names = tuple(H36M_17.names)
    path = samples.c3d_file(tmp_path / "a.c3d", names, samples.walking() * 1000)
    data = bytearray(path.read_bytes())
    for at, value in changes:
        data[at % len(data)] = value
    path.write_bytes(data)
    try:
        clip = c3d.read(path)
    except InputError as error:
        assert "\n" not in str(error) and len(str(error)) < 500
    else:
        assert np.isfinite(clip.positions).all()
