"""Live trackers, in their window: from a socket to the 3D view, the curves, files, and another program."""

from __future__ import annotations

import socket
from pathlib import Path

import numpy as np
import pytest
from live_fakes import free_port, listens, sending, swaying
from PySide6.QtWidgets import QFileDialog, QMessageBox
from tool_fakes import state_with

from app.dialogs.live_trackers import LiveTrackersWindow
from app.present.live import counts_of, line_of, look_ahead_of, state_of
from app.state.clip import LoadedClip, Reader
from app.state.results import Worn
from app.widgets.status import Status
from engine.experiment.loaded import load
from engine.experiment.session import load_session
from engine.experiment.settings import Experiment, InputSettings, LiveSource, ModelChoice
from engine.live.recording import read_recording
from engine.models.families import find_model
from engine.models.loading import load_model
from engine.motion.clip import MotionClip
from engine.motion.pose import Joints
from engine.motion.skeleton import H36M_17
from engine.observation.trial import Context

pytestmark = pytest.mark.slow

MODEL, BOTH = "ssd_poser_small_causal", "ssd_poser_small"


@pytest.fixture
def tool(open_tool, preferences):
    made = open_tool(LiveTrackersWindow, state_with(frames=10), load, preferences=preferences)
    made.models.choose([MODEL])
    made.listening.port.setValue(free_port())
    return made


def running(tool):
    return lambda: tool.run is not None and tool.run.state == "running"


def started(tool, qtbot) -> None:
    tool.bar.button.click()
    qtbot.waitUntil(running(tool), timeout=60_000)


def test_it_offers_models_of_trackers_and_listens_to_this_computer(tool):
    assert MODEL in tool.models.rows and "hummuss_small" not in tool.models.rows
    assert tool.listening.source().address == "127.0.0.1"
    assert tool.said.text() == "Stopped." and not tool.calibration.button.isEnabled()
    for name, row in tool.models.rows.items():
        assert row.badge.isHidden() == find_model(name).usable
    tool.models.choose([])
    assert not tool.bar.button.isEnabled()


def test_from_the_socket_to_the_view(tool, qtbot):
    tool.bar.button.click()
    assert not tool.listening.isEnabled()
    qtbot.waitUntil(running(tool), timeout=60_000)
    qtbot.waitUntil(lambda: "Listening on 127.0.0.1" in tool.said.text(), timeout=5_000)
    sending(swaying(90), tool.listening.port.value())
    qtbot.waitUntil(lambda: bool(tool.stage.views[0]), timeout=20_000)
    (track,) = tool.run.tracks
    qtbot.waitUntil(lambda: track.latency.count + track.dropped >= 90, timeout=20_000)
    qtbot.waitUntil(lambda: tool.stage._drawn == (track.latest,), timeout=5_000)
    body, trackers = tool.stage.views[0]
    assert np.array_equal(body.at(0.0).joints[0], track.latest.prediction.root[0])
    assert np.array_equal(trackers.at(0.0).positions, track.latest.observation.positions[0])
    qtbot.waitUntil(lambda: "Nobody sends" in tool.said.text(), timeout=5_000)
    for part in ("predictions a second", "p50", "p95", "dropped", "look-ahead 0 ms"):
        assert part in tool.models.rows[MODEL].said.text()
    assert "90 frames" in tool.counts.text() and "0 missing" in tool.counts.text()
    (curve,) = tool.curves.plot._curves
    assert curve.name == MODEL and np.isfinite(curve.values[-1]) and tool.curves.key == "jitter_m_s3"
    tool.bar.button.click()
    assert tool.run.state == "stopped" and not listens(tool.listening.port.value())
    assert tool.said.text() == "Stopped." and tool.listening.isEnabled()


