"""Several cameras from files: names, people, the chosen one, clocks and cameras, and the command."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from traceback import walk_stack

import numpy as np
import pytest
from rig_fakes import person, ring, seen
from typer.testing import CliRunner

from engine.cameras.files import calibration_text
from engine.cameras.pinhole import Camera
from engine.cameras.rotation_vectors import matrix_of
from engine.cli.app import app
from engine.cli.export import beside
from engine.data.registry import open_motion
from engine.detector import filmed_kept
from engine.detector.detection import Detection
from engine.detector.filmed import people_in_video
from engine.detector.library import installed
from engine.errors import InputError
from engine.experiment.loaded import load
from engine.experiment.rig_run import chosen_person, measure_on_rig
from engine.experiment.view_files import by_name, open_detections
from engine.models.defaults import OF_VIEWS
from engine.motion.skeleton import H36M_17
from engine.observation.people_over_time import choose_person, follow_people, of_person
from engine.observation.recording import as_h36m17
from engine.progress import Cancelled

NAMES = [
    *("root", "right_hip", "right_knee", "right_foot", "left_hip", "left_knee", "left_foot", "spine", "thorax"),
    *("neck_base", "head", "left_shoulder", "left_elbow", "left_wrist"),
    *("right_shoulder", "right_elbow", "right_wrist"),
]
FRAMES = 90


def written(path: Path, people: list[np.ndarray], score: float = 0.9) -> None:
    """H36M-17 keypoints (T, 17, 2) of several people as MMPose writes them; NaN = not there."""
    frames = []
    for t in range(len(people[0])):
        there = [person[t] for person in people if np.isfinite(person[t]).all()]
        instances = [{"keypoints": xy.tolist(), "keypoint_scores": [score] * 17} for xy in there]
        frames.append({"frame_id": t, "instances": instances})
    info = {"keypoint_id2name": {str(j): name for j, name in enumerate(NAMES)}}
    path.write_text(json.dumps({"meta_info": info, "instance_info": frames}))


@pytest.fixture
def studio(tmp_path: Path) -> tuple[Path, Path, tuple[Camera, ...], np.ndarray]:
    """Four cameras around somebody who walks; a second person stands still, whom two cameras see."""
    cameras, walk = ring(4), person("walk", FRAMES)
    still = np.repeat(person("walk", 1), FRAMES, 0) + [0.2, 1.6, 0]
    pixels, others = (
        seen(cameras, who) + np.random.default_rng(0).normal(0, 2, (FRAMES, 4, 17, 2)) for who in (walk, still)
    )
    folder = tmp_path / "poses"
    folder.mkdir()
    for v, camera in enumerate(cameras):
        both = [others[:, v], pixels[:, v]] if v < 2 else [pixels[:, v]]
        written(folder / f"{camera.name}_mmpose.json", both)
    file = tmp_path / "rig.toml"
    file.write_text(calibration_text(file, cameras))
    return file, folder, cameras, walk


def test_the_one_who_moves_is_followed_past_a_bystander(studio) -> None:
    file, folder, _, walk = studio
    opened = open_detections(file, folder, rate_hz=60)
    assert opened.views.xy.shape == (4, FRAMES, 2, 17, 2) and opened.rates_hz == pytest.approx((60,) * 4)
    people = follow_people(opened.views)
    assert len(people) == 2 and [p.frames for p in people] == [FRAMES, FRAMES]
    chosen = choose_person(people, opened.views)
    assert np.abs(chosen.places - np.median(walk, 1)).max() < 0.1 and chosen.moved_m > 0.5
    other = next(p for p in people if p is not chosen)
    assert choose_person(people, opened.views, str(other.id)) is other and other.moved_m < 0.1
    assert choose_person(people, opened.views, "centre") is chosen
    assert choose_person(people, opened.views, "largest") in people
    for wrong in ("7", "tallest"):
        with pytest.raises(InputError, match="choose"):
            choose_person(people, opened.views, wrong)
    mine = of_person(opened.views, chosen, people)
    found = measure_on_rig(load("triangulation"), mine, held_out=True)
    assert np.linalg.norm(found.joints.positions - walk, axis=-1).mean() < 0.01
    assert found.found_share > 0.99 and all(px is not None and px < 4 for px in found.reprojection_px.values())
    assert all(held is not None and held > found.reprojection_px[name] for name, held in found.held_out_px.items())
    assert 0 < found.bone_length_sd_mm < 15


def test_a_view_that_agrees_with_no_other_gives_the_detection_where_the_person_is(studio) -> None:
    file, folder, _, walk = studio
    views = open_detections(file, folder, rate_hz=60).views
    swapped = views.xy.copy()
    swapped[3, 30:50] = views.xy[3, 30:50][:, :, H36M_17.mirror]
    views = replace(views, xy=swapped)
    people = follow_people(views)
    mine = of_person(views, choose_person(people, views), people)
    assert (mine.confidence[3, :, 0] > 0).all()
    found = measure_on_rig(load("triangulation"), mine)
    assert np.linalg.norm(found.joints.positions - walk, axis=-1).mean() < 0.012


@pytest.mark.slow
def test_clocks_and_cameras_are_refined_on_the_person(studio) -> None:
    file, folder, cameras, _ = studio
    off = replace(cameras[2], rotation=matrix_of(np.array([0.0, 0.015, 0.01])) @ cameras[2].rotation)
    file.write_text(calibration_text(file, [*cameras[:2], off, cameras[3]]))
    views = open_detections(file, folder, rate_hz=60).views
    found = chosen_person(views, refine=True, sync=True)
    assert found.refined is not None and found.offsets_s is not None and np.abs(found.offsets_s).max() < 0.02
    assert found.refined.before.view_errors().max() > 8 > 4 > found.refined.after.view_errors().max()
    assert found.views.rig.cameras == found.refined.cameras


@pytest.mark.parametrize("asked", [{"refine": True}, {"sync": True}])
def test_refining_can_be_cancelled(studio, asked: dict[str, bool]) -> None:
    file, folder, _, _ = studio
    views = open_detections(file, folder, rate_hz=60).views

    def cancel() -> bool:
        return any(frame.f_code.co_name == "adjust" for frame, _ in walk_stack(None))

    with pytest.raises(Cancelled):
        chosen_person(views, cancel=cancel, **asked)


def test_names_of_cameras_and_files(tmp_path: Path) -> None:
    cameras = ring(3)

    def paths(*names: str) -> list[Path]:
        return [tmp_path / name for name in names]

    pairs, said = by_name(cameras, paths("CAM-3.json", "cam10.json", "take cam1 poses", "x_cam2_y.json"), tmp_path)
    assert [path.name for _, path in pairs] == ["take cam1 poses", "x_cam2_y.json", "CAM-3.json"] and said == []
    pairs, said = by_name(cameras, paths("a.json", "b.json", "c.json"), tmp_path)
    assert [path.name for _, path in pairs] == ["a.json", "b.json", "c.json"] and "taken in order" in said[0]
    pairs, said = by_name(cameras, paths("cam1.json", "cam3.json"), tmp_path)
    assert len(pairs) == 2 and said == ["No file for cam2: left out."]
    with pytest.raises(InputError, match="could be any of"):
        by_name(cameras, paths("cam1_a.json", "cam1_b.json", "cam2.json"), tmp_path)
    with pytest.raises(InputError, match="fit 1 of the cameras"):
        by_name(cameras, paths("cam1.json", "other.json"), tmp_path)


def test_slower_cameras_give_their_nearest_frames(studio) -> None:
    file, folder, _, _ = studio
    for name in ("cam2", "cam3"):
        found = json.loads((folder / f"{name}_mmpose.json").read_text())
        found["instance_info"] = found["instance_info"][::2]
        (folder / f"{name}_mmpose.json").write_text(json.dumps(found | {"fps": 60}))
    for name in ("cam1", "cam4"):
        found = json.loads((folder / f"{name}_mmpose.json").read_text())
        (folder / f"{name}_mmpose.json").write_text(json.dumps(found | {"fps": 60}))
    opened = open_detections(file, folder)
    assert opened.rates_hz == pytest.approx((60, 30, 30, 60)) and "Frame rates differ" in " ".join(opened.notes)
    assert opened.dropped == (0, 0, 0, 0)
    gaps = np.delete(opened.times[1], [4, 5, 9]) + 0.002 * np.sin(np.arange(len(opened.times[1]) - 3))
    times = (opened.times[0][:1], gaps, opened.times[2], opened.times[3][::2])
    assert replace(opened, times=times).dropped == (0, 3, 0, 0)
    assert len(opened.views) == 89
    found = measure_on_rig(load("triangulation"), chosen_person(opened.views).views)
    assert found.found_share > 0.99


@pytest.mark.slow
def test_the_command_writes_what_it_found(studio, tmp_path: Path) -> None:
    file, folder, _, walk = studio
    out, cameras_out = tmp_path / "o.json", tmp_path / "new.toml"
    args = ["rig", "--calibration", str(file), "--detections", str(folder), "--rate-hz", "60"]
    done = CliRunner().invoke(app, [*args, "--refine", "--held-out", "--json", str(out), "--out", str(cameras_out),
                                     "--motion", str(tmp_path / "walk.trc")])  # fmt: skip
    assert done.exit_code == 0, done.output
    moved = open_motion(tmp_path / f"{beside(Path('walk.trc'), 'triangulation')}")
    assert len(moved) == FRAMES and np.abs(as_h36m17(moved).positions[:, 0] - walk[:, 0]).max() < 0.1
    told = json.loads(out.read_text())
    assert [model["name"] for model in told["models"]] == [*OF_VIEWS]
    for model in told["models"]:
        assert set(model["reprojection_px"]) == {"cam1", "cam2", "cam3", "cam4"} == set(model["held_out_px"])
        assert {"found_share", "bone_length_sd_mm", "jitter_m_s3"} <= set(model)
    assert [view["file"] for view in told["views"]] == [f"cam{k}_mmpose.json" for k in (1, 2, 3, 4)]
    assert {"before_px", "after_px", "turned_deg"} <= set(told["views"][0])
    assert sum(each["chosen"] for each in told["people"]) == 1 and cameras_out.exists()
    for wrong, said in (
        (["--videos", str(folder)], "either --detections"),
        (["--person", "9"], "no person 9"),
        (["--motion", str(tmp_path / "walk.xyz")], "choose one of them"),
        (["--model", "hummuss_small"], "choose a model that does"),
    ):
        done = CliRunner().invoke(app, [*args, *wrong])
        assert done.exit_code == 2 and said in done.stderr, done.stderr


class Sees:
    """A detector that finds a bright square, whose corner is every joint."""

    name, skeleton = "square", H36M_17
    pictures = 0

    def detect(self, picture: np.ndarray, people: int = 1) -> list[Detection]:
        Sees.pictures += 1
        rows, columns = np.nonzero(picture[..., 1] > 128)
        corner = np.array([columns.min(), rows.min()], float)
        return [Detection(np.tile(corner, (17, 1)), np.linspace(0, 1, 17), 1.0, (0, 0, 1, 1))]

    def reset(self) -> None: ...


def test_a_video_is_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cv2 = pytest.importorskip("cv2")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    film = tmp_path / "cam1.avi"
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter_fourcc(*"MJPG"), 25, (160, 120))
    for k in range(12):
        picture = np.zeros((120, 160, 3), np.uint8)
        picture[16:32, 16 + 8 * k : 32 + 8 * k] = 255
        writer.write(picture)
    writer.release()
    monkeypatch.setattr("engine.detector.library.open_detector", lambda name, threads=1: Sees())
    found = people_in_video(film, "square", 2)
    assert found.xy.shape == (12, 2, 17, 2) and found.image_size == (160, 120)
    np.testing.assert_allclose(found.times, np.arange(12) / 25)
    footage = found.provenance.footage
    assert footage is not None and footage.path == film and footage.at(0.2) == pytest.approx(0.2)
    np.testing.assert_allclose(found.xy[:, 0, 3, 0], 16 + 8 * np.arange(12), atol=2)
    assert (found.confidence[:, 1] == 0).all() and (found.confidence[0, 0, :5] == 0).all() and Sees.pictures == 12
    again = people_in_video(film, "square", 2)
    assert Sees.pictures == 12 and again.xy.tobytes() == found.xy.tobytes()
    (kept,) = tmp_path.glob(".cam1.avi*.npz")
    kept.write_bytes(b"damaged")
    filmed_kept._LATEST.clear()
    assert people_in_video(film, "square", 2).xy.tobytes() == found.xy.tobytes()
    with pytest.raises(InputError, match="cannot be opened; choose another"):
        (tmp_path / "no.mp4").write_bytes(b"nothing")
        people_in_video(tmp_path / "no.mp4", "square")


RECORDING = Path(__file__).resolve().parents[4] / "shared" / "data" / "multiview" / "pose2sim_single"


@pytest.mark.skipif(not RECORDING.exists(), reason="the recording of four cameras is not here")
@pytest.mark.skipif("full" not in installed(), reason="the detector is not set up: kinestate detector setup")
@pytest.mark.slow
def test_the_real_recording_end_to_end(tmp_path: Path) -> None:
    out = tmp_path / "o.json"
    args = ["rig", "--calibration", str(RECORDING / "calibration"), "--videos", str(RECORDING / "videos"), "--refine"]
    done = CliRunner().invoke(app, [*args, "--held-out", "--json", str(out)])
    assert done.exit_code == 0, done.output
    told = json.loads(out.read_text())
    assert told["frames"] == 100 and [v["image_size"][0] for v in told["views"]] == [1080, 1080, 1088, 1088]
    assert max(v["before_px"] for v in told["views"]) > 12 > 9 > max(v["after_px"] for v in told["views"])
    chosen = next(each for each in told["people"] if each["chosen"])
    assert chosen["frames"] > 95 and chosen["moved_m"] > 0.4  # along the beam; who stands still behind does not
    for model in told["models"]:
        assert model["found_share"] > 0.98 and model["bone_length_sd_mm"] < 15
        assert max(model["reprojection_px"].values()) < 12 and max(model["held_out_px"].values()) < 20
