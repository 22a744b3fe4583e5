"""Files as people have them, and what is right of them: every row of the table in ../shared/cases."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from engine.cli.app import app
from engine.data.file_card import file_card
from engine.data.formats import space_json
from engine.data.registry import open_motion
from engine.errors import InputError
from engine.experiment.run import run
from engine.experiment.settings import Experiment
from engine.motion.clip import MotionClip
from engine.motion.skeleton import H36M_17, PANOPTIC_19
from engine.motion.stature import stature
from engine.observation.keypoints import Keypoints2D
from engine.observation.recording import as_h36m17

CASES = Path(__file__).parents[3] / "shared" / "cases"
REFERENCE = CASES / "reference_ok.bvh"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the small inputs are not in ../shared/cases")

HEAD = [H36M_17.index("nose"), H36M_17.index("head top")]
BODY = [j for j in range(17) if j not in HEAD]


def opened(name: str, **options) -> MotionClip:
    return open_motion(CASES / name, **options)


def joints(name: str, **options) -> np.ndarray:
    """(T, 17, 3) metres."""
    return as_h36m17(opened(name, **options)).positions


def card(name: str, **options) -> dict[str, str]:
    rows = file_card(opened(name, **options))
    return dict(rows) | {"Notes": " ".join(value for label, value in rows if label == "Note")}


def error_mm(name: str, frames: tuple[int, int] | None = None) -> float:
    """MPJPE of the small HumMUSS, seen from the front."""
    plain = {"source": {"path": str(CASES / name), "frames": frames}, "models": [{"name": "hummuss_small"}]}
    return run(Experiment.model_validate(plain)).models[0].summary["mpjpe_mm"]


@pytest.fixture(scope="module")
def reference() -> np.ndarray:
    return joints("reference_ok.bvh")


@pytest.fixture(scope="module")
def reference_mm() -> float:
    return error_mm("reference_ok.bvh")


def test_the_reference(reference, reference_mm):
    assert reference_mm == pytest.approx(52.2, abs=0.1)
    assert stature(reference) == pytest.approx(1.78, abs=0.005)
    assert card("reference_ok.bvh")["Up axis"] == "Y"


@pytest.mark.parametrize("name", ["names_left_up_leg", "y_down", "z_down", "rest_pose_lies_down"])
def test_the_same_motion_is_the_same(reference, name):
    np.testing.assert_allclose(joints(f"{name}.bvh"), reference, atol=2e-5)


@pytest.mark.parametrize(
    ("name", "axis", "why"),
    [("y_down", "-Y", "rest pose"), ("z_down", "-Z", "rest pose"), ("rest_pose_lies_down", "Y", "motion")],
)
def test_the_card_says_what_was_decided_and_from_what(name, axis, why):
    said = card(f"{name}.bvh")
    assert said["Up axis"] == axis
    assert f"{axis} up from the {why}" in said["Notes"]


@pytest.mark.parametrize("axis", ["X", "-X", "Y", "-Y", "Z", "-Z"])
def test_any_axis_can_be_given(axis):
    assert card("y_down.bvh", up=axis)["Up axis"] == axis


def test_a_head_below_the_feet_is_said():
    assert "head is below the feet" in card("y_down.bvh", up="Y")["Notes"]
    assert "head is below the feet" not in card("y_down.bvh")["Notes"]
    assert any("head is below the feet" in text for text in opened("y_down.bvh", up="Y").provenance.assumed)
    assert opened("y_down.bvh").provenance.assumed == ()


def test_a_y_up_world_under_the_keys_of_amass():
    clip = opened("smplx_y_up.npz")
    head, foot = (clip.positions[:, clip.skeleton.index(joint), 2] for joint in ("head", "left ankle"))
    assert (head - foot > 1).all()
    assert card("smplx_y_up.npz")["Up axis"] == "Y"


def test_names_of_joints_in_the_file_win():
    seen = opened("coco_annotations_h36m_names.json")
    assert seen.skeleton == H36M_17
    assert (seen.xy[:, H36M_17.index("left ankle"), 1] > seen.xy[:, H36M_17.index("left knee"), 1]).all()
    assert (seen.xy[:, H36M_17.index("head top"), 1] < seen.xy[:, H36M_17.index("nose"), 1]).all()


def test_25_points_of_another_layout():
    seen = as_h36m17(opened("body_25b"))
    truth = as_h36m17(opened("coco_annotations_h36m_names.json"))
    limbs = [j for j, name in enumerate(H36M_17.names) if name.split()[0] in ("left", "right")]
    np.testing.assert_allclose(seen.xy[:, limbs], truth.xy[:, limbs], atol=0.1)


@pytest.mark.parametrize("name", ["rig_cgspeed_no_end_sites", "rig_cgspeed_head_end_zero"])
def test_a_known_rig_that_lacks_a_bone(name):
    want, got = joints("rig_cgspeed_ok.bvh"), joints(f"{name}.bvh")
    assert np.linalg.norm(got - want, axis=-1)[:, BODY].max() < 0.005
    assert stature(got) == pytest.approx(stature(want), abs=0.02)


def test_an_end_site_that_is_no_crown(reference):
    got = joints("head_end_placeholder_side.bvh")
    assert stature(got) == pytest.approx(stature(reference), abs=0.02)
    np.testing.assert_allclose(got[:, BODY], reference[:, BODY], atol=1e-6)


def test_one_bad_file_never_ends_a_folders_run(tmp_path):
    for name in ("rig_cgspeed_ok.bvh", "rig_cgspeed_no_end_sites.bvh"):
        (tmp_path / name).write_bytes((CASES / name).read_bytes())
    (tmp_path / "bad.bvh").write_text("HIERARCHY\nROOT Hips\n{\n")
    done = CliRunner().invoke(app, ["eval", "--clip", str(tmp_path), "--model", "hummuss_small"])
    assert done.exit_code == 0, done.output
    assert "of 2 clips" in done.output and "left out: bad.bvh" in done.output


def test_a_guessed_picture_is_the_bodys():
    seen = opened("picture_size_guess.json")
    assert seen.image_size == (1280, 720)
    assert any("picture 1280 x 720" in text for text in seen.provenance.assumed)
    other = open_motion(CASES / "picture_size_guess.json", unit="1920x1080")
    assert not any("picture" in text for text in other.provenance.assumed)


def test_a_body_without_its_shape_file(reference_mm):
    clip = as_h36m17(opened("amass_height.npz"))
    assert stature(clip.positions) == pytest.approx(1.70, abs=0.005)
    assert card("amass_height.npz")["Height"].startswith("1.70 m")
    assert error_mm("amass_height.npz") == pytest.approx(reference_mm, abs=5)


def test_one_stray_frame(reference, reference_mm):
    assert "Frame 0 jumps 35 m" in card("first_frame_jump.bvh")["Notes"]
    given = ["eval", "--clip", str(CASES / "first_frame_jump.bvh"), "--model", "hummuss_small", "--frames", "1:"]
    assert "119 frames" in CliRunner().invoke(app, given).output
    assert error_mm("first_frame_jump.bvh", (1, 120)) == pytest.approx(error_mm("reference_ok.bvh", (1, 120)), abs=0.5)


@pytest.mark.parametrize("command", ["eval", "sweep"])
def test_what_is_assumed_stands_with_the_figures(command, tmp_path):
    given = [command, "--clip", str(CASES / "picture_size_guess.json"), "--model", "hummuss_small"]
    given += ["--json", str(tmp_path / "a.json")] + (["--rates", "1"] if command == "sweep" else [])
    done = CliRunner().invoke(app, given)
    assert "assumed: 30 Hz; picture 1280 x 720; height 1.70 m" in done.output
    assert "picture 1280 x 720" in (tmp_path / "a.json").read_text()
    assert (
        "assumed:" not in CliRunner().invoke(app, ["eval", "--clip", "builtin:walk", "--model", "hummuss_small"]).output
    )


def test_every_fifth_frame():
    seen = opened("every_fifth_frame.json")
    assert len(seen) == 60 and (seen.confidence.max(1) > 0).all()
    assert 1 / np.median(np.diff(seen.times)) == pytest.approx(6)


def test_a_rate_under_another_key():
    assert opened("amass_framerate_key.npz").rate_hz == pytest.approx(25)


def test_3d_keypoints_in_json():
    assert isinstance(opened("mmpose_3d.json"), MotionClip)
    assert space_json.read(CASES / "panoptic_3d.json").skeleton == PANOPTIC_19
    with pytest.raises(InputError, match="the person is 0 m from end to end"):  # all its joints lie at one place
        opened("panoptic_3d.json")


def test_keypoints_stay_2d():
    assert isinstance(opened("picture_size_guess.json"), Keypoints2D)


def test_joints_of_no_known_set_are_refused_in_one_sentence(tmp_path):
    text = (CASES / "coco_annotations_h36m_names.json").read_text()
    (tmp_path / "birds.json").write_text(text.replace("right_hip", "right_wing"))
    with pytest.raises(InputError, match="right_wing") as error:
        open_motion(tmp_path / "birds.json")
    assert "\n" not in str(error.value)


def panoptic(positions: np.ndarray, frame: int) -> dict:
    """A frame of Panoptic's JSON, centimetres, Y down, of a person (17, 3) in metres."""
    numbers: list[float] = []
    for name in PANOPTIC_19.names:
        known = {"neck": "thorax"}.get(name, name)
        if known in H36M_17.names:
            x, y, z = 100 * positions[H36M_17.index(known)]
        else:  # eyes and ears, about the nose
            x, y, z = 100 * positions[H36M_17.index("nose")] + (3 if "left" in name else -3, 0, 3)
        numbers += [x, -z, y, 0.9]
    bodies = [{"id": 0, "joints19": numbers}]
    return {"version": 0.7, "univTime": frame / 29.97, "fpsType": "hd_29_97", "bodies": bodies}


