"""Further forms of keypoint JSON, in pictures and in space, and joint sets of 14, 16 and 23 points."""

import json
from pathlib import Path

import cv2
import motion_samples as samples
import numpy as np
import pytest

from engine.data.formats import space_json
from engine.data.registry import expand, open_motion
from engine.errors import InputError
from engine.motion.conversions import to_h36m17
from engine.motion.skeleton import (
    COCO_17,
    COCO_23,
    CROWDPOSE_14,
    H36M_17,
    MEDIAPIPE_33,
    MPII_16,
    PANOPTIC_15,
    PANOPTIC_19,
    Skeleton,
)
from engine.observation.keypoint_layouts import keypoints_to_h36m17
from engine.observation.recording import as_h36m17

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases"
FRAMES = range(4)
XY = np.array([[[100 + 10 * j + t, 200 + j] for j in range(33)] for t in FRAMES], float)  # joint j in frame t


def landmarks(points, visibility=0.8):
    return [{"x": float(x), "y": float(y), "z": 0.0, "visibility": visibility} for x, y in points]


def shares(t):
    return XY[t] / [1920, 1080]


def opened(tmp_path, content, **options):
    return open_motion(samples.dump(tmp_path / "a.json", content), **options)


def agrees(seen, joints, at=0.0, score=0.8):
    np.testing.assert_allclose(seen.xy, XY[:, :joints] + at, atol=1e-6)
    np.testing.assert_allclose(seen.confidence, score)


# -- In pictures ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "form",
    [
        lambda poses: poses,
        lambda poses: [[pose] for pose in poses],
        lambda poses: [{"landmarks": pose} for pose in poses],
        lambda poses: {"frames": [{"frame": t, "pose_landmarks": pose} for t, pose in enumerate(poses)]},
        lambda poses: [{"poseLandmarks": pose, "timestamp": 0.1} for pose in poses],
        lambda poses: [{"landmarks": [pose]} for pose in poses],
        lambda poses: [{"pose_landmarks": {"landmark": pose}} for pose in poses],
    ],
)
def test_mediapipe(tmp_path, form):
    seen = opened(tmp_path, form([landmarks(shares(t)) for t in FRAMES]), unit="1920x1080")
    assert seen.skeleton == MEDIAPIPE_33 and seen.provenance.format == "MediaPipe keypoints"
    agrees(seen, 33)


def test_one_picture_of_mediapipe(tmp_path):
    for content in (landmarks(shares(0)), {"pose_landmarks": landmarks(shares(0))}):
        seen = opened(tmp_path, content, unit="1920x1080")
        assert len(seen) == 1
        np.testing.assert_allclose(seen.xy[0], XY[0])


def test_tensorflow_js(tmp_path):
    content = [
        [{"score": 0.9, "keypoints": [{"x": x, "y": y, "score": 0.8, "name": "nose"} for x, y in XY[t, :17]]}]
        for t in FRAMES
    ]
    seen = opened(tmp_path, content)
    assert seen.skeleton == COCO_17 and seen.provenance.format == "TensorFlow.js keypoints"
    agrees(seen, 17)


def ultralytics(t, track=None, at=0.0):
    x, y = (XY[t, :17] + at).T.tolist()
    found = {"name": "person", "class": 0, "confidence": 0.9, "box": {"x1": 0.0, "y1": 0.0, "x2": 9.0, "y2": 9.0}}
    return found | ({} if track is None else {"track_id": track}) | {
        "keypoints": {"x": x, "y": y, "visible": [0.8] * 17}
    }  # fmt: skip


def test_ultralytics(tmp_path):
    seen = opened(tmp_path, [[ultralytics(t)] for t in FRAMES])
    assert seen.skeleton == COCO_17 and seen.provenance.format == "Ultralytics keypoints"
    agrees(seen, 17)
    both = [[ultralytics(t, 4, 200.0), ultralytics(t, 2)] for t in FRAMES]
    agrees(opened(tmp_path, both, select="person 4"), 17, 200.0)
    assert [source.select for source in expand(tmp_path / "a.json")] == ["person 2", "person 4"]
    assert len(opened(tmp_path, [ultralytics(0), ultralytics(0, at=200.0)])) == 1  # two people in one picture


def test_kinetics_skeleton(tmp_path):
    def frame(t):
        pose = (XY[t, :18] / [1920, 1080]).ravel().tolist()
        return {"frame_index": t + 1, "skeleton": [{"pose": pose, "score": [0.8] * 18}]}

    seen = opened(tmp_path, {"data": [frame(t) for t in FRAMES], "label": "a", "label_index": 1}, unit="1920x1080")
    assert seen.skeleton == COCO_17 and seen.provenance.format == "kinetics-skeleton keypoints"
    order = [0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10]
    np.testing.assert_allclose(seen.xy, XY[:, order])


