"""AMASS npz: joint angles of SMPL on our own rest skeleton."""

import motion_samples as samples
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.body import library
from engine.body.stature import shape_of_stature
from engine.data.formats import amass
from engine.errors import InputError
from engine.motion.kinematics import forward_kinematics
from engine.motion.skeleton import SMPL_22
from engine.motion.stature import stature
from engine.observation.recording import as_h36m17

J = SMPL_22.index


def test_standing(tmp_path):
    clip = amass.read(samples.amass(tmp_path / "a.npz"))
    np.testing.assert_allclose(clip.times, np.arange(6) / 120)
    pose = clip.positions[0]
    np.testing.assert_allclose(pose[0, :2], [1, 2], atol=2e-3)  # trans, in metres
    assert pose[J("left wrist"), 0] > 1.6 and pose[J("right wrist"), 0] < 0.4  # T-pose, left is +X
    assert pose[J("head"), 2] > pose[J("pelvis"), 2] > pose[J("left ankle"), 2]
    assert pose[J("left foot"), 1] < pose[J("left ankle"), 1]  # toes point to -Y
    assert pose[J("left ankle"), 2] == pytest.approx(0.08)  # on the floor
    assert clip.provenance.notes[0].startswith("Body height assumed: 1.70 m.")
    assert stature(as_h36m17(clip).positions) == pytest.approx(1.70, abs=2e-3)
    assert clip.body.body == "kinestate" and len(clip.body) == len(clip)
    assert clip.provenance.format == "AMASS npz (SMPL+H)"
    np.testing.assert_allclose(clip.rotations, np.broadcast_to([1, 0, 0, 0], (6, 22, 4)), atol=1e-12)


def test_an_arm_that_hangs(tmp_path):
    """SMPL's left arm points to +X; a quarter turn about -Z (forward is +Z there) lets it hang."""
    poses = np.zeros((6, 72))
    poses[:, 0] = np.pi / 2
    poses[:, 3 * J("left shoulder") + 2] = -np.pi / 2
    clip = amass.read(samples.amass(tmp_path / "a.npz", poses=poses))
    arm = clip.positions[0, J("left elbow")] - clip.positions[0, J("left shoulder")]
    np.testing.assert_allclose(arm / np.linalg.norm(arm), [0, 0, -1], atol=0.1)
    assert clip.provenance.format == "AMASS npz (SMPL)"


def test_turning_left_faces_plus_x(tmp_path):
    poses = np.zeros((6, 156))
    turn = Rotation.from_euler("Z", 90, degrees=True) * Rotation.from_euler("X", 90, degrees=True)
    poses[:, :3] = turn.as_rotvec()
    clip = amass.read(samples.amass(tmp_path / "a.npz", poses=poses))
    toes = clip.positions[0, J("left foot")] - clip.positions[0, J("left ankle")]
    assert toes[0] > 0.1
    assert clip.positions[0, J("left wrist"), 1] > clip.positions[0, J("right wrist"), 1]


@pytest.mark.parametrize("up", ["Z", "Y"])
def test_against_plain_forward_kinematics_in_smpls_own_axes(tmp_path, up):
    rng = np.random.default_rng(0)
    poses, trans = rng.normal(size=(6, 156)), rng.normal(size=(6, 3))
    clip = amass.read(samples.amass(tmp_path / "a.npz", poses=poses, trans=trans), up=up)
    to_z_up = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])
    body = library.body()
    shape = shape_of_stature(body, 1.7)
    offsets, pelvis = body.offsets(shape) @ to_z_up, body.joints(shape)[0] @ to_z_up  # Z up -> Y up
    expected = np.empty((6, 22, 3))
    for t in range(6):
        turned = [Rotation.from_rotvec(poses[t, 3 * j : 3 * j + 3]) for j in range(22)]
        for j in SMPL_22.order:
            parent = SMPL_22.parents[j]
            expected[t, j] = trans[t] + pelvis
            if parent >= 0:
                expected[t, j] = expected[t, parent] + turned[parent].apply(offsets[j])
                turned[j] = turned[parent] * turned[j]
    if up == "Y":
        expected = expected @ to_z_up.T
    lift = clip.positions[0, 0] - expected[0, 0]
    np.testing.assert_allclose(lift[:2], 0, atol=1e-12)
    np.testing.assert_allclose(clip.positions - lift, expected, atol=1e-12)
    again, _ = forward_kinematics(SMPL_22, clip.rotations, clip.offsets, clip.positions[:, 0])
    np.testing.assert_allclose(again, clip.positions, atol=1e-12)


