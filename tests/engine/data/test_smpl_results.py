"""SMPL parameters in the layouts of datasets and body estimators: place, height, facing and rate."""

import pickle

import motion_samples as samples
import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from engine.body import library
from engine.data.formats import smpl_results
from engine.data.formats.smpl_results import contents, matches, read
from engine.data.registry import expand, open_motion
from engine.errors import InputError
from engine.motion.skeleton import SMPL_22, SMPL_24
from engine.motion.stature import stature
from engine.observation.recording import as_h36m17
from engine.untrusted.torch_file import tensor

J = SMPL_24.index
TOWARDS = [np.pi, 0.0, 0.0]  # upright before a camera whose y points down, facing it


def dump(path, content):
    path.write_bytes(pickle.dumps(content))
    return path


def standing(frames=4, root=(0.0, 0.0, 0.0)):
    pose = np.zeros((frames, 72))
    pose[:, :3] = root
    return pose


def upright(clip):
    """Assert that a person in a T-pose faces -Y, stands on the floor and is 1.70 m tall."""
    first = clip.positions[0]
    assert first[J("left wrist"), 0] - first[J("right wrist"), 0] > 1.2
    assert first[J("left foot"), 1] < first[J("left ankle"), 1]
    assert first[J("left ankle"), 2] == pytest.approx(0.08, abs=1e-3)
    assert first[J("head"), 2] > 1.4
    assert stature(as_h36m17(clip).positions) == pytest.approx(1.70, abs=3e-3)


def matched(path):
    return matches(path.read_bytes()[:4096], path)


def phalp(path, frames=4):
    turn = Rotation.from_rotvec(TOWARDS).as_matrix()[None]
    one = {"global_orient": turn, "body_pose": np.tile(np.eye(3), (23, 1, 1)), "betas": np.zeros(10)}
    content = {}
    for t in range(frames):
        who = [3] if t == 1 else [3, 8] if t % 2 else [8, 3]
        places = {3: np.array([0.0, 0.2, 5.0]), 8: np.array([1.0, 0.2, 9.0])}
        content[f"out/{t:06d}.jpg"] = {
            "time": t, "shot": 0, "tid": who, "smpl": [one for _ in who], "camera": [places[k] for k in who],
        }  # fmt: skip
    return dump(path, content)


def test_aist(tmp_path):
    path = samples.aist(tmp_path / "gBR.pkl")
    assert matched(path)
    clip = read(path)
    upright(clip)
    assert clip.rate_hz == 60 and clip.provenance.rate == "60 Hz as AIST++ was recorded"
    assert clip.provenance.format == "SMPL parameters (AIST++)" and clip.provenance.up == "Y"
    pelvis = library.body(clip.body.body).joints(clip.body.shape)[0]
    np.testing.assert_allclose(clip.positions[0, 0, :2], [1.0 + pelvis[0], -2.0 + pelvis[1]], atol=1e-6)
    assert len(clip.body) == 4 and clip.skeleton == SMPL_24


def test_wham_takes_the_world_s_pose(tmp_path):
    turn = (Rotation.from_rotvec([0, np.pi / 2, 0])).as_rotvec()  # to the left about the vertical
    person = {
        "pose": standing(root=TOWARDS), "trans": np.ones((4, 3)), "pose_world": standing(root=turn),
        "trans_world": np.array([[0.1 * t, 0.95, 0.0] for t in range(4)]), "betas": np.zeros((4, 10)),
        "frame_ids": np.array([10, 11, 12, 15]), "verts": np.zeros((4, 5, 3)),
    }  # fmt: skip
    path = dump(tmp_path / "wham_output.pkl", {0: person, 4: person})
    assert matched(path) and contents(path) == ["person 0", "person 4"]
    clip = read(path, select="person 4")
    assert clip.provenance.format == "SMPL parameters (WHAM)" and clip.name == "wham_output person 4"
    np.testing.assert_allclose(clip.times, np.array([0, 1, 2, 5]) / 30)
    assert "Not seen in 2 of 6 frames; the others keep their time." in clip.provenance.notes
    toes = clip.positions[0, J("left foot")] - clip.positions[0, J("left ankle")]
    assert toes[0] > 0.1 and abs(toes[1]) < 0.05  # facing +X
    np.testing.assert_allclose(np.diff(clip.positions[:, 0, 0]), 0.1, atol=1e-6)


