"""Arrays of joints: which set, unit, up axis and rate are found, and what is said of others."""

import pickle

import motion_samples as samples
import numpy as np
import pytest

from engine.data.formats.joint_arrays import contents, matches, read
from engine.data.joints.layouts import SETS, misfit
from engine.data.registry import expand, open_motion
from engine.errors import InputError
from engine.motion.conversions import RULES
from engine.motion.generate.clips import CLIPS, clip_of
from engine.motion.skeleton import COCO_17, H36M_17, MPI_INF_3DHP_17, PANOPTIC_19, SMPL_22, SMPL_24
from engine.motion.stature import stature
from engine.observation.recording import as_h36m17

TO_Y_UP = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]])  # on column vectors, from Z up


def coco(points):
    """COCO-17 of H36M-17 points; eyes and ears beside the nose."""
    out = np.repeat(points[:, 9:10], 17, axis=1)
    out[:, [1, 2, 3, 4]] += np.array([[0.03, 0, 0.03], [-0.03, 0, 0.03], [0.07, 0.08, 0], [-0.07, 0.08, 0]])
    out[:, 5:] = points[:, [11, 14, 12, 15, 13, 16, 4, 1, 5, 2, 6, 3]]
    return out


def panoptic(points):
    """Panoptic-19 of H36M-17 points."""
    out = points[:, [8, 9, 0, 11, 12, 13, 4, 5, 6, 14, 15, 16, 1, 2, 3, 9, 9, 9, 9]]
    return out + np.array([[0, 0, 0.0]] * 15 + [[0.03, 0, 0.03], [0.07, 0.08, 0], [-0.03, 0, 0.03], [-0.07, 0.08, 0]])


def saved(path, array):
    np.save(path, array)
    return path


def matched(path):
    return matches(path.read_bytes()[:4096], path)


@pytest.mark.parametrize(
    ("make", "skeleton"),
    [(lambda p: p, H36M_17), (coco, COCO_17), (samples.to_3dhp, MPI_INF_3DHP_17), (panoptic, PANOPTIC_19),
     (samples.smpl24, SMPL_24)],
)  # fmt: skip
@pytest.mark.parametrize("name", CLIPS)
def test_sets_of_one_size_are_told_apart(name, make, skeleton):
    """On every built-in motion and on a single frame of it, with a margin."""
    points = make(as_h36m17(clip_of(name)).positions)
    for some in (points, points[:1]):
        best, *others = sorted((misfit(some, layout), layout.name) for layout in SETS[points.shape[1]])
        assert best[1] == skeleton.name and best[0] < 0.1
        assert all(other[0] > best[0] + 0.15 for other in others)


@pytest.mark.parametrize(("unit", "name"), [(1.0, "metres"), (0.01, "centimetres"), (0.001, "millimetres")])
@pytest.mark.parametrize(("up", "turn"), [("Z", np.eye(3)), ("Y", TO_Y_UP), ("-Y", np.diag([1, -1, -1]) @ TO_Y_UP)])
def test_h36m(tmp_path, unit, name, up, turn):
    points = samples.walking()
    path = saved(tmp_path / "walk.npy", points @ turn.T / unit)
    assert matched(path)
    clip = read(path)
    assert clip.skeleton == H36M_17 and clip.provenance.unit == name and clip.provenance.up == up
    np.testing.assert_allclose(clip.positions, points, atol=1e-6)
    assert clip.provenance.rate == "30 Hz assumed, the file holds none"
    assert clip.provenance.assumed[0] == "30 Hz" and clip.provenance.assumed[1].startswith(f"{up} up (from the motion")
    assert any("taken as H36M-17, whose limbs they fit" in note for note in clip.provenance.notes)
    assert any(f"Unit {name}" in note for note in clip.provenance.notes)


def test_humanml3d(tmp_path):
    points = samples.smpl24(samples.walking())[:, :22] @ TO_Y_UP.T
    clip = read(saved(tmp_path / "000001.npy", points.astype(np.float32)))
    assert clip.skeleton == SMPL_22 and clip.rate_hz == 20 and "HumanML3D" in clip.provenance.rate
    head = clip.positions[0, SMPL_22.index("head")]
    np.testing.assert_allclose(head, samples.STANDING[9], atol=1e-6)
    assert stature(as_h36m17(clip).positions) > 1.5
    flat = read(saved(tmp_path / "flat.npy", points.reshape(len(points), -1)), rate_hz=50, up="Y", unit="m")
    np.testing.assert_allclose(flat.positions, clip.positions, atol=1e-6)
    assert flat.rate_hz == 50 and flat.provenance.unit == "metres"


