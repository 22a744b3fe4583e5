"""What is exported comes back: positions within 1 mm, times within a microsecond; rate, unit and axes are stated."""

import json
from dataclasses import replace

import numpy as np
import pytest
import trimesh
from hypothesis import given
from hypothesis import strategies as st
from motion_fakes import HZ, of_pose, person, read_c3d, read_trc

from engine.body import library
from engine.data.formats import amass, bvh
from engine.data.registry import open_motion
from engine.errors import InputError
from engine.export.motion.clock import at_fixed_rate, even_rate
from engine.export.motion.formats import FORMATS, format_of
from engine.export.motion.motion import WORLD
from engine.kinds import as_mesh
from engine.motion.conversions import to_h36m17
from engine.motion.skeleton import SMPL_22, SMPL_24
from engine.progress import Cancelled

MM, MICROSECOND = 1e-3, 1e-6
CLIPS = [format for format in FORMATS.values() if not format.single]
MESHES = [format for format in FORMATS.values() if format.single]


def written(motion, name, folder):
    format = FORMATS[name]
    path = folder / f"walk{format.suffix}"
    return path, format.write(motion, path)


def agree(positions, times, motion):
    assert np.abs(positions - motion.joints.positions).max() < MM
    np.testing.assert_allclose(times, motion.joints.times, rtol=0, atol=MICROSECOND)


# -- one format after the other -----------------------------------------------------------------------------


@pytest.mark.parametrize("own_bones", [False, True])
def test_bvh_comes_back_through_our_reader(tmp_path, own_bones):
    motion = person(own_bones=own_bones)
    path, done = written(motion, "bvh", tmp_path)
    clip = bvh.read(path)
    order = [clip.skeleton.index(name.replace(" ", "_")) for name in SMPL_24.names]
    agree(clip.positions[:, order], clip.times, motion)
    assert clip.provenance.unit == "centimetres" and clip.provenance.up == "Y" and clip.rate_hz == HZ
    said = json.loads(done.paths[1].read_text())
    assert done.paths[1].name == "walk.bvh.json"
    assert (said["unit"], said["rate_hz"]) == ("centimetres", HZ) and "Y up" in said["axes"]
    assert to_h36m17(clip).skeleton.name == "H36M-17"  # its joints are found by their names


@pytest.mark.parametrize("own_bones", [False, True])
def test_amass_comes_back_through_our_reader(tmp_path, own_bones):
    motion = person(own_bones=own_bones)
    path, _ = written(motion, "amass", tmp_path)
    clip = open_motion(path)
    assert clip.provenance.format == "AMASS npz (SMPL)" and clip.skeleton == SMPL_22
    assert np.abs(clip.positions - motion.joints.positions[:, :22]).max() < MM
    np.testing.assert_allclose(clip.times, motion.joints.times, rtol=0, atol=MICROSECOND)
    same = np.abs(np.sum(clip.body.rotations * motion.body.rotations, axis=-1))
    np.testing.assert_allclose(same, 1, atol=1e-12)  # quaternions, up to their sign
    np.testing.assert_allclose(clip.body.shape, motion.body.shape)
    assert clip.body.body == "tubes" and np.abs(as_mesh(clip.body, 7) - as_mesh(motion.body, 7)).max() < 1e-9
    with np.load(path, allow_pickle=False) as npz:
        assert npz["poses"].shape == (40, 72) and npz["trans"].shape == (40, 3) and npz["gender"] == "neutral"
        assert npz["mocap_framerate"] == HZ and npz["kinestate_body"] == "tubes"
        said = json.loads(str(npz["kinestate_about"]))
    assert (said["unit"], said["axes"], said["rate_hz"]) == ("metres", WORLD, HZ)


@pytest.mark.parametrize("count", [0, 3])
def test_shape_coefficients_that_are_left_out_are_zero(tmp_path, count):
    pose = person(5).body
    motion = of_pose(replace(pose, shape=pose.shape[:count]))
    path, _ = written(motion, "amass", tmp_path)
    np.testing.assert_array_equal(open_motion(path).body.shape, [*pose.shape[:count], *np.zeros(10 - count)])


def test_amass_is_what_smpl_s_own_arithmetic_takes(tmp_path):
    """v = R (v_rest - J) + J + trans about the rest pelvis J, in SMPL's axes, gives the pelvis of the motion."""
    motion = person(own_bones=False)
    path, _ = written(motion, "amass", tmp_path)
    with np.load(path) as npz:
        pelvis = npz["trans"] + npz["kinestate_offsets"][0]
        from scipy.spatial.transform import Rotation

        root = Rotation.from_rotvec(npz["poses"][:, :3])
        hip = root.apply(npz["kinestate_offsets"][1])
    np.testing.assert_allclose(pelvis, motion.joints.positions[:, 0], atol=1e-12)
    np.testing.assert_allclose(pelvis + hip, motion.joints.positions[:, 1], atol=1e-12)