def test_panoptic_s_people_of_ordinary_size(reference, tmp_path):
    """One frame is a clip, a folder of them is a motion: 3D, upright, as long as they are."""
    (tmp_path / "one.json").write_text(json.dumps(panoptic(reference[0], 0)))
    for frame in range(12):
        (tmp_path / f"body3DScene_{frame:08d}.json").write_text(json.dumps(panoptic(reference[frame], frame)))
    (tmp_path / "all").mkdir()
    for path in tmp_path.glob("body3D*"):
        path.rename(tmp_path / "all" / path.name)
    for path, frames in ((tmp_path / "one.json", 1), (tmp_path / "all", 12)):
        clip = open_motion(path)
        assert clip.skeleton == PANOPTIC_19 and len(clip) == frames
        seen = as_h36m17(clip).positions
        limbs = [H36M_17.index(f"{side} {limb}") for side in ("left", "right") for limb in ("hip", "knee", "ankle")]
        bones = [np.linalg.norm(p[:, limbs[1]] - p[:, limbs[2]], axis=-1) for p in (seen, reference[:frames])]
        np.testing.assert_allclose(*bones, atol=2e-3)
        assert (seen[:, H36M_17.index("nose"), 2] > seen[:, limbs, 2].max(1)).all()


@pytest.mark.parametrize("rename", [
    lambda name: re.sub(r"(?<!^)([A-Z])", r" \1", name),  # Left Up Leg
    lambda name: f"Char 01:{name}",
    lambda name: re.sub(r"(?<!^)([A-Z])", r"-\1", name).lower(),  # left-up-leg
    str.upper,
])  # fmt: skip
def test_names_however_they_are_written(rename, reference, tmp_path):
    text = re.sub(r"(ROOT|JOINT) (\S+)", lambda found: f"{found[1]} {rename(found[2])}", REFERENCE.read_text())
    (tmp_path / "renamed.bvh").write_text(text)
    np.testing.assert_allclose(as_h36m17(open_motion(tmp_path / "renamed.bvh")).positions, reference, atol=1e-9)


