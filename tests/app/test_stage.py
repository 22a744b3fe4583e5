"""The stage in the window: layouts, linked cameras, error colours; remembered, and saved in sessions."""

from __future__ import annotations

import json

import numpy as np
import pytest
from window_fakes import FIRST, SECOND, Models, settle, window_on

from app.look.error_colours import error_colours
from app.state.state import LoadedClip, Reader
from engine.experiment.settings import ModelChoice

SECOND_DELTA = ModelChoice(name=SECOND)


@pytest.fixture
def two(qtbot, window):
    """The window with two models that give different poses."""
    window.state.edit_input(subsample=2)
    window.state.add_model(SECOND_DELTA)
    qtbot.waitUntil(
        lambda: window.state.shown is not None and window.state.shown.settings == window.state.settings, timeout=10_000
    )
    settle()
    return window


def test_layouts_are_taken_one_at_a_time(two, qtbot):
    view, actions = two.stage.viewport, two.actions_
    for key, layout, views in (("v", "grid", 2), ("b", "apart", 1), ("v", "grid", 2), ("v", "one", 1), ("o", "one", 1)):
        qtbot.keyClick(two, key)
        assert two.state.layout == layout
        assert len(view.views) == views
        assert [name for name in ("one", "apart", "grid") if actions[name].isChecked()] == [layout]


def test_the_grid_has_each_model_with_the_truth(two):
    two.state.set_layout("grid")
    first, second = two.stage.viewport.views
    assert [a.label for a in first] == ["Ground truth", FIRST]
    assert [a.label for a in second] == ["Ground truth", SECOND]
    assert first[0].positions is second[0].positions
    assert len({len(a.positions) for a in (*first, *second)}) == 1


def test_side_by_side_whoever_comes_is_in_the_picture_unless_the_camera_was_moved(two, qtbot):
    state, view = two.state, two.stage.viewport

    def show(count):
        for k in range(2):
            state.change_model(k, on=k < count)
        qtbot.waitUntil(lambda: len(view.views[0]) == 1 + count, timeout=10_000)

    show(0)
    state.set_layout("apart")
    alone = view.orbit
    show(2)
    for person in view.views[0]:
        pixels = view.camera().project(person.at(state.frame))[0]
        assert (pixels >= 0).all() and (pixels <= view.view_size).all()
    assert view.orbit.distance > alone.distance
    view.set_orbit(view.orbit.turned(0.3, 0.0))
    turned = view.orbit
    show(1)
    assert view.orbit == turned


def test_a_grid_without_models_shows_the_truth(window, qtbot):
    window.state.set_layout("grid")
    window.state.change_model(0, on=False)
    qtbot.waitUntil(lambda: window.state.shown.results.models == (), timeout=10_000)
    assert [[a.key for a in actors] for actors in window.stage.viewport.views] == [["truth"]]


def test_beside_each_name_stands_the_error_of_the_frame(two):
    state, models = two.state, two.state.shown.results.models
    state.set_frame(31)
    notes = two.stage.viewport._legends[0]._notes
    assert notes == {f"model {k}": f"{m.mpjpe_mm[15]:.1f} mm" for k, m in enumerate(models)}
    state.select(13)
    notes = two.stage.viewport._legends[0]._notes
    assert notes["model 0"] == f"left wrist {models[0].joint_error_mm[15, 13]:.1f} mm"


def test_a_joint_that_is_looked_at_is_marked_in_every_view(two):
    two.state.set_layout("grid")
    two.stage.viewport.joint_picked.emit("model 1", 6)
    assert two.state.selection == 6
    assert {a.marked for actors in two.stage.viewport.views for a in actors} == {6}