def test_nested_mmpose(tmp_path):
    def people(t):
        return [{"keypoints": XY[t, :17].tolist(), "keypoint_scores": [0.8] * 17, "bbox": [[0, 0, 9, 9]]}]

    for content in ({"predictions": [people(t) for t in FRAMES]}, [people(t) for t in FRAMES]):
        seen = opened(tmp_path, content)
        assert seen.provenance.format == "MMPose keypoints"
        agrees(seen, 17)


@pytest.mark.parametrize("layout", [CROWDPOSE_14, MPII_16, COCO_23])
def test_sets_by_their_number(tmp_path, layout: Skeleton):
    """The joints of a person, laid out in the set, become H36M-17 again."""
    person = samples.walking()[..., [0, 2]] * [100, -100] + [300, 400]
    found = {name: person[:, H36M_17.index(name)] for name in H36M_17.names}
    found |= {"neck": found["thorax"], "upper neck": found["nose"]}
    points = np.stack([found.get(name, found["nose"]) for name in layout.names], axis=1)
    content = [{"image_id": t, "keypoints": [float(n) for x, y in points[t] for n in (x, y, 0.9)]} for t in range(6)]
    seen = opened(tmp_path, content)
    assert seen.skeleton == layout
    limbs = [
        H36M_17.index(f"{s} {j}") for s in ("left", "right") for j in ("hip", "knee", "ankle", "shoulder", "wrist")
    ]
    np.testing.assert_allclose(keypoints_to_h36m17(seen).xy[:, limbs], person[:, limbs], atol=1e-6)
    middle = keypoints_to_h36m17(seen).xy[:, [0, 7, 8]]
    np.testing.assert_allclose(middle, person[:, [0, 7, 8]], atol=6.0)


# -- In space ---------------------------------------------------------------------------------------


def test_mmpose_3d(tmp_path):
    clip = open_motion(samples.mmpose_3d(tmp_path / "a.json"))
    assert clip.skeleton == H36M_17 and clip.provenance.format == "MMPose 3D keypoints"
    np.testing.assert_allclose(clip.positions, samples.walking(), atol=1e-6)
    assert clip.provenance.rate == "30 Hz assumed, the file holds none" and "30 Hz" in clip.provenance.assumed
    nested = [[{"keypoints": [pose.tolist()], "keypoint_scores": [[1.0] * 17]}] for pose in samples.walking()]
    np.testing.assert_allclose(opened(tmp_path, nested).positions, samples.walking(), atol=1e-6)


def panoptic(t, joints, who=0, at=0.0):
    """A frame of CMU Panoptic: centimetres, Y down, facing -Z."""
    points = samples.walking()[t][[8, 9, 0, 11, 12, 13, 4, 5, 6, 14, 15, 16, 1, 2, 3, 9, 9, 9, 9][:joints]]
    points = (points[:, [0, 2, 1]] * [1, -1, 1] + [at, 0, 0]) * 100
    rows = np.column_stack([points, np.where(np.arange(joints) == 4, [0.05, 0.8][t != 2], 0.8)])
    return {"id": who, f"joints{joints}": rows.ravel().tolist()}


@pytest.mark.parametrize(("joints", "skeleton"), [(15, PANOPTIC_15), (19, PANOPTIC_19)])
def test_panoptic_folder(tmp_path, joints, skeleton):
    folder = tmp_path / "hdPose3d"
    folder.mkdir()
    for t in range(6):
        bodies = [panoptic(t, joints)] + ([panoptic(t, joints, 7, 1.0)] if t in (1, 2, 4) else [])
        content = {"version": 0.7, "univTime": 1.0, "fpsType": "hd_29_97", "bodies": bodies}
        samples.dump(folder / f"body3DScene_{100 + t:08d}.json", content)
    clip, other = open_motion(folder), open_motion(folder, select="person 7")
    assert clip.skeleton == skeleton and clip.name == "hdPose3d person 0" and clip.rate_hz == pytest.approx(29.97)
    assert clip.provenance.unit == "centimetres" and clip.provenance.up == "-Y"
    ankles = clip.positions[:, [clip.skeleton.index("left ankle"), clip.skeleton.index("right ankle")]]
    np.testing.assert_allclose(ankles, samples.walking()[:, [6, 3]], atol=1e-6)
    elbow = clip.positions[:, clip.skeleton.index("left elbow")]
    np.testing.assert_allclose(elbow, samples.walking()[:, 12], atol=1e-6)  # unseen in frame 2
    np.testing.assert_allclose(other.times, np.array([0, 1, 3]) / 29.97)
    np.testing.assert_allclose(other.positions[0] - clip.positions[1], np.tile([1.0, 0, 0], (joints, 1)), atol=1e-6)
    assert as_h36m17(clip).skeleton == H36M_17


