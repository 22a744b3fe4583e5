"""The live camera's window on the stage: panels away, names at the people, what is pinned in large letters."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
from live_detector_fakes import Wooden
from PySide6.QtCore import Qt
from tool_fakes import state_with

import app.workers.live
from app.dialogs.live_camera import LiveCameraWindow
from app.look.theme import LARGE, LETTERS
from app.view3d.name_tags import together
from engine.experiment.loaded import load
from engine.models.defaults import LIVE

Key = Qt.Key


@pytest.fixture
def tool(open_tool, preferences, tmp_path, monkeypatch):
    monkeypatch.setattr(app.workers.live, "open_detector", lambda name: None)
    monkeypatch.setattr(app.workers.live, "partial", lambda opening, name: partial(Wooden, tmp_path))
    made = open_tool(LiveCameraWindow, state_with(frames=10), load, preferences=preferences)
    made.camera.where.setCurrentText("synthetic:walk")
    return made


def test_f11_puts_the_panels_away_and_escape_brings_them_back(tool, qtbot):
    column = tool.stresses.rate.parentWidget().layout()
    before = [column.itemAt(k).widget() for k in range(column.count())]
    parts = (tool.camera, tool.curves, tool.counts, tool.keep)
    letters = tool.said.fontInfo().pointSizeF()
    for leaves in (Key.Key_Escape, Key.Key_F11):
        qtbot.keyClick(tool, Key.Key_F11)
        assert tool.isFullScreen() and not any(part.isVisible() for part in parts)
        left = (tool.picture, tool.stage, tool.figures, tool.stresses.rate, tool.delta)
        qtbot.waitUntil(lambda: all(part.isVisible() for part in left))  # noqa: B023
        assert tool.said.fontInfo().pointSizeF() == pytest.approx(LARGE * LETTERS)
        qtbot.keyClick(tool, leaves)
        assert tool.isVisible() and not tool.isFullScreen() and all(part.isVisible() for part in parts)
        assert not tool.figures.isVisible() and tool.said.fontInfo().pointSizeF() == letters
        assert [column.itemAt(k).widget() for k in range(column.count())] == before
    qtbot.keyClick(tool, Key.Key_F11)
    qtbot.keyClick(tool, Key.Key_Escape)
    qtbot.keyClick(tool, Key.Key_Escape)
    assert not tool.isVisible(), "outside of a presentation it closes the window"


@pytest.mark.slow
def test_a_pinned_figure_beside_the_one_after_a_change_and_names_at_the_people(tool, qtbot):
    qtbot.keyClick(tool, Key.Key_F11)
    tool.bar.button.click()
    qtbot.waitUntil(lambda: tool.run is not None and bool(tool.stage.views[0]), timeout=90_000)
    figures = tool.figures
    qtbot.waitUntil(lambda: bool(figures.shown.models) and " mm" in figures.shown.models[0].figure, timeout=20_000)
    qtbot.waitUntil(lambda: "–" not in figures.shown.models[0].figure, timeout=20_000)
    qtbot.keyClick(tool, Key.Key_P)
    was = figures.pinned.values[LIVE]
    assert math.isfinite(was) and figures.pin.isChecked()
    tool.delta.mode.buttons["trained"].click()
    tool.stresses.rate.slider.setValue(4)
    line = "Step Δ auto → as trained, Frame rate all → 1 in 4"
    qtbot.waitUntil(lambda: figures.shown.line == line, timeout=30_000)
    assert figures.shown.models[0].figure.startswith(f"{was:.0f} → ")
    qtbot.waitUntil(lambda: "–" not in figures.shown.models[0].figure, timeout=30_000)
    person, truth = tool.stage.views[0]
    tags = [tag for tag in tool.stage._named.tags.tags if tag.isVisible()]
    assert [tag.name for tag in tags] == [LIVE, "Ground truth"] and tags[0].note.endswith(" mm")
    assert not tags[0].geometry().intersects(tags[1].geometry())
    tool.stop()
    tool.stage._named.tags.place(tool.stage.camera(), 0.0)
    heads = [person.tag_at(0.0), truth.tag_at(0.0)]
    assert all(
        0.5 < head[2] - item.pickable(0.0)[0, 2] < 1.2 for head, item in zip(heads, (person, truth), strict=True)
    )
    middle = tool.stage.camera().project(np.array(heads))[0][:, 0].mean()
    assert abs(tags[0].geometry().center().x() - middle) < 3 and tags[0].width() > 100
    qtbot.keyClick(tool, Key.Key_P)
    assert figures.pinned is None and "→" not in figures.shown.models[0].figure
    qtbot.keyClick(tool, Key.Key_F11)
    assert not figures.isVisible()


def test_people_at_one_place_are_grouped_from_left_to_right():
    pixels = np.array([[300.0, 10], [100, 12], [310, 9], [500, 8], [330, 7]])
    assert together(pixels, [0, 1, 2, 4], 48) == [[1], [0, 2, 4]]
    assert together(pixels, [0, 1, 2, 3, 4], 201) == [[0, 1], [2, 3, 4]], "counted from the first of a group"
    assert together(pixels, [], 48) == []


@pytest.mark.slow
def test_people_in_3d_follow_the_picture_and_are_drawn_apart_from_it(tool, qtbot):
    tool.bar.button.click()
    qtbot.waitUntil(lambda: tool.run is not None and bool(tool.stage.views[0]), timeout=90_000)
    surface = tool.stage._surface
    if not hasattr(surface, "_stale"):
        pytest.skip("a graphics card draws when the window is painted")
    drawn = []
    tool.stage.drawn.connect(drawn.append)
    show_ticks, seen = tool.stage.show_ticks, []
    tool.stage.show_ticks = lambda ticks: seen.append(tool._pictured_at) or show_ticks(ticks)
    qtbot.waitUntil(lambda: len(drawn) >= 5, timeout=20_000)
    assert len(set(seen)) == len(seen), "once for a picture"
    tool.stop()
    surface.repaint()
    before = len(drawn)
    for note in ("1 mm", "2 mm"):
        tool.stage.set_notes({LIVE: note})
        surface.repaint()
    assert len(drawn) == before, "what is written over the view draws nothing anew"
    tool.stage.set_time(-1.0)
    tool.stage.draw()
    assert len(drawn) == before + 1 and not surface._stale
    surface.repaint()
    assert len(drawn) == before + 1
