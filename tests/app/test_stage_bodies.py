"""Bodies in the window: of the truth and of models, by the options of the view."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from body_fakes import random_pose, tube_body
from window_fakes import settle

from app.look.error_colours import error_colours
from app.present.skin_errors import vertex_error_mm
from app.state.results import Worn
from app.view3d.body_item import BodyItem
from engine.body import library
from engine.body.posed import PosedBody

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def tubes(monkeypatch):
    monkeypatch.setattr(library, "_added", {})
    library.add(tube_body())


def walking(times, seed=0):
    """A body at the clip's times and place."""
    pose = random_pose(len(times), amount=0.2, seed=seed)
    return replace(pose, times=times, shape=np.zeros(10))


@pytest.fixture
def undressed(window, qtbot):
    """The window when the worker that dresses the truth is done, and its work taken away."""
    qtbot.waitUntil(lambda: window.state.results.worn is not None, timeout=30_000)
    window.state.results.worn = None
    return window


@pytest.fixture
def dressed(undressed):
    """The window with a body for the truth, and one that its model predicts."""
    window, state = undressed, undressed.state
    clip, shown = state.document.clip, state.results.shown
    model = replace(shown.results.models[0], body=walking(shown.results.times, seed=4))
    state.results.shown = replace(shown, results=replace(shown.results, models=(model,)))
    state.set_worn(Worn(clip, walking(clip.times)))
    settle()
    yield window
    state.view.figure, state.view.skin, state.view.error_colours = "body", "solid", False
    state.results.worn = None


def people(window):
    return [(item.key, type(item).__name__, getattr(item, "style", None)) for item in window.stage.viewport.views[0]]


def test_a_truth_that_is_dressed_becomes_a_body(undressed):
    window, state = undressed, undressed.state
    assert [kind for _, kind, _ in people(window)] == ["SkeletonItem", "SkeletonItem"]
    assert not window.actions_["both"].isEnabled() and "nobody here has a body" in window.actions_["both"].toolTip()
    state.set_worn(Worn(state.document.clip, walking(state.document.clip.times)))
    assert people(window) == [("truth", "BodyItem", "ghost"), ("model 0", "SkeletonItem", None)]
    assert window.actions_["both"].isEnabled()
    state.results.worn = None


def test_keys_choose_the_figure(dressed, qtbot):
    ghost, model = ("truth", "BodyItem", "ghost"), ("model 0", "BodyItem", "solid")
    assert people(dressed) == [ghost, model]
    qtbot.keyClick(dressed, "s")
    assert [kind for _, kind, _ in people(dressed)] == ["SkeletonItem"] * 2
    qtbot.keyClick(dressed, "x")
    bones = [(key, "SkeletonItem", None) for key in ("truth", "model 0")]
    assert people(dressed) == [ghost, bones[0], ("model 0", "BodyItem", "translucent"), bones[1]]
    qtbot.keyClick(dressed, "h")
    assert people(dressed) == [ghost, model]


def test_keys_choose_the_skin(dressed, qtbot):
    qtbot.keyClick(dressed, "w")
    assert [style for _, _, style in people(dressed)] == ["wire", "wire"]
    qtbot.keyClick(dressed, "t")
    assert [style for _, _, style in people(dressed)] == ["ghost", "translucent"]
    qtbot.keyClick(dressed, "t")
    assert dressed.state.view.skin == "solid"


def test_side_by_side_the_truth_is_no_ghost_and_bones_stay_in_their_body(dressed):
    dressed.state.view.layout = "apart"
    assert [style for _, _, style in people(dressed)] == ["solid", "solid"]
    dressed.state.view.figure = "both"
    offsets = [item.offset for item in dressed.stage.viewport.views[0]]
    assert offsets[0] == offsets[1] != offsets[2] == offsets[3]
    assert np.linalg.norm(np.subtract(offsets[2], offsets[0])) == pytest.approx(0.9)
    dressed.state.view.layout = "one"


def test_the_skin_has_the_colours_of_its_vertices_errors(dressed):
    state = dressed.state
    state.view.error_colours = True
    truth, model = dressed.stage.viewport.views[0]
    assert truth.skin_colours is None and isinstance(model, BodyItem)
    at = state.results.shown.results.times[9]
    pose, other, body = model.posed.pose, state.results.worn.pose, library.body("tubes")
    truth_frame = int(np.searchsorted(other.times, at + 1e-9, side="right")) - 1
    wanted = vertex_error_mm(PosedBody(body, pose), 9, PosedBody(body, other), truth_frame)
    assert np.array_equal(model.colours_at(at), error_colours(wanted))


def test_without_the_truths_mesh_the_skin_has_the_colours_of_its_joints_errors(dressed):
    state = dressed.state
    state.results.worn = None
    state.view.error_colours = True
    model = dressed.stage.viewport.views[0][1]
    error = state.results.shown.results.models[0].series["mpjpe_mm"].values[9]
    colours = model.colours_at(state.results.shown.results.times[9])
    assert colours.shape == (len(library.body("tubes")), 3)
    low, high = error_colours(np.array([error.min(), error.max()]))
    assert low[1] - 0.01 <= colours[:, 1].min() and colours[:, 1].max() <= high[1] + 0.01  # green grows with the error


def test_a_click_picks_the_joint_that_figures_are_about(dressed, qtbot):
    view = dressed.stage.viewport
    seconds = dressed.state.moment.seconds
    item = view.views[0][1]
    (x, y), _ = view.camera().project(item.pickable(seconds)[3])
    with qtbot.waitSignal(view.joint_picked) as picked:
        view.click((float(x), float(y)))
    joint = picked.args[1]
    near = view.camera().project(item.pickable(seconds)[joint])[0]
    assert np.hypot(*(near - (x, y))) < 12 and joint < 17