def test_the_main_window_says_it_while_it_runs(tool, qtbot):
    status = Status(tool._state, lambda: 0.0)
    qtbot.addWidget(status)
    assert status.live.isHidden()
    started(tool, qtbot)
    qtbot.waitUntil(lambda: status.live.text() == "live, waiting", timeout=5_000)
    sending(swaying(60), tool.listening.port.value())
    qtbot.waitUntil(lambda: "Hz" in status.live.text() and "dropped" in status.live.text(), timeout=20_000)
    assert not status.live.isHidden()
    tool.bar.button.click()
    assert status.live.isHidden() and line_of(tool.run) == ""


def test_hands_as_seen_come_back_with_a_session(tool):
    tool.models.answer.click()
    seen = tool.experiment()
    assert seen.models == (ModelChoice(name=MODEL, hands="seen"),)
    tool.models.choose([])
    tool.show_experiment(seen)
    assert tool.experiment() == seen


def test_two_models_their_recordings_and_the_body_elsewhere(tool, qtbot, tmp_path):
    """The same frames; the one that looks both ways answers later."""
    tool.models.choose([MODEL, BOTH])
    tool.listening.look_ahead.setValue(50)
    assert "look-ahead 50 ms" in tool.models.rows[BOTH].said.text()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        other.settimeout(20)
        tool.outputs.port.setValue(other.getsockname()[1])
        tool.outputs.vmc.setChecked(True)
        tool.outputs.record.setChecked(True)
        started(tool, qtbot)
        sending(swaying(60), tool.listening.port.value())
        qtbot.waitUntil(lambda: len(tool.stage.views[0]) == 3, timeout=20_000)
        assert b"/VMC/Ext/Bone/Pos" in other.recv(65536)
    qtbot.waitUntil(lambda: "2 files in" in tool.said.text(), timeout=5_000)
    assert [track.look_ahead for track in tool.run.tracks] == [0, 3]
    tool.bar.button.click()
    files = sorted(Path(tool.outputs.folder.text()).glob("*.jsonl"))
    assert {read_recording(file).model for file in files} == {MODEL, BOTH}


def test_sliders_act_while_it_runs(tool, qtbot):
    started(tool, qtbot)
    sending(swaying(240), tool.listening.port.value())
    (track,) = tool.run.tracks
    qtbot.waitUntil(lambda: track.latest is not None, timeout=20_000)
    tool.stresses.sliders["lost_hands"].slider.setValue(tool.stresses.sliders["lost_hands"].slider.maximum())
    tool.stresses.rate.slider.setValue(4)
    qtbot.waitUntil(lambda: track.latest.lost == ("left hand", "right hand"), timeout=20_000)
    qtbot.waitUntil(lambda: track.latest.rate > 3.9, timeout=20_000)
    qtbot.waitUntil(lambda: "left out by stress" in tool.counts.text(), timeout=20_000)


def test_errors_against_the_clip_that_the_sender_plays(tool, qtbot):
    """The clip that is open is what the model itself makes of these trackers: no error, and a ghost in its place."""
    signals = swaying(120)
    poses = load_model(MODEL).forward(signals, 1.0, Context(1.7, body="kinestate"))
    from engine.kinds import as_joints

    joints: Joints = as_joints(poses, H36M_17)
    clip = LoadedClip("made.npz", Reader(), MotionClip("made", signals.times, joints.positions, H36M_17))
    tool._state.set_clip(clip)
    tool._state.set_worn(Worn(clip, poses))
    assert tool.known.text() == "The sender plays made"
    tool.known.setChecked(True)
    started(tool, qtbot)
    assert tool.curves.key == "mpjpe_mm"
    sending(signals, tool.listening.port.value(), speed=0.5)
    (track,) = tool.run.tracks
    qtbot.waitUntil(lambda: len(tool.stage.views[0]) == 3, timeout=20_000)
    assert [item.colour is None for item in tool.stage.views[0]] == [False, True, False]
    qtbot.waitUntil(lambda: track.latency.count + track.dropped >= 119, timeout=20_000)
    if not track.dropped:
        assert track.scores.means()["mpjpe_mm"] < 0.1
    assert np.isfinite(track.scores.means()["mpjpe_mm"])