def test_panoptic_s_cameras_see_the_people_where_they_are(tmp_path):
    """A sequence as it is published: poses in a folder, the calibration beside it, in centimetres with Y down."""
    poses = tmp_path / "hdPose3d_stage1_coco19"
    poses.mkdir()
    for t in range(4):
        samples.dump(poses / f"body3DScene_{t:08d}.json", {"fpsType": "hd_29_97", "bodies": [panoptic(t, 19)]})
    turn = cv2.Rodrigues(np.array([0.1, 0.4, -0.05]))[0]
    entry = {
        "type": "hd", "resolution": [1920, 1080], "panel": 0, "K": [[1400, 0, 960], [0, 1395, 540], [0, 0, 1]],
        "distCoef": [-0.2, 0.1, 0.001, 0.0005, 0.02], "R": turn.tolist(), "t": [[10.0], [120.0], [380.0]],
    }  # fmt: skip
    names = ("00_03", "00_12", "01_01")
    samples.dump(tmp_path / "calibration_walk1.json", {"cameras": [entry | {"name": n} for n in names]})
    clip = open_motion(poses)
    assert [camera.name for camera in clip.cameras] == ["00_03", "00_12"]
    raw = np.array(panoptic(1, 19)["joints19"]).reshape(19, 4)[:, :3].copy()
    expected = cv2.projectPoints(
        raw, turn, np.array(entry["t"]), np.array(entry["K"], float), np.array(entry["distCoef"])
    )[0]
    np.testing.assert_allclose(clip.cameras[0].project(clip.positions[1])[0], expected[:, 0], atol=1e-6)


def test_mediapipe_in_space_and_in_the_picture(tmp_path):
    where = {0: 9, 11: 11, 12: 14, 13: 12, 14: 15, 15: 13, 16: 16, 23: 4, 24: 1, 25: 5, 26: 2, 27: 6, 28: 3}
    pose = samples.walking()[:, [where.get(k, where[max(j for j in where if j <= k)]) for k in range(33)]]
    camera = samples.to_camera_axes(pose - samples.walking()[:, :1])
    frames = [
        {
            "pose_landmarks": landmarks(shares(t)),
            "pose_world_landmarks": [
                dict(zip("xyz", p, strict=True)) | {"visibility": 0.9} for p in camera[t].tolist()
            ],
        }
        for t in FRAMES
    ]
    clip = opened(tmp_path, frames)
    assert clip.skeleton == MEDIAPIPE_33 and clip.provenance.up == "-Y" and clip.provenance.unit == "metres"
    expected = pose[:4] - samples.walking()[:4, :1] + [0, 0, samples.STANDING[0, 2]]
    apart = clip.positions - expected
    np.testing.assert_allclose(apart, np.broadcast_to(apart[0, 0], apart.shape), atol=1e-6)
    assert abs(apart[0, 0, 2]) < 1e-6 and to_h36m17(clip).skeleton == H36M_17
    seen = opened(tmp_path, frames, select="person 0/2d", unit="1920x1080")
    agrees(seen, 33)


@pytest.mark.skipif(not CASES.is_dir(), reason="the shared cases are not beside the repository")
@pytest.mark.parametrize(("name", "form"), [("mmpose_3d", "MMPose 3D keypoints"), ("panoptic_3d", "CMU Panoptic JSON")])
def test_shared_cases(name, form):
    path = CASES / f"{name}.json"
    assert space_json.matches(path.read_bytes()[:4096], path) and space_json.read(path).provenance.format == form


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"frames": [{"landmarks": "x"}]}, "content is JSON but not keypoints; give COCO"),
        ([{"landmarks": [{"x": "a", "y": 0}]}], "keypoints of frame 0 are not all finite numbers"),
        ([{"pose_world_landmarks": [{"x": 1, "y": 2}]}], "landmarks are not all finite numbers"),
        ({"bodies": [{"id": 0, "joints19": [1.0] * 75}]}, "joints19 has 75 numbers"),
        ({"bodies": [{"joints19": [1.0] * 76}, {"id": 1}]}, "bodies have no joints19"),
        ([{"instances": [{"keypoints": [[1.0, 2.0, 3.0]] * 12}]}], "joints number 12; give a known set"),
        ({"pose_world_landmarks": []}, "people are missing"),
    ],
)
def test_bad_files(tmp_path, content, message):
    with pytest.raises(InputError, match=rf"^a\.json: {message}"):
        opened(tmp_path, content)


def test_shapes_that_mislead(tmp_path):
    """COCO results whose points are rows of three are not in space."""
    rows = [[float(x), float(y), 0.9] for x, y in XY[0, :17]]
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"image_id": 0, "keypoints": rows}]))
    with pytest.raises(InputError, match="keypoints of entry 0"):
        open_motion(path)
