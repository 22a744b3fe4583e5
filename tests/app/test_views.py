"""Several views in one viewport: linked and unlinked cameras, picking, legends."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication
from window_fakes import REST

from app.view3d.items import SkeletonItem
from app.view3d.theme import THEMES
from engine.motion.skeleton import H36M_17

COLOURS = ("#d55e00", "#56b4e9", "#009e73", "#cc79a7")
TIMES = np.arange(60) / 60
GLIDE = np.linspace(0, 2, 60)[:, None, None] * np.array([1.0, 0.0, 0.0])
TRUTH = SkeletonItem("truth", "Ground truth", H36M_17, TIMES, REST + GLIDE)


def model(number: int, offset=(0.0, 0.0, 0.0)) -> SkeletonItem:
    return still(f"model {number}", f"Model {number}", REST + GLIDE + offset, COLOURS[number])


def still(key: str, label: str, positions: np.ndarray, colour: str) -> SkeletonItem:
    return SkeletonItem(key, label, H36M_17, TIMES[: len(positions)], positions, colour=colour)


def grid(count: int) -> list[list[SkeletonItem]]:
    """Views of the truth with models that stand apart from each other."""
    return [[TRUTH, model(k, (0.1 * k, 0.0, 0.0))] for k in range(count)]


@pytest.fixture
def view(qtbot):
    from app.view3d.viewport import Viewport

    try:
        widget = Viewport(surface="picture")
    except (RuntimeError, OSError) as reason:
        pytest.skip(f"no OpenGL to draw with: {reason}")
    qtbot.addWidget(widget)
    widget.resize(802, 602)
    with qtbot.waitSignal(widget.drawn):
        widget.show()
    return widget


def mouse(view, kind, place, button=Qt.MouseButton.LeftButton):
    target, point = view._surface.widget, QPointF(*place)
    held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else button
    QApplication.sendEvent(
        target, QMouseEvent(kind, point, QPointF(target.mapToGlobal(point)), button, held, Qt.KeyboardModifier(0))
    )


def drag(view, start, end):
    mouse(view, QEvent.Type.MouseButtonPress, start)
    mouse(view, QEvent.Type.MouseMove, end)
    mouse(view, QEvent.Type.MouseButtonRelease, end)


def middle(view, number):
    box = view._panes.shown[number].box
    return box.x + box.width / 2, box.y + box.height / 2


def picture(view, qtbot) -> np.ndarray:
    """(H, W, 3) in [0, 1]; the 3D part alone, without legends."""
    with qtbot.waitSignal(view.drawn):
        view._refresh()
    return view._surface.canvas.picture()[::-1, :, 2::-1] / 255


def cut(seen, box) -> np.ndarray:
    return seen[box.y : box.y + box.height, box.x : box.x + box.width]


def same(cameras) -> bool:
    first = cameras[0]
    return all(
        np.array_equal(camera.rotation, first.rotation)
        and np.array_equal(camera.centre, first.centre)
        and camera.focal == first.focal
        for camera in cameras
    )


def test_linked_views_turn_together_whichever_is_dragged(view):
    view.set_views(grid(4))
    for number in range(4):
        before = view.orbit
        x, y = middle(view, number)
        drag(view, (x, y), (x + 40, y + 10))
        assert view.orbit != before
        assert len(set(view.orbits)) == 1
        assert same(view.cameras())


def test_unlinked_views_turn_alone_and_linking_takes_the_touched_ones_camera(view):
    view.set_views(grid(3))
    view.set_linked(False)
    start = view.orbit
    for number in (0, 2):
        x, y = middle(view, number)
        drag(view, (x, y), (x + 30 + 20 * number, y))
    first, second, third = view.orbits
    assert second == start
    assert len({first, second, third}) == 3
    view.set_preset("top")
    assert view.orbits[:2] == (first, second)
    touched = view.orbit
    assert touched == view.orbits[2] != third
    view.set_linked(True)
    assert view.orbits == (touched,) * 3


def test_views_that_come_back_have_their_cameras(view):
    view.set_views(grid(2))
    view.set_linked(False)
    for number in range(2):
        x, y = middle(view, number)
        drag(view, (x, y), (x + 50 - 20 * number, y))
    orbits = view.orbits
    view.set_views([[TRUTH]])
    view.set_views(grid(2))
    assert view.orbits == orbits
    assert orbits[0] != orbits[1]


def test_cameras_can_be_set_before_their_views_are_there(view):
    orbits = tuple(view.orbit.turned(0.2 * k, 0.0) for k in range(3))
    view.set_linked(False)
    view.set_orbits(orbits)
    view.set_views(grid(3))
    assert view.orbits == orbits


def test_every_view_shows_the_same_frame_along_the_same_path(view):
    view.set_views(grid(3))
    for frame in (5, 50):
        view.set_time(TIMES[frame])
        assert same(view.cameras())
        seen = [camera.project(TRUTH.positions[frame])[0] for camera in view.cameras()]
        assert np.array_equal(seen[0], seen[1]) and np.array_equal(seen[0], seen[2])
        size = view.view_size
        assert (seen[0] >= 0).all() and (seen[0] <= size).all()


@pytest.mark.parametrize("number", range(4))
def test_a_click_picks_the_joint_in_every_view(view, qtbot, number):
    view.set_views(grid(4))
    view.set_time(TIMES[20])
    pixels, _ = view.cameras()[number].project(model(number, (0.1 * number, 0, 0)).positions[20])
    frame = view._panes.shown[number].picture
    place = pixels[13] + (frame.x, frame.y)
    with qtbot.waitSignal(view.joint_picked) as picked:
        drag(view, tuple(place), tuple(place))
    assert picked.args[1] == 13
    assert picked.args[0] in ("truth", f"model {number}")


def test_a_click_in_one_view_does_not_pick_from_another(view, qtbot):
    view.set_views([[model(0)], [model(1, (0.7, 0.0, 0.0))]])
    pixels, _ = view.cameras()[1].project(model(1, (0.7, 0.0, 0.0)).positions[0])
    frame = view._panes.shown[0].picture
    with qtbot.assertNotEmitted(view.joint_picked):
        drag(view, tuple(pixels[13] + (frame.x, frame.y)), tuple(pixels[13] + (frame.x, frame.y)))


def test_linked_views_of_the_same_people_are_the_same_picture(view, qtbot):
    one = model(0, (0.1, 0.05, 0.0))
    twin = replace(one, key="twin", label="Twin")
    view.set_views([[TRUTH, one], [TRUTH, twin]])
    view.set_orbit(view.orbit.turned(0.4, 0.1))
    seen = picture(view, qtbot)
    left, right = (cut(seen, pane.box) for pane in view._panes.shown)
    height, width = left.shape[:2]
    corner = np.zeros((height, width), bool)
    corner[-130:, :130] = True  # the first view names the axes for both
    differing = np.abs(left - right).max(-1)[~corner] > 0.02
    assert differing.mean() < 1e-4  # rounding at an edge
    assert np.ptp(left[~corner]) > 0.5


def test_views_of_different_people_differ(view, qtbot):
    view.set_views(grid(4))
    seen = picture(view, qtbot)
    parts = [cut(seen, pane.box) for pane in view._panes.shown]
    for k, part in enumerate(parts):
        for other in parts[:k]:
            assert (np.abs(part - other).max(-1) > 0.1).mean() > 0.005


def test_nobody_is_drawn_outside_their_view(view, qtbot):
    far_right = still("m", "M", REST[None], COLOURS[0])
    view.set_views([[far_right], []])
    alone = picture(view, qtbot)
    view.set_orbit(view.orbit.moved(np.array([-1.0, 0.0, 0.0])).preset("front"))  # the person leaves on the right
    seen = picture(view, qtbot)
    left, right = view._panes.shown[0].box, view._panes.shown[1].box
    red = lambda part: (part[..., 0] - part[..., 2] > 0.2).sum()  # noqa: E731
    assert red(cut(alone, left)) > 100
    assert red(cut(seen, right)) == 0
    gap = seen[:, left.width : right.x]
    assert gap.shape[1] > 0
    assert np.abs(gap - THEMES["dark"].gap).max() < 0.01


def test_the_view_that_was_touched_is_framed_while_the_cameras_are_not_linked(view, qtbot):
    view.set_views(grid(2))

    def framed(number):
        box = view._panes.shown[number].box
        return np.abs(picture(view, qtbot)[box.y, box.x + box.width // 2] - THEMES["dark"].chosen).max() < 0.01

    assert not framed(0) and not framed(1)
    view.set_linked(False)
    mouse(view, QEvent.Type.MouseButtonPress, middle(view, 1))
    mouse(view, QEvent.Type.MouseButtonRelease, middle(view, 1))
    assert framed(1) and not framed(0)
    view.set_linked(True)
    assert not framed(1)


def test_everybody_is_named_once_models_first_and_with_their_notes(view):
    from app.view3d.legend import legend_scale, legend_size, named

    views = grid(3)
    view.set_views(views)
    assert [[a.key for a in lines] for lines in named(views)] == [["model 0", "truth"], ["model 1"], ["model 2"]]
    assert [[a.key for a in lines] for lines in named([views[0]])] == [["truth", "model 0"]]
    bare = view._named.legends[1].width()
    view.set_notes({"model 1": "38.2 mm"})
    assert view._named.legends[1].width() > bare
    assert view._named.legends[1].size() == legend_size([views[1][1]], {"model 1": "38.2 mm"}, legend_scale(602))
    assert view._named.legends[1].x() >= view._panes.shown[1].box.x


def test_a_long_name_stays_in_its_view(view):
    long = still("m", "a model with a very long name that nobody can read at once", REST[None], COLOURS[0])
    view.set_views([[long], [model(1)], [model(2)]])
    box = view._panes.shown[0].box
    assert view._named.legends[0].x() + view._named.legends[0].width() <= box.x + box.width


def test_the_people_stand_clear_of_the_titles(view):
    view.set_views(grid(4))
    for pane, camera, legend in zip(view._panes.shown, view.cameras(), view._named.legends, strict=True):
        head = camera.project(TRUTH.positions[0])[0][:, 1].min() + pane.picture.y
        assert head > pane.picture.y > legend.y()


def test_resizing_fits_again_what_was_fitted(view, qtbot):
    view.set_views(grid(2))
    view.set_linked(False)
    x, y = middle(view, 1)
    drag(view, (x, y), (x + 50, y))
    turned = view.orbits[1]
    with qtbot.waitSignal(view.drawn):
        view.resize(500, 300)
    qtbot.waitUntil(lambda: view._surface.widget.width() == 500)
    assert view.orbits[1] == turned
    pixels, _ = view.cameras()[0].project(TRUTH.positions[0])
    assert (pixels >= 0).all() and (pixels <= view.view_size).all()


def test_resizing_leaves_linked_cameras_alone_that_were_moved(view, qtbot):
    view.set_views(grid(2))
    nearer = view.orbit.zoomed(0.5)
    view.set_orbit(nearer)
    with qtbot.waitSignal(view.drawn):
        view.resize(500, 300)
    qtbot.waitUntil(lambda: view._surface.widget.width() == 500)
    assert view.orbits == (nearer, nearer)


def test_views_in_an_opengl_widget(qtbot):
    from app.view3d.surface import window_renderer
    from app.view3d.viewport import Viewport

    if not window_renderer():
        pytest.skip("Qt has no OpenGL on this platform")
    view = Viewport(surface="window")
    qtbot.addWidget(view)
    view.resize(802, 602)
    with qtbot.waitSignal(view.drawn):
        view.show()
    view.set_views([[model(0)], [model(1)]])
    with qtbot.waitSignal(view.drawn):
        view._refresh()
    image = view._surface.widget.grabFramebuffer()
    for pane, camera, colour in zip(view._panes.shown, view.cameras(), COLOURS, strict=False):
        (x, y), _ = camera.project(model(0).positions[0, [7, 8]].mean(0))  # between spine and neck
        seen = image.pixelColor(round(x) + pane.picture.x, round(y) + pane.picture.y)
        assert (seen.red() > seen.blue()) == (colour == COLOURS[0])
        assert abs(seen.red() - seen.blue()) > 30
    assert image.pixelColor(view._panes.shown[0].box.width + 1, 300).name() == "#0f1114"
