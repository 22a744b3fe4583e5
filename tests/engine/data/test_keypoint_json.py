"""2D keypoints in JSON: every form, who is followed, and what was assumed."""

import motion_samples as samples
import numpy as np
import pytest

from engine.data.formats import keypoint_json
from engine.data.formats.keypoint_json import contents, is_frame_folder, matches, read
from engine.errors import InputError
from engine.motion.skeleton import COCO_17, H36M_17, HALPE_26, OPENPOSE_25


def matched(path) -> bool:
    return matches(path.read_bytes()[:4096], path)


def test_coco_results(tmp_path):
    path = samples.coco(tmp_path / "walk.json")
    assert matched(path)
    seen = read(path)
    assert seen.skeleton == COCO_17 and seen.name == "walk"
    np.testing.assert_allclose(seen.xy[:, 0, 0], 100 + np.arange(6))
    np.testing.assert_allclose(seen.xy[0, :, 1], 200 + np.arange(17))
    np.testing.assert_allclose(seen.confidence, 0.9)
    np.testing.assert_allclose(seen.times, np.arange(6) / 30)
    assert seen.provenance.rate == "30 Hz assumed, the file holds none"
    assert seen.image_size == (640, 480)  # the smallest usual image that holds all points
    assert any("640x480 assumed" in note for note in seen.provenance.notes)


def test_rate_and_image_size_as_given(tmp_path):
    seen = read(samples.coco(tmp_path / "walk.json"), rate_hz=25, unit="1280x720")
    assert seen.image_size == (1280, 720) and seen.provenance.rate == "25 Hz as given"
    assert not any("size" in note or "rate" in note for note in seen.provenance.notes)
    assert not any("Hz" in text or "picture" in text for text in seen.provenance.assumed)


def test_coco_annotations(tmp_path):
    points = [n for j in range(17) for n in (10 * j, 5 * j, j % 3)]
    content = {
        "images": [{"id": 7, "width": 800, "height": 600}],
        "annotations": [{"id": 1, "image_id": 7, "keypoints": points}, {"id": 2, "image_id": 7, "bbox": [0, 0, 1, 1]}],
    }
    seen = read(samples.dump(tmp_path / "a.json", content))
    assert seen.image_size == (800, 600)
    np.testing.assert_allclose(seen.confidence[0, :3], [0, 0.5, 1])
    assert (seen.xy[0, 3] == 0).all()  # not labelled


def test_alphapose_tracks(tmp_path):
    path = samples.alphapose(tmp_path / "alphapose-results.json")
    assert contents(path) == ["person 1", "person 2"]  # by the number of frames
    first, second = read(path), read(path, select="person 2")
    assert first.skeleton == HALPE_26
    np.testing.assert_allclose(first.xy[:, 0, 0], 100 + np.arange(6))
    np.testing.assert_allclose(second.xy[1::2, 0, 0], [601, 603, 605])  # every other frame, on the same clock
    np.testing.assert_array_equal(second.confidence[::2], 0)
    assert "Several people; this is person 2." in second.provenance.notes


def test_alphapose_frames_in_one_object(tmp_path):
    frames = {f"{t}.jpg": {"version": 0.1, "bodies": [{"joints": samples.person_2d(t, 18)}]} for t in range(3)}
    seen = read(samples.dump(tmp_path / "a.json", frames))
    assert seen.skeleton == COCO_17 and len(seen) == 3
    order = [0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10]
    np.testing.assert_allclose(seen.xy[0, :, 0], 100 + 10 * np.array(order))


def test_openpose(tmp_path):
    folder = samples.openpose_folder(tmp_path / "frames")
    assert is_frame_folder(folder) and not is_frame_folder(tmp_path)
    seen = read(folder)
    assert seen.skeleton == OPENPOSE_25 and len(seen) == 6 and seen.name == "frames"
    np.testing.assert_allclose(seen.xy[:, 0, 0], 100 + np.arange(6))
    one = read(folder / "video_000000000003_keypoints.json")
    np.testing.assert_allclose(one.xy[0, 0, 0], 103)


def test_openpose_frame_without_anyone(tmp_path):
    folder = samples.openpose_folder(tmp_path / "frames", 3)
    samples.dump(folder / "video_000000000001_keypoints.json", {"people": []})
    (folder / "video_000000000002_keypoints.json").rename(folder / "video_000000000004_keypoints.json")
    seen = read(folder)
    np.testing.assert_array_equal(seen.confidence[:, 0] > 0, [True, False, False, False, True])
    assert "Not seen in 3 of 5 frames." in seen.provenance.notes


