"""The rate bench: what it finds is what the command line finds; it fills in, stops, and keeps what it has."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication
from tool_fakes import BOTH, CAUSAL, Slow, Small, state_with
from typer.testing import CliRunner
from window_fakes import clip_file, swaying

from app.dialogs.rate_bench import RateBench
from app.state.clip import LoadedClip, Reader
from app.workers.rate_bench import RATE, questions
from engine.cli.app import app as commands
from engine.data.formats.kinestate_npz import save_clip
from engine.experiment.settings import ModelChoice
from engine.models.loading import load_model


@pytest.fixture
def make(open_tool, preferences):
    def build(*models, load=None):
        state, swept = state_with(*models), []
        tool = open_tool(RateBench, state, load or Small(), preferences=preferences, show_sweep=swept.append)
        return tool, state, swept

    return build


@pytest.fixture
def run(qtbot):
    def run_it(tool):
        tool.bar.button.click()
        qtbot.waitUntil(lambda: tool.bar.note.text().startswith("Done"), timeout=120_000)
        qtbot.waitUntil(lambda: not tool.bar.running and not tool._drawing.isActive(), timeout=5000)

    return run_it


def levels(tool):
    return {tool.panel.levels.itemAt(k).widget().text(): tool.panel.levels.itemAt(k).widget()
            for k in range(tool.panel.levels.count())}  # fmt: skip


def boxes(layout):
    return [layout.itemAt(k).widget() for k in range(layout.count())]


def figures(row):
    return {key: value for key, value in row.items() if key != "ms_per_frame"}


def test_its_results_are_those_of_the_command_line(make, run, tmp_path, monkeypatch):
    path, out = clip_file(tmp_path, frames=60), tmp_path / "sweep.json"
    monkeypatch.setattr("engine.models.loading.load_model", Small())
    options = ["sweep", "--clip", path, "--models", f"{BOTH},{CAUSAL}", "--rates", "1,4,16", "--noise", "3"]
    assert CliRunner().invoke(commands, [*options, "--json", str(out)]).exit_code == 0
    expected = json.loads(out.read_text())["rows"]

    tool, state, swept = make(BOTH, CAUSAL)
    state.set_clip(LoadedClip(path, Reader(), swaying(60)))
    state.document.set_level("noise_px", 3.0)
    state.document.edit_input(subsample=2)  # the rate is what is swept
    for text in ("2", "8"):
        levels(tool)[text].click()
    run(tool)
    (table,) = swept
    found = [row.to_json() for row in table.rows]
    assert len(found) == len(expected) == 2 * 3 * 3
    for mine, theirs in zip(found, expected, strict=True):
        assert figures(mine) == figures(theirs)
    shown = {(line.model, line.mode): line for line in tool.plot.drawn}
    assert shown[CAUSAL, "trained"].y[-1] == pytest.approx(
        next(r["mpjpe_mm"] for r in expected if (r["model"], r["mode"], r["rate"]) == (CAUSAL, "trained", 16))
    )
    assert len(tool.table.figures.table.rows) == 6


def test_it_fills_in_and_keeps_what_it_has_when_it_is_stopped(make, qtbot):
    gate = threading.Semaphore(1)  # at the trained rate, one prediction serves all ways
    tool, _, swept = make(CAUSAL, load=Slow(lambda: gate.acquire(timeout=20)))
    tool.bar.button.click()
    qtbot.waitUntil(lambda: tool.found is not None and len(tool.found.rows) == 3, timeout=60_000)
    qtbot.waitUntil(lambda: len(tool.plot.drawn) == 3, timeout=5000)
    assert tool.bar.running and tool.bar.button.text() == "Stop"
    tool.bar.button.click()
    assert tool.bar.note.text() == "Stopping …"
    gate.release(100)
    qtbot.waitUntil(lambda: not tool.bar.running, timeout=60_000)
    assert len(tool.found.rows) == 3
    assert tool.bar.note.text() == "Cancelled; the 3 rows that were found on 1 clip stay."
    assert len(tool.plot.drawn) == 3 and swept == []


def test_ticks_choose_what_is_run_and_what_is_shown(make, run):
    tool, _, _ = make(BOTH, CAUSAL)
    for text in ("2", "4", "8"):
        levels(tool)[text].click()
    ways = {box.text(): box for box in boxes(tool.panel.mode_list)}
    ways["input resampled"].click()
    run(tool)
    assert {(row.model, row.mode, row.r) for row in tool.found.rows} == {
        (model, way, r) for model in (BOTH, CAUSAL) for way in ("auto", "trained") for r in (1, 16)
    }
    boxes(tool.panel.model_list)[0].click()
    tool._draw()
    assert {line.model for line in tool.plot.drawn} == {CAUSAL}
    assert [entry.text for entry in tool.plot.legend.entries] == [CAUSAL, "Δ rescaled", "Δ as trained"]


def test_many_clips_are_dropped_and_pooled_and_what_fails_is_left_out(make, run, tmp_path):
    folder = tmp_path / "clips"
    folder.mkdir()
    for name, frames in (("long", 60), ("short", 20)):
        save_clip(folder / f"{name}.npz", swaying(frames, name=name))
    (folder / "broken.bvh").write_text("HIERARCHY\nROOT Hips\n{\n")
    tool, _, swept = make(CAUSAL)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(folder))])
    move = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(tool, QDragEnterEvent(QPoint(50, 50), *move))
    QApplication.sendEvent(tool, QDropEvent(QPointF(50, 50), *move))
    assert tool.panel.many.isChecked() and "clips" in tool.panel.many.text()
    run(tool)
    assert swept[0].rows[0].frames == 80
    assert {row.clip for row in tool.found.rows} == {"long", "short"}
    assert "2 clips" in tool.bar.note.text() and "broken" in tool.bar.note.text()


def test_while_it_runs_and_after_it_was_stopped_every_row_is_about_the_same_clips(make, qtbot, tmp_path):
    folder = tmp_path / "clips"
    folder.mkdir()
    for name, frames in (("a", 60), ("b", 40), ("c", 20)):
        save_clip(folder / f"{name}.npz", swaying(frames, name=name))
    gate = threading.Semaphore(0)
    tool, _, _ = make(CAUSAL, load=Slow(lambda: gate.acquire(timeout=20)))
    tool.panel.take(folder)
    for text in ("2", "4", "8"):
        levels(tool)[text].click()
    for box in boxes(tool.panel.mode_list)[1:]:
        box.click()  # one way at two rates: two rows a clip
    tool.bar.button.click()
    gate.release(3)
    qtbot.waitUntil(lambda: tool.found is not None and len(tool.found.rows) == 3, timeout=60_000)
    qtbot.waitUntil(lambda: not tool._drawing.isActive(), timeout=5000)
    first = [row for row in tool.found.rows if row.clip == "a"]
    assert [row.figures["mpjpe_mm"] for row in tool.found.means] == [row.figures["mpjpe_mm"] for row in first]
    assert "1 clip so far" in tool.table.figures.table.caption
    tool.bar.button.click()
    gate.release(100)
    qtbot.waitUntil(lambda: not tool.bar.running, timeout=60_000)
    assert tool.bar.note.text() == "Cancelled; the 2 rows that were found on 1 clip stay."
    tool.copy_csv()
    head, *lines = QGuiApplication.clipboard().text().splitlines()
    assert [line.split(",")[head.split(",").index("clips")] for line in lines] == ["1", "1"]


def test_irregular_sampling_and_masking_are_asked_beside_it(make, run):
    tool, _, _ = make(CAUSAL)
    tool.ask("drop")
    assert [box.text() for box in boxes(tool.panel.mode_list)] == ["Δ per frame", "Δ nominal", "input resampled"]
    tool.panel.at.setCurrentIndex(1)
    run(tool)
    assert {row.level for row in tool.found.rows} == set(questions()["drop"].levels)
    assert {row.r for row in tool.found.rows} == {2}
    tool.ask("mask")
    assert tool.found is None and not tool.results.isVisible()
    tool.ask("drop")
    assert tool.results.isVisible()
    tool.ask(RATE)
    assert not tool.panel.at.isVisible()


def test_only_what_the_models_observe_is_asked(make):
    tool, state, _ = make(CAUSAL)

    def kinds() -> set[str]:
        tool.ask("mask")
        return {tool.kind.itemData(k) for k in range(tool.kind.count())}

    of_keypoints = {"mask", "limbs", "bar", "noise_px", "view_noise", "swapped_sides"}
    assert kinds() == of_keypoints
    slots = state.document.settings.slots
    trackers = replace(slots[0], choice=ModelChoice(name="ssd_poser_small"))
    state.document.settings = replace(state.document.settings, slots=(*slots, trackers))
    assert kinds() == of_keypoints | {"tracker_noise_mm", "lost_hands", "hand_drift_cm"}
    state.document.settings = replace(state.document.settings, slots=(trackers,))
    assert kinds() == {"mask", "tracker_noise_mm", "lost_hands", "hand_drift_cm"}, "the present one stays"
    tool.groups.chosen.emit("Hidden, noisy")
    assert tool.question.key in kinds()


@pytest.mark.slow
def test_bodies_are_shown_by_their_own_figures_too(make, run):
    plain = Small()

    def load(name: str, device: str = "cpu"):
        return plain(name, device) if name == CAUSAL else load_model(name, device)

    tool, _, _ = make(CAUSAL, "ssd_poser_small", load=load)
    offered = [tool.measure.itemData(k) for k in range(tool.measure.count())]
    assert "mpjpe_mm" in offered and not {"mpjre_deg", "world_mpjpe_cm"} & set(offered)
    boxes(tool.panel.model_list)[1].setChecked(True)
    for text in ("2", "4", "16"):
        levels(tool)[text].setChecked(False)
    run(tool)
    now = [tool.measure.itemData(k) for k in range(tool.measure.count())]
    assert now[: len(offered) - 1] == offered[:-1] and {"mpjre_deg", "world_mpjpe_cm", "hand_pe_cm"} <= set(now)
    assert tool.measure.currentData() == "mpjpe_mm" and not {"params", "world_jitter_truth_100_m_s3"} & set(now)
    tool.measure.setCurrentIndex(tool.measure.findData("world_mpjpe_cm"))
    tool.measure.activated.emit(tool.measure.currentIndex())
    shown = {line.model: line.y for line in tool.plot.drawn if line.mode == "auto"}
    of_body = [row for row in tool.found.means if row.model == "ssd_poser_small" and row.mode == "auto"]
    assert list(shown["ssd_poser_small"]) == [row.figures["world_mpjpe_cm"] for row in of_body]
    assert len(of_body) == 2 and np.isnan(shown[CAUSAL]).all()
    assert tool.plot.chart is not None and "World" in tool.plot._title[0]
    boxes(tool.panel.model_list)[1].setChecked(False)  # what is left has no such figure
    tool._draw()
    assert tool.measure.currentData() == "mpjpe_mm" and tool.measure.findData("world_mpjpe_cm") < 0


def test_results_are_copied_and_written(make, run, tmp_path):
    tool, _, _ = make(CAUSAL)
    run(tool)
    tool.copy_markdown()
    assert " Δ rescaled (mm) |" in QGuiApplication.clipboard().text()
    tool.copy_csv()
    assert QGuiApplication.clipboard().text().count("\n") == 16
    for name in ("rates.png", "rates.svg", "rates.csv"):
        tool.save_as(tmp_path / name)
        assert tool.bar.note.text() == f"Wrote {name}."
    picture = cv2.imread(str(tmp_path / "rates.png"))
    assert picture.shape == (1080, 1920, 3)
    assert (picture[4, 4] > 240).all(), "light, whatever the window's theme"
    blue = np.array([0x00, 0x5E, 0xD5])  # the first model's colour, BGR
    assert (np.abs(picture.astype(int) - blue).max(-1) < 12).sum() > 500
    svg = (tmp_path / "rates.svg").read_text()
    assert svg.count("<polyline") + svg.count("<path") > 20 and CAUSAL in svg and "<image" not in svg
    assert (tmp_path / "rates.csv").read_text() == QGuiApplication.clipboard().text()
    (tmp_path / "nowhere").touch()  # a file, not a folder
    tool.save_as(tmp_path / "nowhere" / "rates.png")
    assert "cannot be written" in tool.bar.note.text()


def test_what_is_missing_is_said(make):
    tool, state, _ = make(CAUSAL)
    for button in levels(tool).values():
        button.setChecked(False)
    tool.bar.button.click()
    assert tool.bar.note.text() == "Choose at least one level."
    tool.panel.many.click()
    tool.bar.button.click()
    assert "folder or an archive" in tool.bar.note.text()
    tool.panel.this_clip.click()
    state.document.remove_model(0)
    tool.bar.button.click()
    assert tool.bar.note.text() == "Choose at least one model."
    assert tool.panel.no_models.isVisible()


def test_a_model_that_is_not_trained_is_run_only_when_it_is_ticked(make):
    tool, _, _ = make(CAUSAL, "motionbert_full")
    assert set(tool.panel.colours()) == {CAUSAL}
    boxes(tool.panel.model_list)[1].click()
    assert set(tool.panel.colours()) == {CAUSAL, "motionbert_full"}


def test_all_rates_and_the_usual_ones(make):
    tool, _, _ = make(CAUSAL)
    tool.panel.all_levels.click()
    assert all(button.isChecked() for button in levels(tool).values()) and len(levels(tool)) == 16
    tool.panel.all_levels.click()
    assert [text for text, button in levels(tool).items() if button.isChecked()] == ["1", "2", "4", "8", "16"]


def test_a_folder_that_cannot_be_read_is_said(make, qtbot, tmp_path):
    tool, state, _ = make(CAUSAL)
    tool.panel.take(Path(tmp_path / "gone"))
    tool.bar.button.click()
    qtbot.waitUntil(lambda: state.results.message is not None, timeout=60_000)
    assert "gone" in tool.bar.note.text() and not tool.bar.running