def test_both_spellings(tmp_path):
    poses = np.zeros((6, 165))
    poses[:, 0] = np.pi / 2
    whole = samples.amass(
        tmp_path / "a.npz",
        poses=poses,
        mocap_framerate=None,
        mocap_frame_rate=np.array(100),
        gender=np.array(b"neutral"),
    )
    parts = samples.amass(
        tmp_path / "b.npz", poses=None, root_orient=poses[:, :3], pose_body=poses[:, 3:66], pose_jaw=poses[:, 66:69]
    )
    a, b = amass.read(whole), amass.read(parts)
    assert (a.rate_hz, b.rate_hz) == (pytest.approx(100), pytest.approx(120))
    assert a.provenance.format == b.provenance.format == "AMASS npz (SMPL-X)"
    np.testing.assert_allclose(a.positions, b.positions)


def test_rate_and_unit(tmp_path):
    path = samples.amass(tmp_path / "a.npz", mocap_framerate=None)
    assert amass.read(path).provenance.rate == "60 Hz assumed, the file holds none"
    clip = amass.read(samples.amass(tmp_path / "b.npz"), rate_hz=30, unit="cm")
    assert clip.provenance.rate == "30 Hz as given"
    np.testing.assert_allclose(clip.positions[0, 0, :2], [0.01, 0.02], atol=2e-3)


def test_feet_far_from_the_floor_stay_there(tmp_path):
    clip = amass.read(samples.amass(tmp_path / "a.npz", trans=np.tile([0.0, 0, 3.0], (6, 1))))
    assert clip.positions[0, 0, 2] == pytest.approx(3.0, abs=2e-3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"poses": np.zeros((6, 100))}, "poses has 100 columns; give a file with 66"),
        ({"poses": np.zeros((0, 156))}, "poses is 0 x 156"),
        ({"poses": np.zeros(156)}, "poses is 156 where any x any"),
        ({"poses": np.full((6, 156), np.nan)}, "poses holds a value that is not finite at index 0"),
        ({"trans": np.zeros((5, 3))}, "trans is 5 x 3 where 6 x 3"),
        ({"trans": np.array(["x"])}, "trans is not an array of numbers"),
        ({"mocap_framerate": np.array(-1.0)}, "rate is -1 "),
        ({"mocap_framerate": np.array("fast")}, "mocap_framerate is not a number"),
        ({"poses": None, "root_orient": np.zeros((6, 3)), "pose_body": np.zeros((6, 60))}, "pose_body is 6 x 60"),
    ],
)
def test_bad_files(tmp_path, change, message):
    with pytest.raises(InputError, match=rf"^a\.npz: {message}"):
        amass.read(samples.amass(tmp_path / "a.npz", **change))


@pytest.mark.parametrize(("joints", "columns"), [(24, 72), (52, 156), (55, 165)])
def test_poses_a_joint_a_row_are_the_same_folded(tmp_path, joints, columns):
    poses = np.random.default_rng(3).normal(size=(6, columns))
    flat = amass.read(samples.amass(tmp_path / "a.npz", poses=poses))
    folded = amass.read(samples.amass(tmp_path / "b.npz", poses=poses.reshape(6, joints, 3)))
    np.testing.assert_array_equal(flat.positions, folded.positions)


@pytest.mark.parametrize("turn", [0.0, np.pi])
def test_the_motion_decides_the_axis(tmp_path, turn):
    """Root rotations that stand the person up along Y, or hang them from it: worlds of other programs."""
    poses = np.zeros((6, 156))
    poses[:, 0] = turn
    clip = amass.read(samples.amass(tmp_path / "a.npz", poses=poses))
    assert clip.provenance.up == ("Y" if turn == 0 else "-Y") and clip.provenance.assumed
    assert (clip.positions[:, J("head"), 2] > clip.positions[:, J("left ankle"), 2] + 1).all()
    assert amass.read(tmp_path / "a.npz", up="Z").provenance.up == "Z"
