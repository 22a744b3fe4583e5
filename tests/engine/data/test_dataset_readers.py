"""MPI-INF-3DHP, 3DPW and MotionBERT files: units, axes, joint order, and what is wrong with bad ones."""

import motion_samples as samples
import numpy as np
import pytest

from engine.data.formats import motionbert_pickle, mpi_inf_3dhp, threedpw
from engine.errors import InputError
from engine.kinds import as_joints
from engine.motion.conversions import to_h36m17
from engine.motion.kinematics import forward_kinematics
from engine.motion.rotations import axis_angle_to_quat
from engine.motion.skeleton import COCO_17, H36M_17, MPI_INF_3DHP_17, SMPL_24


def rooted(positions: np.ndarray) -> np.ndarray:
    return positions - positions[:1, :1]


# -- MPI-INF-3DHP -----------------------------------------------------------------------------------


def test_3dhp_train(tmp_path):
    path = samples.mpi_inf_3dhp(tmp_path / "data_train_3dhp.npz")
    assert mpi_inf_3dhp.contents(path) == ["S1 Seq1/0", "S1 Seq1/4", "S2 Seq2/0"]
    clip = mpi_inf_3dhp.read(path)
    assert clip.skeleton == MPI_INF_3DHP_17
    assert clip.provenance.rate == "50 Hz from the file"
    back = to_h36m17(clip).positions  # mm, camera axes, joint order and the subtracted root are all undone
    np.testing.assert_allclose(back, samples.walking(), atol=1e-9)
    assert clip.subject == "S1"


def test_3dhp_whose_root_was_not_subtracted(tmp_path):
    whole = samples.to_3dhp(samples.to_camera_axes(samples.walking()) * 1000 + [0.0, 1000.0, 4000.0])
    clip = mpi_inf_3dhp.read(samples.mpi_inf_3dhp(tmp_path / "a.npz", data_3d=whole))
    np.testing.assert_allclose(to_h36m17(clip).positions, samples.walking(), atol=1e-9)


def test_3dhp_test_part(tmp_path):
    path = samples.mpi_inf_3dhp(tmp_path / "data_test_3dhp.npz", test=True)
    assert mpi_inf_3dhp.contents(path) == ["TS5", "TS1"]
    clip = mpi_inf_3dhp.read(path, select="TS5")
    assert clip.provenance.rate == "25 Hz assumed, test sequences state none"
    assert "5 of 6 frames are valid for scoring." in clip.provenance.notes
    assert mpi_inf_3dhp.read(path, select="TS5/2d").image_size == (1920, 1080)
    seen = mpi_inf_3dhp.read(path, select="TS1/2d")
    assert seen.image_size == (2048, 2048)
    assert (seen.xy == 700).all() and seen.skeleton == MPI_INF_3DHP_17


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data_3d": np.zeros((6, 28, 3))}, "data_3d of S1 Seq1/0 is 6 x 28 x 3"),
        ({"data_3d": np.full((6, 17, 3), np.nan)}, "data_3d of S1 Seq1/0 holds a value that is not finite"),
        ({"data_3d": None}, "data_3d of S1 Seq1/0 is not an array"),
    ],
)
def test_3dhp_bad(tmp_path, change, message):
    with pytest.raises(InputError, match=rf"^a\.npz: {message}"):
        mpi_inf_3dhp.read(samples.mpi_inf_3dhp(tmp_path / "a.npz", **change))


@pytest.mark.parametrize("content", [{"S1": 3}, {"S1": [1, 2]}, {}, [1], {"S1": [{}, 25]}])
def test_3dhp_other_content(tmp_path, content):
    np.savez(tmp_path / "a.npz", data=np.array(content, dtype=object))
    with pytest.raises(InputError, match=r"^a\.npz: data"):
        mpi_inf_3dhp.read(tmp_path / "a.npz")


# -- 3DPW -------------------------------------------------------------------------------------------


def test_3dpw(tmp_path):
    path = samples.threedpw(tmp_path / "downtown_test_00.pkl")
    assert threedpw.contents(path) == ["person 0", "person 1"]
    clip = threedpw.read(path)
    assert clip.skeleton == SMPL_24
    np.testing.assert_allclose(clip.times, np.array([0, 1, 3, 4]) / 30)  # frames 0 and 3 have no camera
    np.testing.assert_allclose(clip.positions, samples.smpl24(samples.walking())[[1, 2, 4, 5]], atol=1e-12)
    assert clip.provenance.up == "Y"
    assert "2 of 6 frames without an aligned camera left out." in clip.provenance.notes
    assert len(threedpw.read(path, select="person 1")) == 6


