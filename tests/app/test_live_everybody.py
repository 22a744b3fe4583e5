"""The live camera's window where everybody is followed: numbers at the people, each in 3D, curves of the chosen one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from people_fakes import Pair, Unhurried
from tool_fakes import state_with

import app.workers.live
from app.dialogs.camera_form import EVERYBODY
from app.dialogs.live_camera import LiveCameraWindow
from engine.experiment.loaded import load
from engine.experiment.settings import CameraSource, Experiment, ModelChoice
from engine.live.feeds.cameras.opening import OpenedCamera
from engine.models.defaults import LIVE

pytestmark = pytest.mark.slow


@pytest.fixture
def tool(open_tool, preferences, monkeypatch, tmp_path):
    pair = Pair(tmp_path)
    monkeypatch.setattr(app.workers.live, "DetectorProcess", lambda opening: pair)
    monkeypatch.setattr(app.workers.live, "open_camera", lambda *given: OpenedCamera(Unhurried(pair)))
    made = open_tool(LiveCameraWindow, state_with(frames=10), load, preferences=preferences)
    made.camera.where.setCurrentText("synthetic:walk")
    return made


def numbers(tool) -> set[str]:
    """Of the people in 3D."""
    return {item.label for item in tool.stage.views[0] if item.colour is not None}


def labels(tool) -> set[str]:
    """At the people in the picture."""
    return {overlay.label for overlay in tool.picture._overlays if overlay.colour is None}


def in_view(tool) -> bool:
    """Whether every joint in 3D is."""
    joints = np.concatenate([item.pickable(0.0) for item in tool.stage.views[0]])
    pixels, depth = tool.stage.camera().project(joints)
    return bool((depth > 0).all() and (pixels > 0).all() and (pixels < tool.stage.view_size).all())


def tags(tool) -> set[str]:
    return {tag.name for tag in tool.stage._named.tags.tags if not tag.isHidden()}


def test_everybody_from_the_camera_to_the_view(tool, qtbot, tmp_path) -> None:
    tool.camera.each.click()
    assert tool.camera.people.value() == EVERYBODY and tool.camera.source().follow == "each"
    tool.bar.button.click()
    qtbot.waitUntil(lambda: tool.run is not None and numbers(tool) == {"1", "2"}, timeout=90_000)
    (track,) = tool.run.tracks
    qtbot.waitUntil(lambda: labels(tool) == {"1 · chosen", "2"}, timeout=10_000)
    qtbot.waitUntil(lambda: sum(o.colour is not None for o in tool.picture._overlays) == 2, timeout=10_000)
    assert {"1", "2"} <= tags(tool)
    qtbot.waitUntil(lambda: "predictions a second of 2 people" in tool.models.rows[LIVE].said.text(), timeout=10_000)

    tool.picture.picked.emit(0.7 * 640, 240.0)
    qtbot.waitUntil(lambda: labels(tool) == {"1", "2 · chosen"}, timeout=10_000)
    qtbot.waitUntil(lambda: track.latest.person == 2, timeout=10_000)
    assert tool._chosen == 2 and {tick.person for tick in track.everybody} == {1, 2}

    qtbot.waitUntil(lambda: in_view(tool), timeout=10_000)
    by_hand = replace(tool.stage.orbit, azimuth=1.0, distance=1.5)
    tool.stage.set_orbit(by_hand)
    drawn = tool.stage._drawn
    qtbot.waitUntil(lambda: tool.stage._drawn is not drawn, timeout=10_000)
    assert (tool.stage.orbit.azimuth, tool.stage.orbit.distance) == (1.0, 1.5)

    (tmp_path / "alone").touch()
    qtbot.waitUntil(lambda: numbers(tool) == {"1"}, timeout=20_000)
    (tmp_path / "alone").unlink()
    qtbot.waitUntil(lambda: numbers(tool) == {"1", "3"}, timeout=20_000)
    tool.bar.button.click()
    assert tool.run.state == "stopped"


def test_one_person_wears_no_number(tool, qtbot) -> None:
    tool.camera.people.setValue(2)
    tool.bar.button.click()
    qtbot.waitUntil(lambda: tool.run is not None and bool(tool.stage.views[0]), timeout=90_000)
    qtbot.waitUntil(lambda: labels(tool) == {"followed"}, timeout=10_000)
    assert numbers(tool) == {LIVE} and tags(tool) == set()


def test_whom_to_follow_is_remembered(tool) -> None:
    chosen = Experiment(source=CameraSource(people=3, follow="each"), models=(ModelChoice(name=LIVE),))
    tool.show_experiment(chosen)
    assert tool.experiment() == chosen
    tool.show_experiment(chosen.model_copy(update={"source": CameraSource(people=3)}))
    assert tool.experiment().source == CameraSource(people=3)