def test_amass_of_a_body_that_is_not_installed_keeps_its_bones(tmp_path):
    motion = person()
    path, _ = written(motion, "amass", tmp_path)
    with np.load(path) as npz:
        arrays = dict(npz) | {"kinestate_body": np.array("nobody")}
    np.savez(tmp_path / "other.npz", **arrays)
    library.add(replace(library.body("tubes"), name=library.MANNEQUIN))
    try:
        clip = amass.read(tmp_path / "other.npz")
    finally:
        library._added.pop(library.MANNEQUIN)
    assert np.abs(clip.positions - motion.joints.positions[:, :22]).max() < MM
    assert clip.body.body == library.MANNEQUIN and "not installed" in clip.provenance.notes[0]


def test_bad_offsets_are_refused(tmp_path):
    path, _ = written(person(), "amass", tmp_path)
    with np.load(path) as npz:
        arrays = dict(npz)
    np.savez(tmp_path / "a.npz", **(arrays | {"kinestate_offsets": np.zeros((3, 3))}))
    with pytest.raises(InputError, match=r"^a\.npz: kinestate_offsets is 3 x 3 where 24 x 3"):
        amass.read(tmp_path / "a.npz")


def test_trc_comes_back(tmp_path):
    motion = person()
    path, _ = written(motion, "trc", tmp_path)
    rate, labels, times, positions = read_trc(path)
    agree(positions, times, motion)
    assert rate == HZ and labels == [name.replace(" ", "_") for name in SMPL_24.names]
    assert "unit: millimetres" in path.read_text().split("\n")[0] and "Z up" in path.read_text().split("\n")[0]


def test_c3d_comes_back_through_its_library(tmp_path):
    motion = person()
    path, done = written(motion, "c3d", tmp_path)
    rate, labels, positions, residuals, reader = read_c3d(path)
    agree(positions, np.arange(len(positions)) / rate, motion)
    assert labels == [name.replace(" ", "_") for name in SMPL_24.names]
    assert (residuals == 0).all() and done.notes == ("Made up.",)
    assert reader.get("POINT:UNITS").string_value.strip() == "mm" and reader.get_screen_axis() == ("+X", "+Z")
    said = json.loads("".join(reader.get("KINESTATE:ABOUT").string_array.ravel()))
    assert (said["unit"], said["axes"], said["rate_hz"]) == ("millimetres", WORLD, HZ)


def test_csv_comes_back_with_its_own_times(tmp_path):
    motion = person(times=np.array([0.0, 0.01, 0.05, 0.3]))
    path, done = written(motion, "csv", tmp_path)
    lines = path.read_text().splitlines()
    comments = [line for line in lines if line.startswith("#")]
    columns = lines[len(comments)].split(",")
    values = np.loadtxt(lines[len(comments) + 1 :], delimiter=",")
    agree(values[:, 2:].reshape(4, -1, 3), values[:, 1], motion)
    assert columns[:3] == ["frame", "time_s", "pelvis.x"] and columns[-1] == "right hand.z"
    assert {"# unit: metres", f"# axes: {WORLD}", "# rate_hz: 60.0", "# source: walk.bvh"} <= set(comments)
    assert done.notes == ("Made up.",)


@pytest.mark.parametrize("format", MESHES, ids=lambda f: f.name)
def test_the_mesh_of_a_frame_comes_back(tmp_path, format):
    motion = person()
    path = tmp_path / f"a{format.suffix}"
    format.write(motion.take(slice(7, 8)), path)
    mesh = trimesh.load(path, process=False)
    assert np.abs(mesh.vertices - as_mesh(motion.body, 7)).max() < 1e-6
    np.testing.assert_array_equal(mesh.faces, library.body("tubes").faces)
    head = path.read_bytes()[:2000].decode("latin1")
    assert "unit: metres" in head and WORLD in head and "first_frame_s: 0.11" in head


@pytest.mark.parametrize("format", MESHES, ids=lambda f: f.name)
def test_several_frames_are_several_files(tmp_path, format):
    motion = person()
    done = format.write(motion.take(slice(5, 8)), tmp_path / f"a{format.suffix}")
    assert [path.name for path in done.paths] == [f"a.{k:04}{format.suffix}" for k in range(3)]
    last = trimesh.load(done.paths[2], process=False)
    assert np.abs(last.vertices - as_mesh(motion.body, 7)).max() < 1e-6