@pytest.mark.parametrize(("axes", "up"), [([0, 1, 2], "Z"), ([0, 2, 1], "Y")])
def test_3dpw_finds_up(tmp_path, axes, up):
    world = samples.walking()[..., axes] * ([1, 1, 1] if up == "Z" else [1, 1, -1])
    joints = samples.smpl24(world).reshape(-1, 72)
    clip = threedpw.read(samples.threedpw(tmp_path / "a.pkl", jointPositions=[joints, joints]), select="person 1")
    np.testing.assert_allclose(clip.positions, samples.smpl24(samples.walking()), atol=1e-12)
    assert clip.provenance.up == up


@pytest.mark.parametrize("broken", [False, True])
def test_3dpw_s_pose_is_a_body_on_the_file_s_joints(tmp_path, broken):
    """Of a person with bones of their own, in a world that is Y up."""
    rng = np.random.default_rng(0)
    to_y_up = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
    angles = 0.4 * rng.normal(size=(6, 24, 3))
    bones = rng.normal(size=(24, 3)) * 0.05 + [0, 0.1, 0]  # metres, SMPL's axes
    trans = rng.normal(size=(6, 3))
    joints, _ = forward_kinematics(SMPL_24, axis_angle_to_quat(angles), bones, trans)
    joints[:, SMPL_24.index("head"), 1] += 0.1 * np.arange(6) if broken else 0
    given = {"jointPositions": [joints.reshape(6, 72)], "poses": [angles.reshape(6, 72)], "campose_valid": [np.ones(6)]}
    clip = threedpw.read(samples.threedpw(tmp_path / "a.pkl", **given), up="Y")
    np.testing.assert_allclose(clip.positions, joints @ to_y_up, atol=1e-12)
    if broken:
        assert clip.body is None
        return
    np.testing.assert_allclose(as_joints(clip.body, SMPL_24).positions, clip.positions, atol=1e-9)
    assert clip.take(slice(2, 5)).body.times[0] == 0


def test_3dpw_2d(tmp_path):
    seen = threedpw.read(samples.threedpw(tmp_path / "a.pkl"), select="person 0/2d")
    assert seen.skeleton == COCO_17
    np.testing.assert_array_equal(seen.xy[0, COCO_17.index("left shoulder")], [5, 50])  # OpenPose's point 5
    np.testing.assert_array_equal(seen.xy[0, COCO_17.index("right ankle")], [10, 100])
    assert seen.confidence[0, COCO_17.index("right elbow")] == 0  # its point 3 was not seen
    assert seen.image_size == (1080, 1920)
    # The camera stands 4 m before the subject (who faces -Y), 1 m high, upright.
    np.testing.assert_allclose(seen.camera.centre, [0, -4, 1], atol=1e-12)
    pixels, depth = seen.camera.project(np.array([[0.0, 0.0, 1.0], [0.1, 0.0, 1.5]]))
    np.testing.assert_allclose(pixels[0], [540, 960], atol=1e-9)
    assert pixels[1, 0] > 540 and pixels[1, 1] < 960 and depth[0] == pytest.approx(4)


@pytest.mark.parametrize(
    ("change", "select", "message"),
    [
        ({"jointPositions": []}, None, "jointPositions is not a list of people"),
        ({"jointPositions": [np.zeros((6, 70))]}, None, "jointPositions is 6 x 70"),
        ({"jointPositions": [np.full((6, 72), np.nan)]}, None, "jointPositions holds a value that is not finite"),
        ({"campose_valid": [np.zeros(6)]}, None, "campose_valid is 0 in all 6 frames"),
        ({"campose_valid": []}, None, "campose_valid has no entry for person 0"),
        ({"cam_poses": np.zeros((6, 4, 4))}, "person 0/2d", "cam_poses or cam_intrinsics are no camera"),
        ({"cam_intrinsics": np.eye(4)}, "person 0/2d", "cam_intrinsics is 4 x 4"),
        ({"poses2d": [np.zeros((6, 3, 17))]}, "person 0/2d", "poses2d is 6 x 3 x 17"),
        ({}, "person 7", "it holds no sequence 'person 7'; choose one of person 0, person 1"),
    ],
)
def test_3dpw_bad(tmp_path, change, select, message):
    with pytest.raises(InputError, match=rf"^a\.pkl: {message}"):
        threedpw.read(samples.threedpw(tmp_path / "a.pkl", **change), select=select)