def test_several_motions_and_mdm(tmp_path):
    points = samples.walking()
    path = saved(tmp_path / "batch.npy", np.stack([points, points + 1]))
    assert contents(path) == ["motion 0", "motion 1"]
    np.testing.assert_allclose(read(path, select="motion 1").positions, points + 1)
    assert [source.name for source in expand(path)] == ["batch motion 0", "batch motion 1"]

    joints = samples.smpl24(points)[:, :22] @ TO_Y_UP.T
    results = {"motion": np.stack([joints, joints]).transpose(0, 2, 3, 1), "lengths": np.array([6, 4]), "text": ["a"]}
    clips = [read(saved(tmp_path / "results.npy", results), select=name) for name in ("motion 0", "motion 1")]
    assert [len(clip) for clip in clips] == [6, 4]


def test_npz_and_aist_keypoints(tmp_path):
    np.savez(tmp_path / "a.npz", joints3d=samples.walking(), fps=24.0)
    assert matched(tmp_path / "a.npz") and read(tmp_path / "a.npz").provenance.rate == "24 Hz from fps"
    points = coco(samples.walking()) @ TO_Y_UP.T * 100
    path = tmp_path / "aist.pkl"
    path.write_bytes(pickle.dumps({"keypoints3d": points + 9, "keypoints3d_optim": points}))
    clip = open_motion(path)
    assert clip.skeleton == COCO_17 and clip.rate_hz == 60 and clip.provenance.unit == "centimetres"
    np.testing.assert_allclose(clip.positions, coco(samples.walking()), atol=1e-6)


def test_a_person_of_no_unit_is_as_tall_as_people_are(tmp_path):
    clip = read(saved(tmp_path / "a.npy", samples.walking() * 170))
    assert stature(clip.positions) == pytest.approx(1.7, abs=1e-6)
    assert "person scaled to 1.7 m" in clip.provenance.assumed


def test_gaps_are_bridged(tmp_path):
    points = samples.walking()
    holes = points.copy()
    holes[2, 3] = np.nan
    clip = read(saved(tmp_path / "a.npy", holes), unit="m", up="Z")
    np.testing.assert_allclose(clip.positions, points, atol=1e-9)  # that foot glides evenly
    assert any("bridged by straight lines" in note for note in clip.provenance.notes)
    seen = np.ones((6, 17, 1))
    seen[2, 3] = 0
    scored = np.concatenate([np.where(seen > 0, points, 0), seen], axis=-1)
    np.testing.assert_allclose(read(saved(tmp_path / "b.npy", scored)).positions, points, atol=1e-9)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((6, 263)), r"content holds HumanML3D's features \(6 x 263\); give the joints"),
        (np.zeros((6, 17, 2)), r"content holds points of a picture \(6 x 17 x 2\); give keypoint JSON"),
        (np.ones((6, 20, 3)), "joints number 20; give a known set, of 15, 17"),
        (np.zeros((6, 17, 3)), "joints all coincide; give the unit"),
        (np.zeros((0, 17, 3)), "content is 0 x 17 x 3; give a file with at least one frame"),
        (np.array(["a"]), "content is not an array of numbers"),
        (np.full((6, 17, 3), np.nan), "joint 0, joint 1, joint 2, joint 3 is never seen"),
        (np.full((6, 17, 3), np.inf), "content holds a value that is not finite"),
        ({"motion": np.zeros((1, 22, 3))}, "motion is 1 x 22 x 3 where"),
        ({"text": "a"}, "content is a table without motion"),
    ],
)
def test_bad_files(tmp_path, array, message):
    with pytest.raises(InputError, match=rf"^a\.npy: {message}"):
        read(saved(tmp_path / "a.npy", array))


def test_every_set_has_a_rule():
    assert all((layout.name, H36M_17.name) in RULES for sets in SETS.values() for layout in sets if layout != H36M_17)
