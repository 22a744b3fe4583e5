"""`kinestate live` on several cameras."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from camera_fakes import write_video
from live_detector_fakes import KnowsTruth
from typer.testing import CliRunner

from engine.cameras.files import calibration_text, read_calibration
from engine.cli import live_rig
from engine.cli.app import app
from engine.detector.library import installed
from engine.experiment.session import save_session
from engine.experiment.settings import CameraSource, Experiment, ModelChoice, Viewpoint, VirtualRig
from engine.live.feeds.cameras.opening import CameraOptions, open_camera
from engine.models.defaults import OF_VIEWS
from engine.motion.skeleton import H36M_17
from engine.observation.virtual_rig import virtual_rig
from engine.rig_cameras import _matched

pytestmark = pytest.mark.slow

REAL = Path(__file__).parents[4] / "shared/data/multiview/pose2sim_single"
STILL = np.broadcast_to(np.linspace([50, 20], [60, 90], 17), (1, 17, 2))


@pytest.fixture
def kinestate(monkeypatch):
    """The command line, whose detectors see somebody in the middle of every picture."""
    monkeypatch.setattr(live_rig, "opening_of", lambda name: partial(KnowsTruth, STILL))
    return lambda *args: CliRunner().invoke(app, ["live", *map(str, args)], catch_exceptions=False)


@pytest.fixture
def calibration(tmp_path) -> Path:
    rig = virtual_rig(np.zeros((1, 17, 3)) + [0, 0, 1], 3)
    (tmp_path / "rig.json").write_text(calibration_text(tmp_path / "rig.json", tuple(rig)))
    return tmp_path / "rig.json"


def test_files_played_as_cameras(kinestate, calibration, tmp_path) -> None:
    """Each of the files that are named after cameras, at half the rate that they have; they end the run."""
    folder = tmp_path / "films"
    folder.mkdir()
    for name in ("camera 1", "camera 2", "camera 3"):
        write_video(folder / f"{name}.mp4", np.arange(40) / 20)
    done = kinestate(
        "--feed", folder, "--calibration", calibration, "--hz", 10, "--seconds", 60, "--model", "triangulation",
        "--json", tmp_path / "o.json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "o.json").read_text())
    assert [view["name"] for view in found["views"]] == ["camera 1", "camera 2", "camera 3"]
    for view in found["views"]:
        assert view["source_hz"] == pytest.approx(10, rel=0.01) and view["skew_ms"] == pytest.approx(0, abs=0.5)
        assert view["frames"] == 20 and view["image_size"] == [128, 96]
        assert (
            0 < view["processed_hz"] < 20
        )  # of 40 pictures; by the clock, on which a detector that began late catches up
        assert set(view["dropped"]) == {"camera", "detector busy", "detector failed"} and view["detector_restarts"] == 0
    assert found["moments"] >= found["given"] and set(found["latency_ms"]) == {"views", "model", "total"}
    assert [model["name"] for model in found["models"]] == ["triangulation"]
    assert any("its pictures are 128 x 96" in note for note in found["notes"])


def test_a_painted_clip_and_the_real_models(kinestate, tmp_path, monkeypatch) -> None:
    done = kinestate("--feed", "synthetic:wave", "--rig", "ring:3", "--size", "96x72", "--hz", 10, "--seconds", 1.5,
                     "--drop", 0.2, "--blind-camera", 0.3, "--one-euro", "3,20",
                     "--json", tmp_path / "o.json")  # fmt: skip
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "o.json").read_text())
    assert [model["name"] for model in found["models"]] == [*OF_VIEWS]
    assert len(found["views"]) == 3 and found["height_m"] == pytest.approx(1.7, abs=0.2)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--rig", "ring:3"), "Several cameras need --feed: a folder of videos, A,B,C,D"),
        (("--feed", "osc", "--rig", "ring:3"), "Several cameras need --feed"),
        (("--feed", "synthetic:walk", "--rig", "ring"), "--rig 'ring' cannot be read"),
        (("--feed", "synthetic:walk", "--rig", "ring:3", "--exact"), "`kinestate rig` takes every picture of several"),
        (("--feed", "synthetic:walk", "--rig", "ring:3", "--one-euro", "3"), "--one-euro '3' cannot be read"),
        (("--feed", "http://a/1,http://a/2", "--rig", "ring:2"), "--rig is of a painted clip; give --calibration"),
        (("--feed", "synthetic:walk", "--calibration", "CALIBRATION"), "give --rig ring:4, no --calibration"),
        (("--feed", "http://a/1,http://a/2", "--calibration", "CALIBRATION"),
         "cameras are camera 1, camera 2, camera 3, and the feeds are 2; give one for each"),
        (("--feed", "FOLDER", "--calibration", "CALIBRATION"), "files fit 0 of the cameras camera 1, camera 2"),
        (("--feed", "FOLDER", "--calibration", "nowhere.toml"), "nowhere.toml"),
        (("--feed", "synthetic:walk", "--rig", "ring:3", "--model", "hummuss_small_causal"),
         "hummuss_small_causal observes keypoints, which this feed does not give"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_sentence(kinestate, calibration, tmp_path, given, said) -> None:
    named = {"CALIBRATION": calibration, "FOLDER": tmp_path}
    done = kinestate(*(named.get(word, word) for word in given))
    assert done.exit_code == 2 and said in " ".join(done.stderr.split()), done.output


def test_feeds_are_given_to_cameras_in_order_and_files_by_their_names(tmp_path, calibration) -> None:
    cameras = read_calibration(calibration).cameras
    for name in ("b camera 1", "a camera 2"):
        write_video(tmp_path / f"{name}.mp4", [0.0, 0.1])
    files = [str(tmp_path / f"{name}.mp4") for name in ("a camera 2", "b camera 1")]
    matched, feeds, said = _matched(cameras, ", ".join(files), calibration)
    assert [camera.name for camera in matched] == ["camera 1", "camera 2"] and feeds == files[::-1]
    assert said == ["No file for camera 3: left out."]
    feeds = ["camera:Front", "http://b/", "rtsp://c/"]
    assert _matched(cameras, ",".join(feeds), calibration) == (cameras, feeds, [])


def test_pictures_of_several_cameras_in_one_folder_are_feeds(tmp_path, calibration) -> None:
    """As Campus has them, beside whatever else lies there."""

    (tmp_path / "notes").mkdir()
    for camera in (1, 2):
        for number in range(3):
            cv2.imwrite(str(tmp_path / f"camera{camera}-{number:05d}.png"), np.zeros((8, 8, 3), np.uint8))
    _, feeds, _ = _matched(read_calibration(calibration).cameras, str(tmp_path), calibration)
    assert feeds == [str(tmp_path / f"camera{camera}-*.png") for camera in (1, 2)]
    source = open_camera(feeds[1], CameraOptions(exact=True), pytest.fail).source
    source.open()
    assert sum(len(frames) for frames in iter(lambda: source.read(1.0), None)) == 3


@pytest.mark.skipif("lite" not in installed(), reason="the detector is not set up: kinestate detector setup")
@pytest.mark.skipif(not REAL.is_dir(), reason="the recording of four cameras is not there")
def test_the_recording_of_four_cameras_and_the_one_who_stands_in_two_of_them(tmp_path) -> None:
    """The person on the beam is followed in all four; how often they are looked at, the machine says."""
    done = CliRunner().invoke(
        app,
        ["live", "--feed", str(REAL / "videos"), "--calibration", str(REAL / "calibration"), "--hz", "15", "--model",
         "triangulation", "--json", str(tmp_path / "o.json")],
        catch_exceptions=False,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "o.json").read_text())
    views, (model,) = found["views"], found["models"]
    assert [view["name"] for view in views] == ["cam01", "cam02", "cam03", "cam04"]
    assert [view["image_size"] for view in views] == [[1080, 1920]] * 2 + [[1088, 1920]] * 2
    assert found["given"] > 0 and sum(view["found_share"] for view in views) > 2
    assert all(view["source_hz"] == pytest.approx(15, rel=0.01) for view in views)
    errors = [view["reprojection_px"] for view in views if view["reprojection_px"] is not None]
    assert len(errors) >= 2 and np.median(errors) < 40
    positions = np.array(model["positions"])
    assert positions.shape[1:] == (len(H36M_17), 3) and np.abs(positions[:, 0, 1]).max() < 0.6  # along the beam


def test_a_session_of_several_cameras_runs(monkeypatch, tmp_path) -> None:
    """With what it was saved with: its rig, its model, its detector."""
    opened = []
    monkeypatch.setattr(live_rig, "opening_of", lambda name: opened.append(name) or partial(KnowsTruth, STILL))
    source = CameraSource(where="synthetic:wave", several=True, detector="heavy", size=(96, 72), hz=10)
    experiment = Experiment(
        source=source, viewpoint=Viewpoint(rig=VirtualRig(views=3)), models=(ModelChoice(name="triangulation"),)
    )
    save_session(experiment, tmp_path / "s.json")
    done = CliRunner().invoke(
        app,
        ["live", "--session", str(tmp_path / "s.json"), "--seconds", "1", "--json", str(tmp_path / "o.json")],
        catch_exceptions=False,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "o.json").read_text())
    assert len(found["views"]) == 3 and [model["name"] for model in found["models"]] == ["triangulation"]
    assert opened == ["heavy"]