def test_vibe_s_joblib_file(tmp_path):
    path = samples.vibe(tmp_path / "vibe_output.pkl")
    assert matched(path) and contents(path) == ["person 7"]
    clip = open_motion(path)
    upright(clip)
    np.testing.assert_allclose(clip.positions[0, 0, :2], 0, atol=1e-3)
    np.testing.assert_allclose(clip.times, np.array([0, 1, 4]) / 30)
    assert clip.provenance.assumed == ("30 Hz",)
    assert clip.provenance.up == "-Y" and any("holds no place" in note for note in clip.provenance.notes)


def test_4d_humans(tmp_path):
    path = phalp(tmp_path / "demo.pkl")
    assert matched(path) and contents(path) == ["person 3", "person 8"]  # the one seen longest first
    clip, other = read(path), read(path, select="person 8")
    upright(clip)
    np.testing.assert_allclose(other.times, np.array([0, 2, 3]) / 30)
    assert clip.provenance.rate == "30 Hz assumed, the file holds none"
    assert [source.name for source in expand(path)] == ["demo person 3", "demo person 8"]


def test_gvhmr(tmp_path):
    inner = {
        "global_orient": np.zeros((4, 3)), "body_pose": np.zeros((4, 63)), "betas": np.zeros((4, 10)),
        "transl": np.tile([0.5, 1.0, -1.0], (4, 1)),
    }  # fmt: skip
    path = dump(tmp_path / "hmr4d_results.pkl", {"smpl_params_global": inner, "smpl_params_incam": inner})
    assert matched(path)
    clip = read(path)
    upright(clip)
    assert clip.skeleton == SMPL_22 and clip.provenance.format == "SMPL parameters (GVHMR)"
    np.testing.assert_allclose(clip.positions[0, 0, 0], 0.5, atol=2e-3)


def test_gvhmr_s_own_file(tmp_path):
    """Written by PyTorch: tensors, views of tensors and the second of the two poses."""
    root = torch.zeros(4, 6)
    inner = {
        "global_orient": root[:, 3:], "body_pose": torch.zeros(63, 4).T, "betas": torch.zeros(1, 10).expand(1, 10),
        "transl": torch.tensor([0.5, 1.0, -1.0]).repeat(4, 1),
    }  # fmt: skip
    path = tmp_path / "hmr4d_results.pt"
    torch.save({"smpl_params_global": inner, "smpl_params_incam": inner, "K_fullimg": torch.eye(3)}, path)
    clip = open_motion(path)
    upright(clip)
    assert clip.provenance.format == "SMPL parameters (GVHMR)"
    np.testing.assert_allclose(clip.positions[0, 0, :2], [0.5, 1.0], atol=0.05)
    torch.save(Rotation, path)
    with pytest.raises(InputError, match=r"^hmr4d_results\.pt: (pickle asks for scipy|content is of no known)"):
        open_motion(path)


def test_tensors_lie_in_their_storage():
    storage = np.arange(12.0)
    np.testing.assert_array_equal(tensor(storage, 2, (2, 3), (1, 2)), [[2, 4, 6], [3, 5, 7]])
    assert tensor(storage, 0, (0, 3), (3, 1)).shape == (0, 3)
    for offset, size, stride in (
        (0, (13,), (1,)),
        (11, (2,), (1,)),
        (0, (12,), (-1,)),
        (0, (3, 5), (0, 0)),
        (0, (2,), ()),
    ):
        with pytest.raises(ValueError, match="a tensor"):
            tensor(storage, offset, size, stride)