def test_mmpose(tmp_path):
    path = samples.mmpose(tmp_path / "a.json")
    seen = read(path)
    np.testing.assert_allclose(seen.xy[:, 0, 0], 100 + np.arange(6))
    assert seen.skeleton == COCO_17
    names = (
        "root right_hip right_knee right_foot left_hip left_knee left_foot spine thorax neck_base head "
        "left_shoulder left_elbow left_wrist right_shoulder right_elbow right_wrist"
    )
    info = {"keypoint_id2name": {str(j): name for j, name in enumerate(names.split())}}
    content = {"meta_info": info, "instance_info": [{"frame_id": 0, "instances": []}, *_instances(1)]}
    assert read(samples.dump(tmp_path / "h36m.json", content)).skeleton == H36M_17
    alone = read(samples.dump(tmp_path / "alone.json", _instances(2)))
    assert len(alone) == 2
    image = read(samples.dump(tmp_path / "image.json", _instances(1)[0]["instances"]))
    assert len(image) == 1


def _instances(frames):
    points = np.reshape(samples.person_2d(), (17, 3))
    one = {"keypoints": points[:, :2].tolist(), "keypoint_scores": points[:, 2].tolist(), "bbox_score": [0.9]}
    return [{"frame_id": t + 1, "instances": [one]} for t in range(frames)]


def test_without_tracks_the_nearest_is_followed(tmp_path):
    """Two people, listed in turn in either order, the other one scored higher from the second frame on."""
    entries = []
    for t in range(6):
        us = {"image_id": t, "keypoints": samples.person_2d(t), "score": 0.9 if t == 0 else 0.5}
        other = {"image_id": t, "keypoints": samples.person_2d(t, at=300.0), "score": 0.6}
        entries += [us, other] if t % 2 else [other, us]
    path = samples.dump(tmp_path / "a.json", entries)
    assert contents(path) == ["main person"]
    np.testing.assert_allclose(read(path).xy[:, 0, 0], 100 + np.arange(6))


def test_a_track_number_that_two_share_is_none(tmp_path):
    entries = [{"image_id": "0.jpg", "keypoints": samples.person_2d(at=at), "idx": [0.0]} for at in (0.0, 300.0)]
    assert contents(samples.dump(tmp_path / "a.json", entries)) == ["main person"]


def test_frame_numbers_that_leap(tmp_path):
    entries = [{"image_id": n, "keypoints": samples.person_2d(), "score": 1} for n in (785, 397133, 12)]
    seen = read(samples.dump(tmp_path / "a.json", entries))
    assert len(seen) == 3
    assert any("leap" in note for note in seen.provenance.notes)


def test_relative_coordinates(tmp_path):
    points = [n for j in range(17) for n in (0.5 + 0.01 * j, 0.25, 0.9)]
    entries = [{"image_id": 0, "keypoints": points, "score": 1}]
    seen = read(samples.dump(tmp_path / "a.json", entries), unit="1000x500")
    np.testing.assert_allclose(seen.xy[0, 0], [500, 125])


def test_confidences_above_one(tmp_path):
    entries = [{"image_id": 0, "keypoints": [n * 2 if k % 3 == 2 else n for k, n in enumerate(samples.person_2d())]}]
    seen = read(samples.dump(tmp_path / "a.json", entries))
    assert seen.confidence.max() == 1
    assert "Confidences up to 1.8 were cut to 1." in seen.provenance.notes


def test_points_at_zero_are_not_seen(tmp_path):
    points = samples.person_2d()
    points[3:5] = [0.0, 0.0]
    seen = read(samples.dump(tmp_path / "a.json", [{"image_id": 0, "keypoints": points}]))
    assert seen.confidence[0, 1] == 0 and (seen.confidence[0, 2:] > 0).all()
    assert any("1 points at 0, 0" in note for note in seen.provenance.notes)


@pytest.mark.parametrize("step", [2, 5, 250])
@pytest.mark.parametrize("frames", [3, 60])
def test_frame_numbers_with_a_constant_step(tmp_path, step, frames):
    entries = [{"image_id": f"{t * step}.jpg", "keypoints": samples.person_2d(t)} for t in range(frames)]
    path = samples.dump(tmp_path / "a.json", entries)
    seen = read(path)
    assert len(seen) == frames and (seen.confidence > 0).all()
    np.testing.assert_allclose(np.diff(seen.times), step / 30)
    assert f"one frame in {step} of it" in seen.provenance.rate
    assert any("Hz" in text for text in seen.provenance.assumed)
    np.testing.assert_allclose(np.diff(read(path, rate_hz=10).times), 0.1)


def test_a_skipped_frame_among_steps(tmp_path):
    entries = [{"image_id": 5 * t, "keypoints": samples.person_2d(t)} for t in (0, 1, 3)]
    seen = read(samples.dump(tmp_path / "a.json", entries))
    np.testing.assert_array_equal(seen.confidence[:, 0] > 0, [True, True, False, True])


