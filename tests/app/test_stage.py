"""The stage in the window: layouts, linked cameras, error colours; remembered, and saved in sessions."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton, QToolTip
from window_fakes import FIRST, SECOND, Models, settle, window_on

from app.commands.file import open_path, save_session
from app.look.error_colours import error_colours
from app.state.clip import LoadedClip, Reader
from app.view3d.items import SkeletonItem
from app.view3d.segments_item import TRAIL_PIECES, ErrorVectors, SegmentsItem, Trail
from engine.experiment.settings import ModelChoice
from engine.motion.pose import Person

SECOND_DELTA = ModelChoice(name=SECOND)


@pytest.fixture
def two(qtbot, window):
    """The window with two models that give different poses, everybody a skeleton."""
    window.state.view.figure = "skeleton"
    window.state.document.edit_input(subsample=2)
    window.state.document.add_model(SECOND_DELTA)
    qtbot.waitUntil(
        lambda: (
            window.state.results.shown is not None
            and window.state.results.shown.settings == window.state.document.settings
        ),
        timeout=10_000,
    )
    settle()
    return window


def test_layouts_are_taken_one_at_a_time(two, qtbot):
    view, actions = two.stage.viewport, two.actions_
    for key, layout, views in (("v", "grid", 2), ("b", "apart", 1), ("v", "grid", 2), ("v", "one", 1), ("o", "one", 1)):
        qtbot.keyClick(two, key)
        assert two.state.view.layout == layout
        assert len(view.views) == views
        assert [name for name in ("one", "apart", "grid") if actions[name].isChecked()] == [layout]


def test_the_grid_has_each_model_with_the_truth(two):
    two.state.view.layout = "grid"
    first, second = two.stage.viewport.views
    assert [a.label for a in first] == ["Ground truth", FIRST]
    assert [a.label for a in second] == ["Ground truth", SECOND]
    assert first[0].positions is second[0].positions
    assert len({len(a.times) for a in (first[1], second[1])}) == 1


def test_side_by_side_whoever_comes_is_in_the_picture_unless_the_camera_was_moved(two, qtbot):
    state, view = two.state, two.stage.viewport

    def show(count):
        for k in range(2):
            state.document.change_model(k, on=k < count)
        qtbot.waitUntil(lambda: len(view.views[0]) == 1 + count, timeout=10_000)

    show(0)
    state.view.layout = "apart"
    alone = view.orbit
    show(2)
    for person in view.views[0]:
        pixels = view.camera().project(person.at(state.moment.seconds))[0]
        assert (pixels >= 0).all() and (pixels <= view.view_size).all()
    assert view.orbit.distance > alone.distance
    view.set_orbit(view.orbit.turned(0.3, 0.0))
    turned = view.orbit
    show(1)
    assert view.orbit == turned


def test_people_beside_the_clip_s_own_are_in_the_picture_of_one_view_alone(two):
    state, view, shown = two.state, two.stage.viewport, two.state.results.shown
    truth = shown.results.truth
    poses = [replace(truth, positions=truth.positions + [away, 0, 0]) for away in (0.0, 1.4, -1.4)]
    people = tuple(Person.always(f"{k}", pose) for k, pose in enumerate(poses))
    state.set_shown(replace(shown, results=replace(shown.results, people=people)))
    others = [item for item in view.views[0] if item.aside]
    together = view.orbit.distance
    assert [item.label for item in others] == ["Person 1", "Person 2"]
    for person in others:
        pixels = view.camera().project(person.at(state.moment.seconds))[0]
        assert (pixels >= 0).all() and (pixels <= view.view_size).all()
    for layout in ("apart", "grid"):
        state.view.layout = layout
        assert not any(item.aside for items in view.views for item in items)
    state.view.layout = "one"
    state.set_shown(shown)
    assert view.orbit.distance < together


def test_a_grid_without_models_shows_the_truth(window, qtbot):
    window.state.view.layout = "grid"
    window.state.document.change_model(0, on=False)
    qtbot.waitUntil(lambda: window.state.results.shown.results.models == (), timeout=10_000)
    assert [[a.key for a in items] for items in window.stage.viewport.views] == [["truth"]]


def test_beside_each_name_stands_the_error_of_the_frame(two):
    state, models = two.state, two.state.results.shown.results.models
    state.moment.set_frame(31)
    notes = two.stage.viewport._named.legends[0]._notes
    assert notes == {f"model {k}": f"{m.over_time('mpjpe_mm')[15]:.1f} mm" for k, m in enumerate(models)}
    state.view.selection = 13
    notes = two.stage.viewport._named.legends[0]._notes
    assert notes["model 0"] == f"left wrist {models[0].over_time('mpjpe_mm', 13)[15]:.1f} mm"


def test_a_joint_that_is_looked_at_is_marked_in_every_view(two):
    two.state.view.layout = "grid"
    two.stage.viewport.joint_picked.emit("model 1", 6)
    assert two.state.view.selection == 6
    assert {a.marked for items in two.stage.viewport.views for a in items if isinstance(a, SkeletonItem)} == {6}


def test_only_the_grid_has_cameras_to_link(two, qtbot):
    action = two.actions_["linked"]
    assert not action.isEnabled()
    assert "grid" in action.toolTip()
    two.state.view.layout = "grid"
    assert action.isEnabled() and action.isChecked()
    qtbot.keyClick(two, "l")
    assert not two.state.view.linked and not two.stage.viewport.linked
    two.stage.viewport.take((5.0, 5.0))
    qtbot.keyClick(two, "3")
    assert len(set(two.stage.viewport.orbits)) == 2
    qtbot.keyClick(two, "l")
    assert len(set(two.stage.viewport.orbits)) == 1


@pytest.mark.parametrize("layout", ["one", "apart", "grid"])
def test_bones_in_the_colours_of_their_errors_in_every_layout(two, qtbot, layout):
    two.state.view.layout = layout
    assert not two.stage.scale.isVisible()
    qtbot.keyClick(two, "e")
    assert two.stage.scale.isVisible()
    people = [a for items in two.stage.viewport.views for a in items]
    for item in people:
        if item.key == "truth":
            assert item.joint_colours is None
        else:
            error = two.state.results.shown.results.models[int(item.key[-1])].series["mpjpe_mm"].values
            at = two.state.document.clip.times[41]
            assert np.array_equal(item.colours_at(at, None), error_colours(error[20]))
    qtbot.keyClick(two, "e")
    assert all(a.joint_colours is None for items in two.stage.viewport.views for a in items)


def test_without_a_truth_there_are_no_errors_to_colour(window, qtbot):
    window.state.view.error_colours = True
    window.state.set_clip(LoadedClip("seen.json", Reader(), window.state.results.shown.results.kept))
    qtbot.waitUntil(lambda: window.state.results.shown is not None, timeout=10_000)
    action = window.actions_["errors"]
    assert not action.isEnabled()
    assert "no 3D truth" in action.toolTip()
    assert all(a.joint_colours is None for a in window.stage.viewport.views[0])
    assert not window.stage.scale.isVisible()


def test_layout_and_link_are_remembered(qtbot, tmp_path):
    ini = str(tmp_path / "s.ini")
    window = window_on(None, ini, Models())
    qtbot.addWidget(window)
    assert (window.state.view.layout, window.state.view.linked) == ("one", True)
    window.state.view.layout = "grid"
    window.state.view.linked = False
    window.close()
    again = window_on(None, ini, Models())
    qtbot.addWidget(again)
    assert (again.state.view.layout, again.state.view.linked, again.stage.viewport.linked) == ("grid", False, False)
    assert again.actions_["grid"].isChecked() and not again.actions_["linked"].isChecked()
    again.close()


def test_a_session_brings_the_views_back(two, qtbot, tmp_path):
    state, view = two.state, two.stage.viewport
    state.view.layout = "grid"
    state.view.linked = False
    state.view.error_colours = True
    view.take((view.width() - 5.0, 5.0))
    view.set_preset("top")
    view.set_orbits([view.orbits[0].turned(0.3, 0.1), view.orbits[1]])
    orbits = view.orbits
    save_session(two.desk, tmp_path / "s.json")
    assert len(json.loads((tmp_path / "s.json").read_text())["view"]["orbits"]) == 2
    state.view.layout = "one"
    state.view.linked = True
    state.view.error_colours = False
    open_path(two.desk, str(tmp_path / "s.json"))
    qtbot.waitUntil(lambda: state.view.layout == "grid" and state.results.shown is not None, timeout=10_000)
    assert (state.view.linked, state.view.error_colours) == (False, True)
    assert view.orbits == orbits


def test_a_session_of_linked_views_holds_one_camera(two, tmp_path):
    two.state.view.layout = "grid"
    orbit = two.stage.viewport.orbit
    save_session(two.desk, tmp_path / "s.json")
    view = json.loads((tmp_path / "s.json").read_text())["view"]
    assert view["orbits"] == [] and view["orbit"]["distance"] == orbit.distance


def test_the_input_leaves_room_for_the_person_beside_it(two):
    stage = two.stage
    for layout in ("one", "apart", "grid"):
        two.state.view.layout = layout
        settle()
        assert stage.inset.width() <= 0.41 * stage.viewport.view_size[0]
        assert stage.viewport.rect().contains(stage.inset.geometry())


@pytest.mark.parametrize("coloured", [False, True])
def test_side_by_side_name_and_error_stand_over_every_head(two, qtbot, coloured):
    state, view = two.state, two.stage.viewport
    state.view.error_colours = coloured
    view.set_preset("front")
    state.view.layout = "apart"
    state.moment.set_frame(31)
    tags = [tag for tag in view._named.tags.tags if tag.isVisible()]
    errors = [f"{m.over_time('mpjpe_mm')[15]:.1f} mm" for m in state.results.shown.results.models]
    assert [(tag.name, tag.note) for tag in tags] == list(
        zip(["Ground truth", FIRST, SECOND], ["", *errors], strict=True)
    )
    for tag, item in zip(tags, view.views[0], strict=True):
        pixels = view.camera().project(item.at(state.moment.seconds))[0]
        assert abs(tag.geometry().center().x() - pixels[:, 0].mean()) < 40
        assert tag.geometry().bottom() < pixels[:, 1].min() and view.rect().contains(tag.geometry())
    assert not any(a.geometry().intersects(b.geometry()) for a in tags for b in tags if a is not b)
    shades = np.asarray(view._named.tags.tags[1]._colour)
    assert shades == view.views[0][1].colour, "the chip keeps the model's colour"
    assert not view._named.legends[0].isVisible()
    state.view.layout = "one"
    assert view._named.legends[0].isVisible() and not any(tag.isVisible() for tag in tags)


def test_tools_have_their_names_beside_their_icons_where_there_is_room(window):
    style, tools = Qt.ToolButtonStyle, {k: b for k, b in window.stage.buttons.items() if not b.icon().isNull()}
    size = window.size()
    for width, wanted in ((1900, style.ToolButtonTextBesideIcon), (1000, style.ToolButtonIconOnly)):
        window.resize(width, 700)
        settle()
        assert {button.toolButtonStyle() for button in tools.values()} == {wanted}
        assert all(window.stage.tools.rect().contains(button.geometry()) for button in tools.values())
    window.resize(size)
    corner = window.menuBar().cornerWidget().findChildren(QToolButton)
    assert all(button.isVisible() and button.width() > 60 for button in corner)
    assert [button.text() for button in corner] == ["Rate bench", "State inspector", "Streaming check"]


def lines_of(window, kind):
    items = [a for items in window.stage.viewport.views for a in items if isinstance(a, SegmentsItem)]
    return [item for item in items if isinstance(item.segments, kind)]


@pytest.mark.parametrize("layout", ["one", "apart", "grid"])
def test_error_vectors_lead_from_the_truth_to_every_joint(two, qtbot, layout):
    state = two.state
    state.view.layout = layout
    qtbot.keyClick(two, "d")
    vectors = lines_of(two, ErrorVectors)
    assert [item.key for item in vectors] == ["model 0", "model 1"]
    seconds = float(state.document.clip.times[40])
    for item, model in zip(vectors, state.results.shown.results.models, strict=True):
        ends = item.at(seconds) - item.offset
        away = 1000 * np.linalg.norm(ends[:, 1] - ends[:, 0], axis=-1)
        assert away == pytest.approx(model.series["mpjpe_mm"].values[20], abs=1e-6)
    qtbot.keyClick(two, "d")
    assert not lines_of(two, ErrorVectors)


def test_a_joint_that_is_looked_at_leaves_a_trail(two):
    state = two.state
    assert not lines_of(two, Trail)
    state.view.selection = 13
    trails = lines_of(two, Trail)
    assert [item.key for item in trails] == ["truth", "model 0", "model 1"]
    ends = trails[0].at(1.5)
    assert len(ends) == TRAIL_PIECES
    truth = state.document.clip.truth[:, 13]
    assert ends[-1, 1] == pytest.approx(truth[90], abs=1e-9) and ends[0, 0] == pytest.approx(truth[30], abs=1e-9)
    assert np.isfinite(trails[0].at(0.0)).all(), "at the beginning it is short"


def test_vectors_and_trails_are_drawn(two):
    view = two.stage.viewport
    before = view.grab().toImage()
    two.state.view.error_vectors = True
    assert view.grab().toImage() != before


def test_the_joint_below_the_mouse_is_named_with_its_error(two, monkeypatch):
    state, view, said = two.state, two.stage.viewport, []
    monkeypatch.setattr(QToolTip, "showText", lambda place, text, widget: said.append(text))
    state.view.layout = "apart"
    state.moment.set_frame(30)
    item = next(a for a in view.views[0] if a.key == "model 1")
    place = view.camera().project(item.at(state.moment.seconds))[0][13]
    view.hover(tuple(place))
    view.hover(tuple(place))
    error = state.results.shown.results.models[1].over_time("mpjpe_mm", 13)[15]
    assert said == [f"<b>left wrist</b><br>{SECOND} · {error:.1f} mm"]
    view.hover((2.0, 2.0))
    assert len(said) == 1
