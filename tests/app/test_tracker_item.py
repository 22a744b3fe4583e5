"""Trackers as items of the 3D view: what they answer for a moment, where they are drawn, whose they are."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from tracker_fakes import TRACKED, tracked_state
from window_fakes import FIRST

from app.render.film import Look, people_of
from app.view3d.legend import named
from app.view3d.tracker_item import TrackerItem
from app.view3d.visuals.trackers import GLYPHS, parts_of, points_of
from app.widgets.people import model_items
from engine.body import library
from engine.motion.rotations import axis_angle_to_quat, rotate
from engine.observation.lost_trackers import bridged
from engine.observation.trackers import HEADSET


@pytest.fixture(autouse=True)
def tubes(monkeypatch):
    monkeypatch.setattr(library, "_added", {})


def item(frames: int = 4, seen: np.ndarray | None = None, **more) -> TrackerItem:
    rng = np.random.default_rng(0)
    turned = axis_angle_to_quat(rng.normal(size=(frames, 3, 3)))
    places, seen = rng.normal(size=(frames, 3, 3)), np.ones((frames, 3), bool) if seen is None else seen
    return TrackerItem("m", "Model", HEADSET, np.arange(frames) / 10, places, turned, seen, **more)


def test_each_frame_is_held_until_the_next():
    trackers = item().moved((0.5, 0.0, 0.0))
    for seconds, frame in ((-1.0, 0), (0.0, 0), (0.09, 0), (0.1, 1), (9.0, 3)):
        found = trackers.at(seconds)
        np.testing.assert_array_equal(found.positions, trackers.positions[frame] + [0.5, 0, 0])
        np.testing.assert_array_equal(found.rotations, trackers.rotations[frame])
    assert trackers.extent().points.shape == (4, 3, 3) and trackers.path() is None
    assert not item(0).shown and not item(visible=False).shown


def test_a_glyph_moves_with_its_tracker_and_its_axes_are_the_tracker_s():
    trackers = item()
    points, start = points_of(trackers, 0.2), 0
    for k, name in enumerate(HEADSET):
        device, axes, lost = parts_of(name)
        ends = start + 2 * np.cumsum([len(device.radii), len(axes.radii), len(lost.radii)])
        place, turn = trackers.positions[2, k], trackers.rotations[2, k]
        np.testing.assert_allclose(points[start], place + rotate(turn, device.starts[0]), atol=1e-12)
        arms = points[ends[0] : ends[1]].reshape(3, 2, 3)
        np.testing.assert_allclose(arms[:, 0], np.tile(place, (3, 1)), atol=1e-12)
        np.testing.assert_allclose(
            np.cross(arms[0, 1] - place, arms[1, 1] - place) / np.linalg.norm(arms[2, 1] - place), arms[2, 1] - place,
            atol=1e-12,
        )  # fmt: skip
        assert np.isnan(points[ends[1] : ends[2]]).all()
        start = ends[2]
    assert start == len(points)


def test_a_lost_tracker_is_a_ball_of_wires_around_its_place():
    seen = np.ones((4, 3), bool)
    seen[2, 1] = False
    trackers = item(seen=seen)
    device, axes, lost = (2 * len(part.radii) for part in parts_of("left hand"))
    first = 2 * sum(len(part.radii) for part in parts_of("head"))
    before, now = (points_of(trackers, t)[first : first + device + axes + lost] for t in (0.1, 0.2))
    assert np.isfinite(before[: device + axes]).all() and np.isnan(before[device + axes :]).all()
    assert np.isnan(now[: device + axes]).all()
    away = np.linalg.norm(now[device + axes :] - trackers.positions[2, 1], axis=-1)
    np.testing.assert_allclose(away, 0.06, atol=1e-9)


def test_the_hands_mirror_each_other_and_other_trackers_are_their_axes():
    left, right = GLYPHS["left hand"], GLYPHS["right hand"]
    np.testing.assert_allclose(np.sort(np.abs(left.starts[:, 0])), np.sort(np.abs(right.starts[:, 0])), atol=1e-12)
    assert (left.starts[:, 0] > 0).all() and (right.starts[:, 0] < 0).all()
    assert [len(part.radii) for part in parts_of("hip")][:2] == [0, 3]


def test_models_of_trackers_wear_what_they_observed():
    state = tracked_state(FIRST, TRACKED, levels={"lost_hands": 0.5})
    lifting, tracked = state.results.shown.results.models
    assert lifting.observed is state.results.shown.results.kept
    worn = [each for each in model_items(state) if isinstance(each, TrackerItem)]
    assert [each.key for each in worn] == ["model 1"] and worn[0].colour is not None
    assert 0.2 < 1 - worn[0].seen[:, 1:].mean() < 0.8
    np.testing.assert_array_equal(worn[0].positions, bridged(tracked.observed).positions)
    again = pickle.loads(pickle.dumps(worn[0])).at(0.5)
    np.testing.assert_array_equal(again.positions, worn[0].at(0.5).positions)
    (names,) = named([model_items(state)])
    assert [each.label for each in names] == [FIRST, TRACKED], "one line a model, whatever it wears"


@pytest.mark.parametrize(("layout", "count"), [("one", 1), ("grid", 2), ("apart", 2)])
@pytest.mark.slow
def test_what_two_models_observed_alike_is_drawn_once_in_one_place(layout, count):
    state = tracked_state(TRACKED, TRACKED)
    state.view.layout = layout
    assert sum(isinstance(each, TrackerItem) for each in model_items(state)) == count


@pytest.mark.slow
def test_pictures_without_a_window_hold_them_too():
    results = tracked_state(FIRST, TRACKED).results.shown.results
    truth, lifting, tracked = people_of(results, Look())
    assert [any(isinstance(each, TrackerItem) for each in person) for person in (truth, lifting, tracked)] == [
        False, False, True,
    ]  # fmt: skip
    both = people_of(tracked_state(TRACKED, TRACKED).results.shown.results, Look())
    assert sum(isinstance(each, TrackerItem) for person in both for each in person) == 1