# -- MotionBERT -------------------------------------------------------------------------------------


def test_motionbert_whole(tmp_path):
    path = samples.motionbert(tmp_path / "h36m.pkl")
    assert motionbert_pickle.contents(path) == ["train/s_01_1", "train/s_01_2", "test/s_09_1", "test/s_09_2"]
    clip = motionbert_pickle.read(path, select="test/s_09_2")
    assert clip.skeleton == H36M_17 and len(clip) == 4
    assert clip.provenance.unit == "millimetres by 2.5d_factor"
    np.testing.assert_allclose(rooted(clip.positions), rooted(samples.walking()[2:]), atol=1e-4)
    assert clip.positions[0, 3, 2] == pytest.approx(0.08)  # on the floor
    np.testing.assert_allclose(clip.times, np.arange(4) / 50)


def test_motionbert_without_a_metric_size(tmp_path):
    path = samples.motionbert(tmp_path / "h36m.pkl")
    clip = motionbert_pickle.read(path, select="train/s_01_2")
    scale = rooted(clip.positions)[0, 10, 2] / rooted(samples.walking())[0, 10, 2]
    np.testing.assert_allclose(rooted(clip.positions), scale * rooted(samples.walking()[2:]), atol=0.02)
    assert 0.9 < scale < 1.1  # the person of the sample is 1.7 m tall, as assumed
    assert any("1.7 m tall (assumed" in note for note in clip.provenance.notes)


def test_motionbert_2d(tmp_path):
    path = samples.motionbert(tmp_path / "h36m.pkl")
    seen = motionbert_pickle.read(path, select="test/s_09_2/2d")
    expected = samples.to_camera_axes(samples.walking())[2:, :, :2] * 200 + 500
    np.testing.assert_allclose(seen.xy, expected, rtol=1e-6)
    np.testing.assert_allclose(seen.confidence, 0.7, rtol=1e-6)
    assert seen.image_size == (1000, 1002)
    assert motionbert_pickle.read(path, select="train/s_01_1/2d").image_size == (1000, 1000)


def test_motionbert_clip(tmp_path):
    path = samples.motionbert_clip(tmp_path / "00000001.pkl")
    assert motionbert_pickle.contents(path) == ["label"]
    clip = motionbert_pickle.read(path)
    scale = rooted(clip.positions)[0, 10, 2] / rooted(samples.walking())[0, 10, 2]
    np.testing.assert_allclose(rooted(clip.positions)[0], scale * rooted(samples.walking())[0], atol=1e-9)
    seen = motionbert_pickle.read(path, select="label/2d")
    np.testing.assert_allclose(seen.xy, (samples.to_camera_axes(samples.walking())[..., :2] * 0.3 + 1) * 500)
    with pytest.raises(InputError, match="data_input is not an array of numbers"):  # as in the AMASS clips
        motionbert_pickle.read(samples.motionbert_clip(tmp_path / "b.pkl", data_input=None), select="label/2d")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"joint3d_image": np.zeros((6, 16, 3))}, "joint3d_image is 2 x 16 x 3"),
        ({"joint3d_image": np.full((6, 17, 3), np.nan)}, "joint3d_image holds a value that is not finite"),
        ({"joint3d_image": None}, "joint3d_image is not an array"),
        ({"joint3d_image": np.zeros((6, 17, 3)), "2.5d_factor": None}, "test/s_09_1 has joints that all coincide"),
        ({"2.5d_factor": np.zeros((6, 2))}, "2.5d_factor is 4 where 2"),
        ({"source": []}, "source of test is missing"),
    ],
)
def test_motionbert_bad(tmp_path, change, message):
    with pytest.raises(InputError, match=rf"^a\.pkl: {message}"):
        motionbert_pickle.read(samples.motionbert(tmp_path / "a.pkl", **change), select="test/s_09_1")