# -- time ---------------------------------------------------------------------------------------------------


@given(st.floats(1, 500), st.integers(2, 400), st.floats(0, 1000))
def test_even_frames_have_a_rate_whatever_it_is(rate, frames, start):
    times = start + np.arange(frames) / rate
    found = even_rate(times)
    assert found is not None
    assert np.abs(times[0] + np.arange(frames) / found - times).max() <= MICROSECOND


def test_even_frames_are_not_touched_and_others_are_resampled():
    motion = person()
    assert at_fixed_rate(motion) == (motion, HZ)
    times = np.sort(np.random.default_rng(0).uniform(0, 0.6, 50))
    uneven = person(times=times)
    even, rate = at_fixed_rate(uneven)
    assert rate == pytest.approx(1 / np.median(np.diff(times)), rel=1e-6)
    assert even_rate(even.joints.times) == pytest.approx(rate) and times[-1] - even.joints.times[-1] < 1 / rate
    np.testing.assert_allclose(even.joints.positions, uneven.joints.at(even.joints.times).positions)
    assert "50 frames are not evenly spaced" in even.notes[-1]


@pytest.mark.parametrize("name", ["bvh", "amass", "trc", "c3d"])
def test_formats_of_a_fixed_rate_say_that_they_resampled(tmp_path, name):
    uneven = person(times=np.array([0.0, 0.02, 0.03, 0.05, 0.06]))
    _, done = written(uneven, name, tmp_path)
    assert any("resampled to" in note for note in done.notes)


@pytest.mark.parametrize("rate", [59.95, 59.94, 60.0, 120.01, 100 / 3])
def test_a_rate_beside_a_usual_one_stays_itself(tmp_path, rate):
    motion = of_pose(person(4).body.at(np.arange(4000) / rate))
    path, _ = written(motion, "bvh", tmp_path)
    np.testing.assert_allclose(bvh.read(path).times, motion.joints.times, rtol=0, atol=MICROSECOND)


def test_one_frame_keeps_the_clip_s_rate(tmp_path):
    path, _ = written(person().take(slice(3, 4)), "bvh", tmp_path)
    assert bvh.parse(path).frame_time == pytest.approx(1 / HZ) and len(bvh.parse(path).values) == 1


def test_a_rate_that_c3d_cannot_hold_is_noted(tmp_path):
    frames = 4000
    motion = of_pose(person(4).body.at(np.arange(frames) / 59.94))
    path, done = written(motion, "c3d", tmp_path)
    drift = abs((frames - 1) * (1 / read_c3d(path)[0] - 1 / 59.94))
    assert drift > 5e-7 and "single precision" in done.notes[-1] and f"{1e6 * drift:.2g} µs" in done.notes[-1]


# -- what is not known, and what goes wrong ------------------------------------------------------------------


def test_joints_that_are_not_known_are_empty(tmp_path):
    motion = person()
    motion.joints.positions[3, 5] = np.nan
    *_, positions = read_trc(written(motion, "trc", tmp_path)[0])
    assert np.isnan(positions[3, 5]).all() and np.isnan(positions).sum() == 3
    assert read_c3d(written(motion, "c3d", tmp_path)[0])[3][3, 5] == -1
    assert ",,,," in written(motion, "csv", tmp_path)[0].read_text()


@pytest.mark.parametrize("format", FORMATS.values(), ids=lambda f: f.name)
def test_a_place_that_cannot_be_written_is_named(tmp_path, format):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=rf"walk\{format.suffix}"):
        format.write(person(3).take(slice(0, 1)), tmp_path / "file" / f"walk{format.suffix}")


@pytest.mark.parametrize("format", FORMATS.values(), ids=lambda f: f.name)
def test_cancelling_leaves_nothing(tmp_path, format):
    def stop(share, text):
        raise Cancelled

    with pytest.raises(Cancelled):
        format.write(person(3), tmp_path / f"walk{format.suffix}", stop)
    assert list(tmp_path.iterdir()) == []


def test_formats_are_found_by_name_and_ending(tmp_path):
    assert format_of("amass", tmp_path / "x.glb") is FORMATS["amass"]
    assert [format_of(None, tmp_path / f"x{f.suffix}") for f in FORMATS.values()] == list(FORMATS.values())
    with pytest.raises(InputError, match=r"x\.fbx: the ending is none of \.glb"):
        format_of(None, tmp_path / "x.fbx")
    with pytest.raises(InputError, match="no format 'fbx'; choose one of glb"):
        format_of("fbx", tmp_path / "x.fbx")