def test_stray_frames_in_the_middle(reference, tmp_path):
    head, motion = REFERENCE.read_text().split("MOTION")
    _, frame_time, *rows = motion.strip().splitlines()
    at_origin = " ".join("0" for _ in rows[0].split())
    rows[60:60] = [at_origin, at_origin]
    text = "\n".join([f"{head}MOTION", f"Frames: {len(rows)}", frame_time, *rows])
    (tmp_path / "stray.bvh").write_text(text + "\n")
    (note,) = (note for note in open_motion(tmp_path / "stray.bvh").provenance.notes if "jump" in note)
    assert note.startswith("2 frames, the first of them 60, jump") and "leave them out with --frames" in note


def test_named_joints_in_another_order(tmp_path):
    content = json.loads((CASES / "coco_annotations_h36m_names.json").read_text())
    names = content["categories"][0]["keypoints"]
    order = np.random.default_rng(0).permutation(len(names))
    content["categories"][0]["keypoints"] = [names[k] for k in order]
    for entry in content["annotations"]:
        entry["keypoints"] = np.reshape(entry["keypoints"], (-1, 3))[order].ravel().tolist()
    (tmp_path / "mixed.json").write_text(json.dumps(content))
    seen, mixed = (as_h36m17(open_motion(path / name)).xy for path, name in (
        (CASES, "coco_annotations_h36m_names.json"), (tmp_path, "mixed.json")
    ))  # fmt: skip
    np.testing.assert_array_equal(seen, mixed)


@pytest.mark.parametrize("stated", [np.array("25"), np.array(b"25"), np.array([25.0])])
def test_a_rate_as_text_bytes_or_a_list_of_one(stated, tmp_path):
    kept = {key: value for key, value in np.load(CASES / "amass_framerate_key.npz").items() if key != "framerate"}
    np.savez(tmp_path / "a.npz", **kept, mocap_frame_rate=stated)
    assert open_motion(tmp_path / "a.npz").rate_hz == 25