def test_romp(tmp_path):
    frames = {
        f"{t:05d}.jpg": {
            "smpl_thetas": standing(2, TOWARDS), "smpl_betas": np.zeros((2, 10)), "track_ids": np.array([5, 2]),
            "cam_trans": np.array([[0.0, 0.1, 4.0], [1.0, 0.1, 4.0]]), "verts": np.zeros((2, 9, 3)),
        }
        for t in range(3)
    }  # fmt: skip
    path = tmp_path / "video_results.npz"
    np.savez(path, results=np.array(frames, dtype=object))
    assert matched(path) and contents(path) == ["person 5", "person 2"]
    upright(read(path))
    np.savez(path, results=np.array(frames["00000.jpg"], dtype=object))  # one image
    assert contents(path) == ["person 5", "person 2"] and len(read(path)) == 1


def test_smplx_arrays_in_npz(tmp_path):
    path = tmp_path / "motion.npz"
    np.savez(
        path, global_orient=np.zeros((5, 1, 3)), body_pose=np.zeros((5, 23, 3)), transl=np.tile([0, 1.0, 3], (5, 1)),
        betas=np.zeros(10), gender="female", fps="50",
    )  # fmt: skip
    assert matched(path)
    clip = read(path)
    upright(clip)
    assert clip.rate_hz == 50 and clip.provenance.rate == "50 Hz from fps"
    assert "smpl_female" in clip.provenance.notes[0]
    assert read(path, rate_hz=25, unit="cm").positions[0, 0, 1] == pytest.approx(-0.03, abs=0.01)


def test_the_posture_decides_which_axis_is_up(tmp_path):
    """A Z-up file of keys that are usually Y up, and one of a camera's axes."""
    for root, up in (([np.pi / 2, 0, 0], "Z"), (TOWARDS, "-Y"), ([0, 0, 0], "Y")):
        clip = read(dump(tmp_path / "a.pkl", {"poses": standing(root=root), "trans": np.zeros((4, 3))}))
        upright(clip)
        assert clip.provenance.up == up


def test_other_pickles_are_left_alone(tmp_path):
    for write in (samples.threedpw, samples.motionbert):
        assert not matched(write(tmp_path / "a.pkl"))
    assert not matched(samples.amass(tmp_path / "a.npz"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"smpl_poses": np.zeros((4, 30))}, "smpl_poses has 10 joints; give SMPL's 24, or 22"),
        ({"smpl_poses": np.zeros((4, 71))}, "smpl_poses is no table of axis-angles or matrices"),
        ({"smpl_poses": np.full((4, 72), np.nan)}, "smpl_poses holds a value that is not finite at index 0"),
        ({"smpl_poses": np.full((4, 72), 1e5)}, "smpl_poses holds angles that are no radians"),
        ({"smpl_poses": np.tile(np.diag([1.0, 1, -1]), (4, 24, 1, 1))}, "smpl_poses holds matrices that are no rotat"),
        ({"smpl_poses": [[0.0] * 72] * 4}, "smpl_poses is no table of axis-angles or matrices"),
        ({"smpl_trans": np.zeros((3, 3))}, "smpl_trans is 3 x 3 where 4 x 3"),
        ({"smpl_scaling": np.array([0.0])}, "smpl_scaling is 0"),
        ({"frame_ids": np.array([0, 1, 1, 2])}, "frame_ids do not increase"),
    ],
)
def test_bad_files(tmp_path, change, message):
    with pytest.raises(InputError, match=rf"^a\.pkl: {message}"):
        smpl_results.read(samples.aist(tmp_path / "a.pkl", **change))


def test_a_joblib_array_larger_than_its_file(tmp_path):
    path = samples.vibe(tmp_path / "a.pkl")
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(InputError, match=r"^a\.pkl: pickle is damaged"):
        read(path)