def test_only_the_grid_has_cameras_to_link(two, qtbot):
    action = two.actions_["linked"]
    assert not action.isEnabled()
    assert "grid" in action.toolTip()
    two.state.set_layout("grid")
    assert action.isEnabled() and action.isChecked()
    qtbot.keyClick(two, "l")
    assert not two.state.linked and not two.stage.viewport.linked
    two.stage.viewport.take((5.0, 5.0))
    qtbot.keyClick(two, "3")
    assert len(set(two.stage.viewport.orbits)) == 2
    qtbot.keyClick(two, "l")
    assert len(set(two.stage.viewport.orbits)) == 1


@pytest.mark.parametrize("layout", ["one", "apart", "grid"])
def test_bones_in_the_colours_of_their_errors_in_every_layout(two, qtbot, layout):
    two.state.set_layout(layout)
    assert not two.stage.scale.isVisible()
    qtbot.keyClick(two, "e")
    assert two.stage.scale.isVisible()
    people = [a for actors in two.stage.viewport.views for a in actors]
    for actor in people:
        if actor.key == "truth":
            assert actor.joint_colours is None
        else:
            error = two.state.shown.results.models[int(actor.key[-1])].joint_error_mm
            assert np.array_equal(actor.joint_colours[41], error_colours(error[20]))
    qtbot.keyClick(two, "e")
    assert all(a.joint_colours is None for actors in two.stage.viewport.views for a in actors)


def test_without_a_truth_there_are_no_errors_to_colour(window, qtbot):
    window.state.set_error_colours(True)
    window.state.set_clip(LoadedClip("seen.json", Reader(), window.state.shown.results.keypoints))
    qtbot.waitUntil(lambda: window.state.shown is not None, timeout=10_000)
    action = window.actions_["errors"]
    assert not action.isEnabled()
    assert "no 3D truth" in action.toolTip()
    assert all(a.joint_colours is None for a in window.stage.viewport.views[0])
    assert not window.stage.scale.isVisible()


def test_layout_and_link_are_remembered(qtbot, tmp_path):
    ini = str(tmp_path / "s.ini")
    window = window_on(None, ini, Models())
    qtbot.addWidget(window)
    assert (window.state.layout, window.state.linked) == ("one", True)
    window.state.set_layout("grid")
    window.state.set_linked(False)
    window.close()
    again = window_on(None, ini, Models())
    qtbot.addWidget(again)
    assert (again.state.layout, again.state.linked, again.stage.viewport.linked) == ("grid", False, False)
    assert again.actions_["grid"].isChecked() and not again.actions_["linked"].isChecked()
    again.close()


def test_a_session_brings_the_views_back(two, qtbot, tmp_path):
    state, view = two.state, two.stage.viewport
    state.set_layout("grid")
    state.set_linked(False)
    state.set_error_colours(True)
    view.take((view.width() - 5.0, 5.0))
    view.set_preset("top")
    view.set_orbits([view.orbits[0].turned(0.3, 0.1), view.orbits[1]])
    orbits = view.orbits
    two.commands.save_session(tmp_path / "s.json")
    assert len(json.loads((tmp_path / "s.json").read_text())["view"]["orbits"]) == 2
    state.set_layout("one")
    state.set_linked(True)
    state.set_error_colours(False)
    two.commands.open(str(tmp_path / "s.json"))
    qtbot.waitUntil(lambda: state.layout == "grid" and state.shown is not None, timeout=10_000)
    assert (state.linked, state.error_colours) == (False, True)
    assert view.orbits == orbits


def test_a_session_of_linked_views_holds_one_camera(two, tmp_path):
    two.state.set_layout("grid")
    orbit = two.stage.viewport.orbit
    two.commands.save_session(tmp_path / "s.json")
    view = json.loads((tmp_path / "s.json").read_text())["view"]
    assert view["orbits"] == [] and view["orbit"]["distance"] == orbit.distance


def test_the_input_leaves_room_for_the_person_beside_it(two):
    stage = two.stage
    for layout in ("one", "apart", "grid"):
        two.state.set_layout(layout)
        settle()
        assert stage.inset.width() <= 0.41 * stage.viewport.view_size[0]
        assert stage.viewport.rect().contains(stage.inset.geometry())