def test_a_lost_tracker_and_a_calibration_that_saw_nobody_are_told(tool, qtbot):
    started(tool, qtbot)
    tool.calibration.button.click()
    assert "No tracker was heard of yet" in tool.calibration.said.text()
    signals = swaying(120)
    signals.valid[:, 2] = False
    sending(signals, tool.listening.port.value())
    qtbot.waitUntil(lambda: tool.said.text() == "Right hand lost, bridged.", timeout=20_000)


def test_a_port_that_is_taken_is_told(tool, qtbot):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        tool.listening.port.setValue(other.getsockname()[1])
        tool.bar.button.click()
        qtbot.waitUntil(lambda: "is in use by another program" in tool.said.text(), timeout=60_000)
        assert not tool.bar.running


def test_a_folder_that_cannot_be_made_is_told(tool, qtbot, tmp_path):
    (tmp_path / "file").write_text("")
    tool.outputs.folder.setText(str(tmp_path / "file" / "live"))
    tool.outputs.record.setChecked(True)
    tool.bar.button.click()
    qtbot.waitUntil(lambda: "cannot be made" in tool.bar.note.text(), timeout=60_000)
    assert not tool.bar.running


def test_closing_it_stops_it(tool, qtbot):
    started(tool, qtbot)
    tool.close()
    assert tool.run.state == "stopped" and not listens(tool.listening.port.value())


CHOSEN = Experiment(
    source=LiveSource(address="0.0.0.0", port=4000, left="a", right="b", look_ahead_ms=150),
    input=InputSettings(subsample=2, levels={"drop": 0.2, "lost_hands": 0.1}, seed=4),
    models=(ModelChoice(name=BOTH),),
    height_m=1.82,
)


def test_what_was_chosen_is_remembered(tool, open_tool, preferences):
    tool.show_experiment(CHOSEN)
    tool.outputs.record.setChecked(True)
    tool.outputs.port.setValue(4001)
    tool.close()
    again = open_tool(LiveTrackersWindow, state_with(frames=10), load, preferences=preferences)
    assert again.experiment() == CHOSEN
    assert again.outputs.outputs() == tool.outputs.outputs()
    assert again.run is None
    preferences.set_text("live", '{"experiment": 1}')
    fresh = open_tool(LiveTrackersWindow, state_with(frames=10), load, preferences=preferences)
    assert fresh.experiment().live == LiveSource()


def test_it_is_saved_as_a_session(tool, tmp_path, preferences):
    tool.show_experiment(CHOSEN)
    tool.save(tmp_path / "s.json")
    assert preferences.recent == [str(tmp_path / "s.json")]
    assert load_session(tmp_path / "s.json").experiment == CHOSEN
    assert "Saved s.json" in tool.said.text()
    (tmp_path / "no").touch()  # no folder can be made there
    tool.save(tmp_path / "no" / "s.json")
    assert "cannot be written" in tool._state.results.message.text


def test_a_session_is_not_written_over_unasked(tool, tmp_path, monkeypatch):
    (tmp_path / "s.json").write_text("kept", encoding="utf-8")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "s"), "Sessions (*.json)"))
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.No)
    tool.keep.click()
    assert (tmp_path / "s.json").read_text(encoding="utf-8") == "kept"
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Yes)
    tool.keep.click()
    assert load_session(tmp_path / "s.json").experiment == tool.experiment()


def test_words():
    assert (state_of(None), counts_of(None), line_of(None)) == ("Stopped.", "", "")
    causal, both = (find_model(name).bare_card for name in (MODEL, BOTH))
    assert look_ahead_of(causal, 200.0) == "causal: answers the newest frame, look-ahead 0 ms"
    assert look_ahead_of(both, 200.0) == "runs its latest window for each frame, look-ahead 200 ms"
