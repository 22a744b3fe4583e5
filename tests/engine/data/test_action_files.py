"""NTU RGB+D's .skeleton files and PYSKL's pickles: people, place, pictures, and what is refused."""

import motion_samples as samples
import numpy as np
import pytest

from engine.data.formats import ntu_skeleton, pyskl_pickle
from engine.data.registry import expand, open_motion
from engine.errors import InputError
from engine.motion.skeleton import COCO_17, NTU_25
from engine.motion.stature import ANKLE_HEIGHT_M
from engine.observation.recording import as_h36m17

J = NTU_25.index
NAME = "S001C002P008R001A059.skeleton"
TWO = ((range(6), 0.0), ((1, 2, 4), 0.8))


def test_place_facing_rate_and_names(tmp_path):
    path = samples.ntu_skeleton(tmp_path / NAME)
    clip = open_motion(path)
    assert clip.skeleton == NTU_25 and clip.rate_hz == 30 and clip.provenance.rate == "30 Hz as NTU RGB+D was recorded"
    assert (clip.subject, clip.category) == ("P008", "A059")
    expected = samples.ntu25(samples.walking()) * [-1, -1, 1] + [0, -3.0, 0]  # turned about the vertical
    np.testing.assert_allclose(clip.positions, expected, atol=1e-6)
    assert clip.positions[0, J("left ankle"), 2] == pytest.approx(ANKLE_HEIGHT_M)
    assert clip.positions[0, J("neck"), 1] > clip.positions[0, J("pelvis"), 1]  # the nose points back to the sensor
    np.testing.assert_allclose(as_h36m17(clip).positions[:, 10], expected[:, 3], atol=1e-6)


def test_two_people(tmp_path):
    path = samples.ntu_skeleton(tmp_path / "a.skeleton", TWO[::-1])
    assert ntu_skeleton.contents(path) == ["person 0", "person 1"]  # by how long they are seen
    assert [source.name for source in expand(path)] == ["a person 0", "a person 1"]
    first, second = (open_motion(path, select=f"person {k}") for k in (0, 1))
    assert (len(first), len(second)) == (6, 3)
    np.testing.assert_allclose(second.times, np.array([0, 1, 3]) / 30)
    np.testing.assert_allclose(second.positions[0, :, :2] - first.positions[1, :, :2], [[0.8, 0]] * 25, atol=1e-6)
    assert "2 people; this is person 1." in second.provenance.notes
    assert "Not seen in 1 of 4 frames; the others keep their time." in second.provenance.notes


def test_in_the_picture(tmp_path):
    seen = open_motion(samples.ntu_skeleton(tmp_path / NAME, TWO), select="person 1/2d", rate_hz=15)
    assert seen.skeleton == NTU_25 and seen.image_size == (1920, 1080)
    np.testing.assert_allclose(seen.times, np.array([0, 1, 3]) / 15)
    x = -samples.walking()[1, 0, 0] + 0.8
    np.testing.assert_allclose(seen.xy[0, 0], [960 + 300 * x, 540 - 300 * (0.93 - 1.2)], atol=1e-3)
    assert (seen.confidence == 1).all()


def test_a_joint_that_was_not_tracked(tmp_path):
    path = samples.ntu_skeleton(tmp_path / "a.skeleton")
    whole = open_motion(path).positions
    lines = path.read_text().split("\n")
    at = 1 + 2 * 28 + 3 + J("left knee")  # of the third frame
    lines[at] = " ".join(["9 9 9", *lines[at].split()[3:-1], "0"])
    path.write_text("\n".join(lines))
    np.testing.assert_allclose(open_motion(path).positions, whole, atol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("\n25\n", "\n20\n"), "frame 0 has a body of 20 joints, not 25"),
        (lambda text: text[:4000], "frame 2 has a joint without its 12 numbers"),
        (lambda text: "many" + text, "the frame count has no count where one belongs"),
        (lambda text: "2\n0\n0\n", "bodies are missing; choose another file"),
        (lambda text: text.replace(" 200 150 ", " x 150 ", 1), "frame 0 has a joint without its 12 numbers"),
    ],
)
def test_bad_skeletons(tmp_path, change, message):
    path = samples.ntu_skeleton(tmp_path / "a.skeleton")
    path.write_text(change(path.read_text().replace("\r", "")))
    with pytest.raises(InputError, match=rf"^a\.skeleton: {message}"):
        open_motion(path)


def test_pyskl(tmp_path):
    path = samples.pyskl(tmp_path / "ntu60.pkl")
    names = ["S001C001P001R001A059", "b/person 0", "b/person 1", "c"]
    assert pyskl_pickle.contents(path) == names
    seen = [open_motion(path, select=name) for name in names]
    assert all(s.skeleton == COCO_17 and s.image_size == (640, 480) and s.category == "label 58" for s in seen)
    np.testing.assert_allclose(seen[2].xy - seen[1].xy, 100, atol=0.5)
    np.testing.assert_allclose(seen[0].xy[0, 0], [400, 150], atol=0.25)
    np.testing.assert_allclose(seen[0].confidence, 0.8, atol=1e-3)
    assert seen[0].provenance.rate == "30 Hz as NTU RGB+D was recorded" and "assumed" in seen[1].provenance.rate


def test_pyskl_in_space(tmp_path):
    points = samples.ntu25(samples.walking())[..., [0, 2, 1]] * [-1, 1, 1]
    path = samples.pyskl(tmp_path / "a.pkl", keypoint=points[None])
    clip = open_motion(path)
    assert clip.skeleton == NTU_25 and clip.provenance.unit == "metres" and clip.provenance.up == "Y"
    np.testing.assert_allclose(clip.positions, samples.ntu25(samples.walking()) * [-1, -1, 1], atol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"keypoint": np.zeros((6, 17, 2))}, r"annotation 0 has no keypoint \(people, frames, joints, 2 or 3\)"),
        ({"keypoint": np.ones((1, 6, 14, 2))}, "keypoint of S001C001P001R001A059 is 6 x 14 x 2; give COCO's 17"),
        ({"keypoint_score": np.ones((1, 5, 17))}, "keypoint_score of S001C001P001R001A059 is 5 x 17 where 6 x 17"),
        ({"img_shape": (0, 640)}, "img_shape of S001C001P001R001A059 is no height and width"),
    ],
)
def test_bad_pyskl(tmp_path, change, message):
    with pytest.raises(InputError, match=rf"^a\.pkl: {message}"):
        open_motion(samples.pyskl(tmp_path / "a.pkl", **change))
