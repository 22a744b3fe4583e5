"""The window as a whole: sliders to results, keyboard, files, sessions, curves."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest
from live_fakes import free_port, listens
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from window_fakes import (
    FIRST,
    SECOND,
    Models,
    answered,
    clip_file,
    loop_frames,
    play_frames,
    settle,
    window_on,
)

from app.commands.file import export_curves, open_path, save_session
from app.commands.view import camera_from_view
from engine.experiment.rate import RatePolicy
from engine.experiment.run import run
from engine.experiment.session import save_session as write_session
from engine.experiment.settings import CameraSource, Experiment, LiveSource, ModelChoice

GOOD_RATE = 4


@pytest.fixture
def wait(qtbot, window):
    """Wait for results that answer the present settings."""

    def wait_for_results():
        qtbot.waitUntil(lambda: answered(window.state), timeout=10_000)
        settle()

    return wait_for_results


def drop(window, path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(path)])
    everything = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(QPoint(50, 50), *everything)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(50, 50), *everything))


# -- the experiment -----------------------------------------------------------------------------------------


def test_the_first_results_are_the_experiments(window, models):
    state = window.state
    expected = run(state.document.experiment(), recording=state.document.clip.motion, models=models.of)
    got = state.results.shown.results.models[0]
    assert got.name == FIRST
    for key, value in expected.models[0].summary.items():
        if key != "ms_per_frame":
            assert got.summary[key] == pytest.approx(value, rel=1e-12, nan_ok=True), key
    assert np.array_equal(got.placed.positions, expected.models[0].placed.positions)


def test_every_slider_reaches_the_results_and_the_numbers_stay_the_experiments(window, models, wait):
    p = window.properties
    p.rate.slider.setValue(GOOD_RATE)
    p.stresses["noise_px"].slider.setValue(6)
    p.stresses["mask"].slider.setValue(20)
    wait()
    state = window.state
    given = state.results.shown.results
    assert given.input_hz == pytest.approx(60 / GOOD_RATE)
    assert given.frames == 30
    seen_before, seen = given.clean.confidence > 0, given.kept.confidence > 0
    assert 0.1 < 1 - seen.sum() / seen_before.sum() < 0.3
    assert np.std((given.kept.xy - given.clean.xy)[seen]) == pytest.approx(3.0, rel=0.1)
    expected = (
        run(state.document.experiment(), recording=state.document.clip.motion, models=models.of).models[0].summary
    )
    shown = {key: value for key, value in given.models[0].summary.items() if key != "ms_per_frame"}
    assert shown == pytest.approx({key: expected[key] for key in shown}, rel=1e-12)


def test_delta_follows_the_rate_or_the_hand(window, models, wait):
    p = window.properties
    p.rate.slider.setValue(4)
    wait()
    assert models[FIRST].rates[-1] == pytest.approx(4.0)
    assert p.delta.value_label.text() == "×4.00"
    p.mode.buttons["trained"].click()
    wait()
    assert models[FIRST].rates[-1] == 1.0
    p.delta.slider.setValue(24)
    wait()
    assert window.state.results.shown.results.models[0].delta == pytest.approx(4.0)
    assert window.state.document.settings.rate.mode == "factor"
    assert p.mode.buttons["factor"].isChecked()


def test_models_run_off_the_gui_thread(window, models, wait):
    models[FIRST].threads.clear()
    window.properties.stresses["noise_px"].slider.setValue(3)
    wait()
    assert models[FIRST].threads
    assert threading.get_ident() not in models[FIRST].threads


def test_a_dragged_slider_runs_the_newest_value_only(window, models, wait, qtbot):
    before = len(models[FIRST].rates)
    models.gate.clear()
    for step in range(1, 41):
        window.properties.stresses["noise_px"].slider.setValue(step)
        qtbot.wait(1)
    models.gate.set()
    wait()
    assert window.state.results.shown.settings.input.level("noise_px") == 20.0
    assert len(models[FIRST].rates) - before <= 2  # the one that had begun, and the last


def test_switching_a_model_off_and_on_again_does_not_run_it_again(window, models, wait):
    state = window.state
    state.document.add_model(ModelChoice(name=SECOND))
    wait()
    before = len(models[FIRST].rates)
    window.models.rows[1].check.click()
    wait()
    assert [m.name for m in state.results.shown.results.models] == [FIRST]
    window.models.rows[1].check.click()
    wait()
    assert [m.name for m in state.results.shown.results.models] == [FIRST, SECOND]
    assert len(models[FIRST].rates) == before
    assert len(models[SECOND].rates) == 1


def test_one_model_twice_with_its_own_delta(window, models, wait, qtbot):
    state = window.state
    state.document.edit_input(subsample=4)
    state.document.add_model(ModelChoice(name=FIRST, rate=RatePolicy(mode="trained")))
    wait()
    auto, trained = state.results.shown.results.models
    assert (auto.delta, trained.delta) == (pytest.approx(4.0), 1.0)
    assert auto.summary["mpjpe_mm"] != trained.summary["mpjpe_mm"]
    qtbot.waitUntil(lambda: len(window.plots.error._curves) == 2, timeout=2000)


def test_undo_brings_controls_and_results_back(window, wait):
    first = window.state.results.shown.results.models[0].summary["mpjpe_mm"]
    window.properties.rate.slider.setValue(8)
    wait()
    assert window.state.results.shown.results.models[0].summary["mpjpe_mm"] != first
    window.actions_["undo"].trigger()
    wait()
    assert window.properties.rate.slider.value() == 1
    assert window.state.results.shown.results.models[0].summary["mpjpe_mm"] == first
    window.actions_["redo"].trigger()
    assert window.properties.rate.slider.value() == 8


def test_a_failing_run_is_said_and_the_results_stay(window, qtbot):
    before = window.state.results.shown
    camera = window.stage.viewport.camera()
    from dataclasses import replace

    from engine.experiment.settings import CameraSettings

    away = replace(camera, rotation=np.diag([-1.0, 1.0, -1.0]) @ camera.rotation)  # looks the other way
    window.state.document.set_camera(CameraSettings.of(away))
    qtbot.waitUntil(lambda: window.state.results.message is not None, timeout=10_000)
    assert "sees nothing" in window.state.results.message.text
    assert window.state.results.shown is before


def test_the_view_can_be_the_models_camera(window, wait):
    window.stage.viewport.set_preset("side")
    camera_from_view(window.desk)
    wait()
    assert window.state.results.shown.results.camera.name == "view"
    assert window.clip_card.camera.currentText() == "this 3D view"


# -- what is shown ------------------------------------------------------------------------------------------


def test_the_prediction_is_held_between_kept_frames_and_the_truth_is_not(window, wait):
    window.state.view.figure = "skeleton"
    window.state.document.edit_input(subsample=4)
    wait()
    truth, model = window.stage.viewport.views[0]
    times = window.state.document.clip.times
    assert np.array_equal(model.at(times[4]), model.at(times[7]))
    assert not np.array_equal(model.at(times[7]), model.at(times[8]))
    assert not np.array_equal(truth.at(times[4]), truth.at(times[5]))
    assert (len(model.times), len(truth.times)) == (30, 120)


def test_people_can_stand_side_by_side(window):
    window.state.view.figure = "skeleton"
    truth, model = window.stage.viewport.views[0]
    window.actions_["apart"].trigger()
    truth_apart, model_apart = window.stage.viewport.views[0]
    for seconds in window.state.document.clip.times[[0, 40, 119]]:
        gap = (model_apart.at(seconds) - model.at(seconds)) - (truth_apart.at(seconds) - truth.at(seconds))
        assert np.linalg.norm(gap, axis=-1) == pytest.approx(0.9, abs=1e-5)
    window.actions_["apart"].trigger()
    assert np.array_equal(window.stage.viewport.views[0][0].at(0.0), truth.at(0.0))


def test_results_with_another_number_of_models_while_it_plays(window, wait, qtbot):
    window.state.moment.set_playing(True)
    window.state.document.add_model(ModelChoice(name=SECOND))
    wait()
    qtbot.wait(60)
    assert window.numbers.tables["models"].model().rowCount() == 3
    window.state.document.remove_model(0)
    wait()
    qtbot.wait(60)
    assert window.numbers.tables["models"].model().rowCount() == 2


def test_a_click_on_a_curve_goes_there(window, qtbot):
    state, plot = window.state, window.plots.error.plot
    state.moment.set_playing(False)
    box = plot.getPlotItem().getViewBox()
    qtbot.waitUntil(lambda: box.viewRange()[0][1] > 1.9, timeout=5000)
    at = plot.mapFromScene(box.mapViewToScene(QPointF(1.2, box.viewRange()[1][1] / 2)))
    qtbot.mouseMove(plot.viewport(), at)
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=at)
    pixel = 2.0 / box.width()
    assert abs(state.document.clip.times[state.moment.frame] - 1.2) <= pixel + 1 / 60
    qtbot.waitUntil(lambda: abs(window.plots.error.cursor_line.value() - 1.2) < 0.03, timeout=2000)


def test_the_seek_bar_seeks_and_its_brackets_set_the_loop(window, qtbot):
    state, bar = window.state, window.timeline.bar
    state.moment.set_playing(False)
    y = bar.height() // 2
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=QPoint(round(bar._x(1.0)), 8))
    assert abs(state.moment.frame - 60) <= 1
    qtbot.mousePress(bar, Qt.MouseButton.LeftButton, pos=QPoint(round(bar._x(bar._loop[1])) + 3, y))
    qtbot.mouseMove(bar, QPoint(round(bar._x(1.5)), y))
    qtbot.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=QPoint(round(bar._x(1.5)), y))
    first, last = loop_frames(state.moment)
    assert first == 0
    assert abs(last - 90) <= 1


def test_a_joint_can_be_looked_at_alone(window, qtbot):
    window.state.view.selection = 3
    qtbot.waitUntil(lambda: "right ankle" in window.plots.error.title.text(), timeout=2000)
    curve = window.plots.error._curves[0]
    assert np.array_equal(curve.values, window.state.results.shown.results.models[0].over_time("mpjpe_mm", 3))
    window.actions_["cancel"].trigger()
    assert window.state.view.selection is None


def test_the_status_line_names_the_rates(window, wait):
    window.state.document.edit_input(subsample=4)
    wait()
    assert window.status.source.text() == "source 60 Hz"
    assert window.status.model.text() == "model 15 Hz"
    assert window.status.inference.text().endswith("ms/frame")
    assert window.status.promise.text() == "exact"
    window.state.document.set_level("drop", 0.25)
    assert window.status.model.text() == "model 11.25 Hz on average"
    wait()
    gaps = window.state.results.shown.results.frames - 1
    assert gaps / (29 / 15) == pytest.approx(11.25, rel=0.02)  # in the 29 frame periods of the input


def test_the_device_says_what_evaluates_the_state_spaces(window, wait, monkeypatch):
    window.state.document.edit_input(subsample=4)
    wait()
    assert window.status.device.toolTip().splitlines()[1].startswith("Selective scan on CPU: ")
    monkeypatch.setenv("KINESTATE_KERNELS", "fast")
    window.status.refresh()
    assert "KINESTATE_KERNELS: fast is unknown" in window.status.device.toolTip()


def test_an_untrained_model_says_so(window):
    from engine.models.families import find_model

    for row, slot in zip(window.models.rows, window.state.document.settings.slots, strict=True):
        assert row.badge.isVisible() is not find_model(slot.choice.name).card.trained


# -- keyboard -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "modifier", "frame"),
    [
        (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier, 51),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.NoModifier, 49),
        (Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier, 60),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier, 40),
        (Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier, 110),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier, 0),
        (Qt.Key.Key_Home, Qt.KeyboardModifier.NoModifier, 0),
        (Qt.Key.Key_End, Qt.KeyboardModifier.NoModifier, 119),
    ],
)
def test_keys_move_in_time(window, qtbot, key, modifier, frame):
    window.state.moment.set_playing(False)
    window.state.moment.set_frame(50)
    qtbot.keyClick(window, key, modifier)
    assert window.state.moment.frame == frame


def test_space_plays_and_steps_pause(window, qtbot):
    window.state.moment.set_playing(False)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert window.state.moment.playing
    frame = window.state.moment.frame
    qtbot.waitUntil(lambda: window.state.moment.frame != frame, timeout=3000)
    qtbot.keyClick(window, Qt.Key.Key_Right)
    assert not window.state.moment.playing


def test_brackets_set_the_loop(window, qtbot):
    window.state.moment.set_playing(False)
    window.state.moment.set_frame(30)
    qtbot.keyClick(window, "[")
    window.state.moment.set_frame(80)
    qtbot.keyClick(window, "]")
    assert loop_frames(window.state.moment) == (30, 80)
    qtbot.keyClick(window, Qt.Key.Key_Backslash)
    assert loop_frames(window.state.moment) == (0, 119)


def test_m_goes_along_the_worst_frames(window, qtbot):
    state = window.state
    error = state.results.shown.results.models[0].over_time("mpjpe_mm")
    state.moment.set_frame(60)
    qtbot.keyClick(window, "m")
    worst = state.moment.frame
    assert worst == int(np.argmax(error))
    qtbot.keyClick(window, "m")
    second = state.moment.frame
    assert abs(second - worst) >= 30
    assert error[second] <= error[worst]
    qtbot.keyClick(window, "m", Qt.KeyboardModifier.ShiftModifier)
    assert state.moment.frame == worst


def test_m_goes_along_frames_that_lie_between_those_of_the_clip(window, qtbot, wait):
    window.state.document.set_level("clock_jitter", 0.4)
    window.state.document.edit_input(subsample=2)
    wait()
    times = window.state.results.shown.results.times
    assert not np.isin(times, window.state.document.clip.times).all()
    seen = []
    for _ in range(3):
        qtbot.keyClick(window, "m")
        seen.append(window.state.moment.seconds)
    assert np.isin(seen, times).all() and len(set(seen)) == 3


def test_digits_choose_the_view(window, qtbot):
    view = window.stage.viewport
    seen = []
    for key in "123":
        qtbot.keyClick(window, key)
        seen.append((round(view.orbit.azimuth, 3), round(view.orbit.elevation, 3)))
    assert len(set(seen)) == 3
    following = view.following
    qtbot.keyClick(window, "4")
    assert view.following is not following


def test_f1_lists_every_shortcut(window, qtbot):
    from app.commands.menus import COMMANDS
    from app.dialogs.shortcuts import Shortcuts

    qtbot.keyClick(window, Qt.Key.Key_F1)
    dialog = window.findChild(Shortcuts)
    from PySide6.QtWidgets import QLabel

    said = " ".join(text.text() for text in dialog.findChildren(QLabel))
    for entry in COMMANDS.values():
        if entry.keys:
            assert entry.name.rstrip(" …") in said
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.findChild(Shortcuts) is None, timeout=2000)


def test_g_and_a_number_go_to_a_frame(window, qtbot):
    qtbot.keyClick(window, "g")
    assert QApplication.focusWidget() is window.timeline.frame
    qtbot.keyClicks(window.timeline.frame, "87")
    qtbot.keyClick(window.timeline.frame, Qt.Key.Key_Return)
    assert window.state.moment.frame == 87
    assert not window.timeline.frame.hasFocus()


def test_no_two_actions_share_a_key():
    from app.commands.menus import COMMANDS

    keys = [key for entry in COMMANDS.values() for key in entry.keys]
    assert len(keys) == len(set(keys))


def test_every_control_says_what_it_does(window):
    from PySide6.QtWidgets import QAbstractButton, QComboBox, QSpinBox

    for kind in (QAbstractButton, QComboBox, QSpinBox):
        for widget in window.findChildren(kind):
            if widget.isVisible() and not widget.objectName().startswith("qt_"):
                assert widget.toolTip(), (kind, widget.parent(), getattr(widget, "text", str)())


# -- files --------------------------------------------------------------------------------------------------


def test_a_dropped_file_is_opened(window, qtbot, tmp_path):
    drop(window, clip_file(tmp_path, name="dropped", frames=50))
    qtbot.waitUntil(lambda: window.state.document.clip.name == "dropped", timeout=10_000)
    assert window.state.moment.frames == 50
    assert "dropped" in window.windowTitle()
    qtbot.waitUntil(lambda: window.state.results.shown is not None, timeout=10_000)
    assert window.preferences.recent[0].endswith("dropped.npz")


def what_is_shown(state):
    document, moment = state.document, state.moment
    return document.clip, state.results.shown, document.settings, moment.frame, moment.loop


BAD = {
    "cut.bvh": "HIERARCHY\nROOT Hips\n{\n OFFSET 0 0 0\n CHANNELS 6 Xpos",
    "not.json": "[1, 2, 3]",
    "empty.npz": "",
    "nothing.txt": "hello",
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_one_sentence_and_the_session_stays(window, qtbot, tmp_path, name, wait):
    bad = tmp_path / name
    bad.write_text(BAD[name])
    state = window.state
    state.document.edit_input(subsample=2)
    wait()
    state.moment.set_playing(False)
    state.moment.set_frame(33)
    before = what_is_shown(state)
    drop(window, str(bad))
    qtbot.waitUntil(lambda: state.results.message is not None, timeout=10_000)
    text = state.results.message.text
    assert name in text
    assert text.endswith(".")
    assert "\n" not in text
    assert "Traceback" not in text
    assert what_is_shown(state) == before
    from app.widgets.message_bar import MessageBar

    assert window.findChild(MessageBar).isVisible()
    window.actions_["cancel"].trigger()
    assert not window.findChild(MessageBar).isVisible()


def test_a_missing_file_is_said(window, qtbot, tmp_path):
    before = window.state.document.clip
    open_path(window.desk, str(tmp_path / "nowhere.bvh"))
    qtbot.waitUntil(lambda: window.state.results.message is not None, timeout=10_000)
    assert "nowhere.bvh" in window.state.results.message.text
    assert window.state.document.clip is before


def test_the_reader_can_be_told_otherwise(window, qtbot):
    window.clip_card.rate.setValue(30.0)
    qtbot.waitUntil(lambda: window.state.document.clip.rate_hz == pytest.approx(30.0), timeout=10_000)
    assert window.state.document.clip.reader.rate_hz == 30.0
    assert window.state.document.experiment().source.overrides.rate_hz == 30.0


def test_a_session_comes_back_as_it_was(window, qtbot, tmp_path, wait):
    state = window.state
    state.document.edit_input(subsample=4, levels={"noise_px": 1.5}, seed=7)
    state.document.set_rate(RatePolicy(mode="factor", factor=2.0))
    state.document.set_camera("left")
    state.document.set_height(1.8)
    state.document.add_model(ModelChoice(name=SECOND))
    state.document.change_model(1, on=False)
    state.document.change_model(0, colour=4)
    wait()
    state.moment.set_playing(False)
    play_frames(state.moment, 20, 100)
    state.moment.set_frame(44)
    state.moment.set_speed(0.5)
    window.stage.viewport.set_preset("side")
    orbit, settings = window.stage.viewport.orbit, state.document.settings
    mpjpe = state.results.shown.results.models[0].summary["mpjpe_mm"]
    save_session(window.desk, tmp_path / "s.json")
    saved = json.loads((tmp_path / "s.json").read_text())
    assert saved["stamps"]["source_sha256"]
    assert [m["name"] for m in saved["experiment"]["models"]] == [FIRST]

    state.document.edit_input(subsample=1)
    window.stage.viewport.set_preset("top")
    drop(window, clip_file(tmp_path, name="other", frames=30))
    qtbot.waitUntil(lambda: state.document.clip.name == "other", timeout=10_000)
    drop(window, str(tmp_path / "s.json"))
    qtbot.waitUntil(lambda: state.document.clip.name == "swaying", timeout=10_000)
    wait()
    assert state.document.settings == settings
    moment = state.moment
    assert (moment.frame, loop_frames(moment), moment.speed, moment.playing) == (44, (20, 100), 0.5, False)
    assert window.stage.viewport.orbit == orbit
    assert state.results.shown.results.models[0].summary["mpjpe_mm"] == mpjpe


def test_a_session_whose_clip_changed_says_so(window, qtbot, tmp_path):
    drop(window, clip_file(tmp_path, name="other"))
    qtbot.waitUntil(lambda: window.state.document.clip.name == "other", timeout=10_000)
    save_session(window.desk, tmp_path / "s.json")
    clip_file(tmp_path, name="other", frames=60)
    open_path(window.desk, str(tmp_path / "s.json"))
    qtbot.waitUntil(lambda: window.state.moment.frames == 60, timeout=10_000)
    assert "changed" in window.state.results.message.text


def test_a_live_session_opens_unconnected(window, qtbot, tmp_path):
    """In the window beside; the clip stays, and nothing listens before somebody presses Start."""
    source = LiveSource(port=free_port(), look_ahead_ms=50)
    experiment = Experiment(source=source, models=(ModelChoice(name="ssd_poser_small"),), height_m=1.8)
    write_session(experiment, tmp_path / "live.json")
    before = window.state.document.clip
    drop(window, str(tmp_path / "live.json"))
    qtbot.waitUntil(lambda: "live_trackers" in window.desk.tools, timeout=10_000)
    tool = window.desk.tools["live_trackers"]
    assert tool.isVisible() and tool.experiment() == experiment
    assert tool.said.text() == f"live.json is live, on 127.0.0.1:{source.port}; press Start to begin."
    assert tool.run is None and not listens(source.port)
    assert window.state.document.clip is before
    tool.close()


@pytest.mark.parametrize(("several", "name"), [(False, "live_camera"), (True, "live_rig")])
def test_a_session_of_cameras_opens_where_its_cameras_are(window, qtbot, tmp_path, several, name):
    model = "triangulation" if several else "hummuss_small_causal"
    source = CameraSource(where="synthetic:wave", several=several, detector="lite")
    experiment = Experiment(source=source, models=(ModelChoice(name=model),))
    write_session(experiment, tmp_path / "cameras.json")
    drop(window, str(tmp_path / "cameras.json"))
    qtbot.waitUntil(lambda: name in window.desk.tools, timeout=10_000)
    tool = window.desk.tools[name]
    assert tool.isVisible() and tool.experiment() == experiment and tool.run is None
    tool.close()


def test_curves_and_figures_are_exported(window, tmp_path, wait):
    window.state.document.edit_input(subsample=4)
    wait()
    export_curves(window.desk, tmp_path / "c.csv")
    rows = [line.split(",") for line in (tmp_path / "c.csv").read_text().splitlines()]
    results = window.state.results.shown.results
    assert len(rows) == 31
    column = rows[0].index(f"{FIRST} mpjpe_mm")
    assert [float(r[column]) for r in rows[1:]] == pytest.approx(results.models[0].over_time("mpjpe_mm"), rel=1e-5)
    figures = (tmp_path / "c-figures.csv").read_text().splitlines()
    assert f"{results.models[0].summary['mpjpe_mm']:.6g}" in figures[1]


def test_an_export_that_cannot_be_written_is_said(window, tmp_path):
    (tmp_path / "no folder").touch()
    export_curves(window.desk, tmp_path / "no folder" / "c.csv")
    assert "cannot be written" in window.state.results.message.text


# -- 2D without truth, and nothing at all -------------------------------------------------------------------


def openpose_file(folder: Path) -> str:
    """COCO keypoints of a person who stands still, with a small sway."""
    annotations = []
    for frame in range(40):
        keypoints = []
        for joint in range(17):
            keypoints += [300 + 20 * (joint % 5) + np.sin(frame / 5), 100 + 25 * joint, 2]
        annotations.append({"image_id": frame, "category_id": 1, "keypoints": keypoints, "score": 0.9})
    path = folder / "keypoints.json"
    path.write_text(json.dumps(annotations))
    return str(path)


def test_2d_keypoints_have_no_truth_and_the_window_explains(window, qtbot, tmp_path):
    drop(window, openpose_file(tmp_path))
    qtbot.waitUntil(lambda: window.state.document.clip.truth is None, timeout=10_000)
    qtbot.waitUntil(lambda: window.state.results.shown is not None, timeout=10_000)
    settle()
    assert [a.label for a in window.stage.viewport.views[0]] == [FIRST]
    assert "no 3D truth" in window.numbers.empty.text()
    qtbot.waitUntil(lambda: "no 3D truth" in window.plots.error.note.text(), timeout=2000)
    assert not window.actions_["worst"].isEnabled()


def test_without_a_clip_everything_explains_itself(qtbot, tmp_path):
    window = window_on(None, str(tmp_path / "s.ini"), Models(), slots=())
    qtbot.addWidget(window)
    window.show()
    qtbot.wait(50)
    qtbot.waitUntil(window.stage.empty.isVisible)
    assert [button.text() for button in window.stage.empty.buttons] == ["Open …", "Open folder …", "Open the demo"]
    assert window.clip_card.empty.isVisible()
    assert window.models.empty.isVisible() and window.models.begin.isVisible()
    window.models.begin.menu().aboutToShow.emit()
    assert FIRST in [action.text() for action in window.models.begin.menu().actions()]
    assert window.numbers.empty.text()
    assert not window.actions_["play"].isEnabled()
    assert not window.timeline.isEnabled()
    window.stage.empty.buttons[2].click()
    qtbot.waitUntil(lambda: window.state.document.clip is not None, timeout=30_000)
    assert window.state.document.clip.name == "demo" and not window.stage.empty.isVisible()
    window.close()


# -- remembered ---------------------------------------------------------------------------------------------


def test_layout_and_theme_are_remembered(qtbot, tmp_path):
    ini = str(tmp_path / "s.ini")
    window = window_on(None, ini, Models())
    qtbot.addWidget(window)
    window.show()
    window.docks["curves"].hide()
    window.actions_["light"].setChecked(True)
    assert window.state.view.theme == "light"
    window.close()
    again = window_on(None, ini, Models())
    qtbot.addWidget(again)
    again.show()
    assert again.state.view.theme == "light"
    assert again.actions_["light"].isChecked()
    assert not again.docks["curves"].isVisible()
    again.actions_["reset_layout"].trigger()
    assert again.docks["curves"].isVisible()
    again.close()


def test_themes_change_what_is_there(window):
    window.actions_["light"].setChecked(True)
    light = window.grab().toImage().pixelColor(20, window.height() - 10)
    window.actions_["light"].setChecked(False)
    dark = window.grab().toImage().pixelColor(20, window.height() - 10)
    assert light.lightness() > 200
    assert dark.lightness() < 60


def test_nothing_of_torch_plots_or_live_runs_before_the_window_shows(tmp_path):
    import subprocess
    import sys

    code = (
        "import app.main, sys; from app.state.preferences import Preferences;"
        "from PySide6.QtWidgets import QApplication;"
        "from PySide6.QtCore import QSettings; a = QApplication([]);"
        f"w = app.main.make_window(Preferences(QSettings({str(tmp_path / 'i.ini')!r}, QSettings.Format.IniFormat)));"
        "w.show(); late = {'torch', 'pyqtgraph', 'engine.live'} & sys.modules.keys(); assert not late, late"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