@pytest.mark.parametrize("where", ["top", "info", "videos"])
def test_a_rate_that_the_file_states(tmp_path, where):
    content = {"images": [], "annotations": [{"image_id": t, "keypoints": samples.person_2d(t)} for t in range(4)]}
    stated = {"top": {"fps": 50}, "info": {"info": {"frame_rate": "50"}}, "videos": {"videos": [{"fps": 50.0}]}}
    content |= stated[where]
    seen = read(samples.dump(tmp_path / "a.json", content))
    np.testing.assert_allclose(np.diff(seen.times), 0.02)
    assert "from" in seen.provenance.rate and not any("Hz" in text for text in seen.provenance.assumed)


PERSON = samples.person_2d()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"name": "package", "version": 1}, "content is JSON but not keypoints"),
        ([], "content is JSON but not keypoints"),
        ([1, 2, 3], "content is JSON but not keypoints"),
        ({"keypoints": 3}, "content is JSON but not keypoints"),
        ({"people": []}, "people are missing"),
        ({"people": [{"pose_keypoints_2d": PERSON[:-1]}]}, "pose_keypoints_2d of person 0 has 50 numbers"),
        ({"people": [{"pose_keypoints_2d": "x"}]}, "pose_keypoints_2d of person 0 are not all finite numbers"),
        ([{"image_id": 0, "keypoints": PERSON[:34]}], "keypoints of entry 0 has 34 numbers, which are 17 points x, y"),
        ([{"image_id": 0, "keypoints": [[1, 2, 1], [3, 4, 1]]}], "keypoints of entry 0 are 2 lists of 3, not one flat"),
        ({"people": [3]}, "pose_keypoints_2d of person 0 are not all finite numbers"),
        ([{"image_id": 0, "keypoints": [*PERSON[:-1], None]}], "keypoints of entry 0 are not all finite numbers"),
        ([{"image_id": 0, "keypoints": [*PERSON[:-1], float("nan")]}], "keypoints of entry 0 are not all finite"),
        ([{"image_id": 0, "keypoints": [*PERSON[:-1], 10**400]}], "keypoints of entry 0 are not all finite"),
        ([{"image_id": 0, "keypoints": [*PERSON[:-1], True]}], "keypoints of entry 0 are not all finite"),
        ([{"image_id": 0, "keypoints": PERSON[:36]}], "keypoints number 12 a person; give a layout of 14, 16, 17"),
        ([{"image_id": 0, "keypoints": PERSON}, {"keypoints": PERSON}], "entry 1 has no image_id"),
        ([{"image_id": 0, "keypoints": PERSON}, {"image_id": 1, "keypoints": PERSON[:3]}], "keypoints number 1, 17"),
        ([{"image_id": 0, "keypoints": [0] * 51}], "confidence is 0 everywhere"),
        ([{"image_id": 0, "bbox": [0, 0, 1, 1]}], "people are missing"),
        ({"instance_info": [{"frame_id": 0}]}, "keypoints of frame 0 are not all finite"),
        ({"instance_info": [{"instances": [{"keypoints": [[1, 2]], "keypoint_scores": []}]}]}, "keypoint_scores of"),
        ({"instance_info": [{"instances": [{"keypoints": [[1, 2]], "keypoint_scores": [1, 1]}]}]}, "frame 0 has 1 key"),
    ],
)  # fmt: skip
def test_not_keypoints(tmp_path, content, message):
    with pytest.raises(InputError, match=rf"^a\.json: {message}") as caught:
        read(samples.dump(tmp_path / "a.json", content))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ['[{"image_id": 0, "keypoints": [1, 2', "[" * 100_000, '{"a": "\udcff"}', "{]"])
def test_damaged_json(tmp_path, text):
    (tmp_path / "a.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match=r"^a\.json: JSON is cut off or damaged"):
        read(tmp_path / "a.json")


def test_wrong_overrides(tmp_path):
    path = samples.coco(tmp_path / "a.json")
    with pytest.raises(InputError, match="keypoints are in pixels; as unit give"):
        read(path, unit="cm")
    with pytest.raises(InputError, match="keypoints are in pixels; as unit give"):
        read(path, unit="0x5")
    with pytest.raises(InputError, match="no up axis"):
        read(path, up="Y")
    with pytest.raises(InputError, match="no sequence 'person 9'; choose one of main person"):
        read(path, select="person 9")


def test_matches_by_content(tmp_path):
    late = tmp_path / "late.json"
    late.write_text('{"info": "' + "x" * 5000 + '", "annotations": [{"keypoints": []}]}')
    assert matched(late)
    assert not matched(samples.dump(tmp_path / "other.json", {"name": "package"}))
    (tmp_path / "a.txt").write_text('"keypoints"')
    assert not matched(tmp_path / "a.txt")


def test_limit(tmp_path, monkeypatch):
    path = samples.coco(tmp_path / "a.json")
    monkeypatch.setattr(keypoint_json.LIMITS, "text", 1000)
    with pytest.raises(InputError, match=r"a\.json: size is 0\.00 MiB, above the limit of 0\.00 MiB"):
        read(path)
