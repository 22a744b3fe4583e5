"""The live camera's window, on a painted clip with a detector that fails on purpose, in its own process."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import av
import numpy as np
import pytest
from live_detector_fakes import Wooden, not_set_up
from tool_fakes import state_with

import app.workers.live
from app.dialogs.live_camera import LiveCameraWindow
from app.present.reprojection import reprojected
from engine.data.formats.live_recording import VIDEO, lines_of
from engine.experiment.loaded import load
from engine.experiment.rate import RatePolicy
from engine.experiment.session import load_session
from engine.experiment.settings import CameraSource, Experiment, InputSettings, ModelChoice
from engine.live.recording import read_recording
from engine.live.video_recorder import VideoRecorder
from engine.models.defaults import LIVE
from engine.motion.pose import ClassScores, Joints
from engine.motion.skeleton import H36M_17
from engine.observation.assumed_camera import default_camera
from engine.observation.keypoints import Keypoints2D
from engine.observation.vertical import turn_of, up_of

pytestmark = pytest.mark.slow
ACTION = "hummuss_action_small_causal"


@pytest.fixture
def wishes(tmp_path, monkeypatch) -> Path:
    """Where files say what the detector does next."""
    folder = tmp_path / "wishes"
    folder.mkdir()
    monkeypatch.setattr(app.workers.live, "open_detector", lambda name: None)
    monkeypatch.setattr(app.workers.live, "partial", lambda opening, name: partial(Wooden, folder))
    return folder


@pytest.fixture
def tool(open_tool, preferences):
    made = open_tool(LiveCameraWindow, state_with(frames=10), load, preferences=preferences)
    made.camera.where.setCurrentText("synthetic:walk")
    made.show()
    return made


def watched(tool, qtbot) -> None:
    tool.bar.button.click()
    qtbot.waitUntil(lambda: tool.feed is not None and tool.feed.latest is not None, timeout=90_000)


def test_it_offers_trained_models_of_keypoints(tool):
    assert LIVE in tool.models.rows and "ssd_poser_small" not in tool.models.rows
    assert [choice.name for choice in tool.models.chosen] == [LIVE]
    assert all(row.entry.trained for row in tool.models.rows.values())
    assert any(text.startswith("synthetic:") for text in map(tool.camera.where.itemText, range(20)))


def test_from_the_camera_to_the_view(tool, qtbot, wishes):
    watched(tool, qtbot)
    (track,) = tool.run.tracks
    qtbot.waitUntil(lambda: track.latency.count > 5 and bool(tool.stage.views[0]), timeout=20_000)
    person, truth = tool.stage.views[0]
    assert person.colour is not None and truth.colour is None and tool.curves.key == "mpjpe_mm"
    qtbot.waitUntil(lambda: len(tool.picture._overlays) == 2, timeout=5_000)
    found, predicted = tool.picture._overlays
    assert found.colour is None and predicted.colour is not None and predicted.xy.shape == (17, 2)
    qtbot.waitUntil(lambda: "detector" in tool.counts.text() and "p95" in tool.counts.text(), timeout=5_000)
    assert tool.said.text() == "Running."
    (wishes / "nobody").touch()
    qtbot.waitUntil(lambda: tool.feed.observer.found < tool.feed.observer.frames, timeout=5_000)
    tool.bar.button.click()
    assert tool.run.state == "stopped" and tool.feed.detector.pid is None and tool.camera.isEnabled()


def test_a_detector_that_hangs_is_started_again_and_told(tool, qtbot, wishes):
    watched(tool, qtbot)
    (wishes / "hang").touch()
    qtbot.waitUntil(lambda: "it was started again" in tool.said.text(), timeout=20_000)
    qtbot.waitUntil(lambda: tool.said.text() == "Running.", timeout=60_000)
    assert tool.feed.detector.restarts == 1 and tool.bar.running


def test_a_detector_that_is_not_set_up_is_told_with_the_remedy(tool, qtbot, monkeypatch):
    monkeypatch.setattr(app.workers.live, "partial", lambda opening, name: not_set_up)
    tool.bar.button.click()
    qtbot.waitUntil(lambda: "kinestate detector setup" in tool.said.text(), timeout=90_000)
    assert not tool.bar.running


def test_rate_and_delta_act_while_it_runs(tool, qtbot, wishes):
    watched(tool, qtbot)
    (track,) = tool.run.tracks
    tool.stresses.rate.slider.setValue(4)
    qtbot.waitUntil(lambda: track.latest is not None and track.latest.rate > 7, timeout=30_000)
    tool.delta.mode.buttons["trained"].click()
    qtbot.waitUntil(lambda: track.latest.rate == 1, timeout=30_000)
    tool.delta.slider.slider.setValue(tool.delta.slider.slider.maximum())
    qtbot.waitUntil(lambda: track.latest.rate == tool.delta.policy().factor > 1, timeout=30_000)


def test_two_models_a_label_and_the_recordings(tool, qtbot, wishes):
    tool.models.choose([LIVE, ACTION], other_answer=True)
    tool.outputs.record.setChecked(True)
    watched(tool, qtbot)
    qtbot.waitUntil(lambda: all(track.latency.count > 5 for track in tool.run.tracks), timeout=30_000)
    qtbot.waitUntil(lambda: "%" in tool.picture._title, timeout=5_000)
    tool.bar.button.click()
    recorded = [read_recording(file) for file in Path(tool.outputs.folder.text()).glob("*.jsonl")]
    assert {(each.model, each.flip) for each in recorded} == {(LIVE, True), (ACTION, False)}


def test_flip_averaging_is_of_those_that_lift_and_comes_back_with_a_session(tool):
    assert tool.models.answer.text() == "Flip averaged" and tool.experiment().models == (ModelChoice(name=LIVE),)
    tool.models.choose([LIVE, ACTION])
    tool.models.answer.click()
    flipped = tool.experiment()
    assert set(flipped.models) == {ModelChoice(name=LIVE, flip=True), ModelChoice(name=ACTION)}
    tool.models.choose([LIVE])
    tool.show_experiment(flipped)
    assert tool.models.answer.isChecked() and tool.experiment() == flipped


def test_the_video_beside_the_recording_sizes_and_a_full_disk(tool, qtbot, wishes, monkeypatch):
    assert not tool.outputs.video.isChecked() and not tool.outputs.video.isEnabled()
    tool.outputs.record.setChecked(True)
    tool.outputs.video.setChecked(True)
    watched(tool, qtbot)
    (track,) = tool.run.tracks
    qtbot.waitUntil(lambda: track.latency.count > 5 and track.latest.time > 1.0, timeout=30_000)
    qtbot.waitUntil(lambda: " MB + " in tool.said.text() and " left." in tool.said.text(), timeout=5_000)
    assert "2 files in" in tool.said.text() and min(tool._started.written.sizes) > 0

    def full(self, frame):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(VideoRecorder, "_write", full)
    qtbot.waitUntil(lambda: "camera.mkv: file takes no more; make room." in tool.said.text(), timeout=5_000)
    before = track.latency.count
    qtbot.waitUntil(lambda: track.latency.count > before + 5, timeout=20_000)
    assert tool.bar.running and track.recording_lost is None
    tool.bar.button.click()
    (file,), (video,) = (list(Path(tool.outputs.folder.text()).glob(kind)) for kind in ("*.jsonl", "*.mkv"))
    assert lines_of(file).head[VIDEO] == video.name and len(read_recording(file).segments[0].rates) > 10
    with av.open(str(video)) as container:
        assert sum(1 for _ in container.decode(video=0)) > 15


CHOSEN = Experiment(
    source=CameraSource(
        where="clip.mp4",
        detector="lite",
        people=2,
        size=(1280, 720),
        look_ahead_ms=100,
        camera_pitch=12,
        camera_height=1.5,
        foot_lock=True,
    ),
    input=InputSettings(subsample=3, seed=4),
    rate=RatePolicy(mode="trained"),
    models=(ModelChoice(name=ACTION),),
    height_m=1.82,
)


def test_what_was_chosen_is_remembered_and_saved(tool, open_tool, preferences, tmp_path):
    tool.show_experiment(CHOSEN)
    assert tool.experiment() == CHOSEN
    tool.save(tmp_path / "s.json")
    assert load_session(tmp_path / "s.json").experiment == CHOSEN
    tool.outputs.video.setChecked(True)
    tool.close()
    again = open_tool(LiveCameraWindow, state_with(frames=10), load, preferences=preferences)
    assert again.experiment() == CHOSEN and again.outputs.outputs() == tool.outputs.outputs()


@pytest.mark.parametrize("known", [True, False])
def test_a_right_prediction_lies_on_the_keypoints(known):
    rng = np.random.default_rng(0)
    camera = default_camera((640, 480))
    person = rng.normal(0, 0.4, (1, 17, 3)) + [0.3, 4.0, 0.2]
    xy, _ = camera.project(person)
    seen = Keypoints2D("", np.zeros(1), xy, np.ones((1, 17)), H36M_17, (640, 480), camera if known else None)
    elsewhere = Joints(np.zeros(1), person + [5.0, -3.0, 1.0], H36M_17)
    np.testing.assert_allclose(reprojected(elsewhere, seen), xy[0], atol=1e-6)
    level = (person - person[:, :1]) @ camera.rotation.T
    inside = Joints(np.zeros(1), level, H36M_17, frame="camera", rooted=False)
    np.testing.assert_allclose(reprojected(inside, seen), xy[0], atol=1e-6)
    if not known:
        turn = turn_of(up_of(0.3, -0.1))
        tilted = Joints(np.zeros(1), level @ turn.T + [1.0, 0.0, 1.0], H36M_17)
        np.testing.assert_allclose(reprojected(tilted, seen, replace(camera, rotation=turn.T)), xy[0], atol=1e-6)
    scores = ClassScores(np.zeros(1), ("a", "b"), np.array([[0.2, 0.8]]))
    assert reprojected(scores, seen) is None
