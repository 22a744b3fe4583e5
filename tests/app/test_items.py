"""Items of the 3D view: what they answer for a moment, how they are picked, and how one adds a type of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from window_fakes import REST

from app.view3d.items import Item, SkeletonItem, Track, one_view_each, pick, sample_at
from engine.cameras.pinhole import look_at
from engine.motion.skeleton import H36M_17

CAMERA = look_at("c", np.array([0.0, -4.0, 1.0]), np.array([0.0, 0.0, 1.0]), fov_deg=40, image_size=(320, 240))


def skeleton(times, key="truth", **more) -> SkeletonItem:
    return SkeletonItem(key, key, H36M_17, times, REST + np.asarray(times)[:, None, None], **more)


def test_the_last_sample_that_is_not_after_a_moment_is_on():
    times = np.array([0.0, 0.1, 0.3])
    for seconds, index in ((-1.0, 0), (0.0, 0), (0.0999, 0), (0.1 - 1e-12, 1), (0.1, 1), (0.29, 1), (0.3, 2), (9.0, 2)):
        assert sample_at(times, seconds) == index


def test_items_of_different_rates_answer_for_one_moment_each_by_itself():
    truth, slow = skeleton(np.arange(240) / 120), skeleton(np.arange(15) / 7.5, "model", colour="#d55e00")
    for seconds in np.linspace(0, 1.9, 77):
        assert truth.at(seconds)[0, 2] == pytest.approx(0.95 + np.floor(seconds * 120 + 1e-6) / 120)
        assert slow.at(seconds)[0, 2] == pytest.approx(0.95 + np.floor(seconds * 7.5 + 1e-6) / 7.5)


def test_an_item_that_stands_aside_shares_its_positions():
    truth = skeleton(np.arange(10) / 60)
    aside = truth.moved((0.5, 0.0, 0.0)).moved((0.25, -1.0, 0.0))
    assert aside.positions is truth.positions
    assert aside.at(0.1) == pytest.approx(truth.at(0.1) + (0.75, -1.0, 0.0))
    assert aside.extent().points == pytest.approx(truth.extent().points + (0.75, -1.0, 0.0))
    assert aside.path().points == pytest.approx(truth.path().points + (0.75, -1.0, 0.0))


def test_an_extent_is_a_sample_of_the_whole_time_however_long():
    for frames in (1, 7, 20_000):
        times, points = skeleton(np.arange(frames) / 60).extent()
        assert 1 <= len(times) == len(points) <= 400
        assert times[0] == 0.0 and times[-1] >= 0.98 * (frames - 1) / 60


def test_an_extent_leaves_out_stray_frames():
    times = np.arange(60) / 60
    whole, strayed = skeleton(times), skeleton(times)
    strayed.positions[0] += 35.0
    np.testing.assert_array_equal(strayed.extent().points, whole.extent().points[1:])
    assert len(skeleton(np.zeros(0)).extent().points) == 0


def test_a_grid_has_the_truth_in_every_view():
    colours = {"truth": None, "first": "#d55e00", "second": "#56b4e9"}
    truth, first, second = (skeleton(np.zeros(1), key, colour=colour) for key, colour in colours.items())
    assert one_view_each([truth, first, second]) == [[truth, first], [truth, second]]
    assert one_view_each([truth]) == [[truth]]


@dataclass(frozen=True, eq=False)
class Marker(Item):
    """A ball that moves along x at a metre a second."""

    def at(self, seconds):
        return np.array([[seconds, 0.0, 1.0]])

    def pickable(self, seconds):
        return self.at(seconds)

    def extent(self):
        return Track(np.array([0.0]), self.at(0.0)[None])


def balls():
    """The visual of a `Marker`, made here and not with the others: importing it needs OpenGL."""
    from app.view3d.visuals.capsules import Capsules

    class Balls:
        def __init__(self, parent):
            self._markers = ()
            self._node = Capsules(np.zeros((1, 2), np.intp), np.array([[0.2, 0.2, 0.0]]), 1, parent=parent)

        def set_items(self, items, theme):
            self._markers = tuple(items)
            self._node.visible = bool(items)
            self._node.set_colours(np.array([theme.colour_of(item.colour) for item in items[:1]] or [theme.truth]))

        def set_time(self, seconds):
            for marker in self._markers:
                self._node.set_positions(marker.at(seconds))
            return []

        def see(self, pinhole):
            self._node.see(pinhole)

    return Balls


def test_a_type_of_item_is_added_with_its_visual_and_nothing_else(monkeypatch):
    try:
        from app.view3d.offscreen import Renderer
        from app.view3d.visuals import table

        renderer = Renderer((320, 240), legend=False)
    except (RuntimeError, OSError, ImportError) as reason:
        pytest.skip(f"no OpenGL to draw with: {reason}")
    monkeypatch.setattr(table, "VISUALS", dict(table.VISUALS))
    marker = Marker("ball", "A ball", colour="#0072b2")
    with pytest.raises(TypeError, match=r"Marker: no visual draws it; add one with .*table\.add"):
        renderer.set_items([marker])
    table.add(Marker, balls())
    renderer.set_items([skeleton(np.zeros(1)), marker])

    def blue(seconds):
        picture = renderer.render(seconds, CAMERA).astype(int)
        return picture[..., 2] - picture[..., 0] > 60

    for seconds in (0.5, 1.0):
        x, y = CAMERA.project(marker.at(seconds)[0])[0]
        assert blue(seconds)[int(y), int(x)]
        assert pick([marker], seconds, CAMERA, (x + 2, y)) == ("ball", 0)
    assert not blue(1.0)[:140, :170].any()  # below it, the axes
    renderer.set_items([Marker("ball", "A ball", colour="#0072b2", visible=False)])
    assert not blue(0.5)[:140].any()


def test_the_window_takes_an_added_type_too(qtbot, monkeypatch):
    from app.view3d.viewport import Viewport
    from app.view3d.visuals import table

    try:
        view = Viewport(surface="picture")
    except (RuntimeError, OSError) as reason:
        pytest.skip(f"no OpenGL to draw with: {reason}")
    qtbot.addWidget(view)
    monkeypatch.setattr(table, "VISUALS", {**table.VISUALS, Marker: balls()})
    view.resize(320, 240)
    view.set_items([Marker("ball", "A ball", colour="#0072b2")])
    with qtbot.waitSignal(view.drawn):
        view.show()
    (x, y), _ = view.camera().project(np.array([0.0, 0.0, 1.0]))
    with qtbot.waitSignal(view.joint_picked) as picked:
        view.click((float(x), float(y)))
    assert picked.args == ["ball", 0]
