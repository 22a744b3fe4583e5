"""The 3D view as a widget: what it shows, how it is steered, what it tells."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from app.view3d.items import SkeletonItem
from app.view3d.theme import THEMES
from engine.motion.skeleton import H36M_17

ORANGE = "#e69f00"
TIMES = np.arange(120) / 60
WALK = np.linspace(0, 3, 120)[:, None, None] * np.array([1.0, 0.0, 0.0])


def person(key: str = "truth", colour=None, **more) -> SkeletonItem:
    pose = np.array(
        [
            [0, 0, 0.95], [-0.13, 0, 0.93], [-0.14, -0.12, 0.5], [-0.15, 0.05, 0.08], [0.13, 0, 0.93],
            [0.15, 0.12, 0.51], [0.15, 0.33, 0.15], [0, 0.01, 1.18], [0, 0, 1.44], [0, -0.06, 1.56],
            [0, -0.03, 1.7], [0.17, 0, 1.42], [0.24, -0.06, 1.13], [0.22, -0.28, 1.0], [-0.17, 0, 1.42],
            [-0.25, 0.08, 1.14], [-0.22, 0.02, 0.9],
        ]
    )  # fmt: skip
    return SkeletonItem(key, key.title(), H36M_17, TIMES, pose + WALK, colour=colour, **more)


@pytest.fixture(params=["picture", "window"])
def view(request, qtbot):
    from app.view3d.surface import window_renderer
    from app.view3d.viewport import Viewport

    if request.param == "window" and not window_renderer():
        pytest.skip("Qt has no OpenGL on this platform")
    try:
        widget = Viewport(surface=request.param)
    except (RuntimeError, OSError) as reason:
        pytest.skip(f"no OpenGL to draw with: {reason}")
    qtbot.addWidget(widget)
    widget.resize(480, 360)
    with qtbot.waitSignal(widget.drawn):
        widget.show()
    return widget


def picture(view, qtbot) -> np.ndarray:
    """(H, W, 3) in [0, 1], what the person sees."""
    with qtbot.waitSignal(view.drawn):
        view._refresh()
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return rows[:, : image.width(), 2::-1] / 255


def drag(view, start, end, button, modifiers=Qt.KeyboardModifier.NoModifier):
    target = view._surface.widget
    none = Qt.MouseButton.NoButton
    for kind, place, which, held in (
        (QEvent.Type.MouseButtonPress, start, button, button),
        (QEvent.Type.MouseMove, end, none, button),
        (QEvent.Type.MouseButtonRelease, end, button, none),
    ):
        point = QPointF(*place)
        event = QMouseEvent(kind, point, QPointF(target.mapToGlobal(point)), which, held, modifiers)
        QApplication.sendEvent(target, event)


def wheel(view, notches: int):
    target = view._surface.widget
    event = QWheelEvent(
        QPointF(50, 50), QPointF(50, 50), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(target, event)


def test_an_empty_view_says_what_to_do(view, qtbot):
    view.set_empty_text("Open a file")
    assert view._empty.isVisible() and view._empty.text() == "Open a file"
    assert not view._named.legends[0].isVisible()
    view.set_items([person()])
    assert not view._empty.isVisible()
    view.set_items([])
    assert view._empty.isVisible()


def test_people_appear_and_fill_the_view(view, qtbot):
    view.set_items([person(), person("model", ORANGE)])
    seen = picture(view, qtbot)
    coloured = np.argwhere(seen[..., 0] - seen[..., 2] > 0.25)
    coloured = coloured[(coloured[:, 1] > 150)]  # not the legend, not the triad
    assert np.ptp(coloured[:, 0]) > 0.75 * view.height()


def test_people_side_by_side_stand_below_the_legend_and_a_crowd_in_one_place_keeps_its_size(view):
    crowd = [person(f"somebody with a long name {k}", ORANGE) for k in range(5)]
    right = view.orbit.rotation[0]
    view.set_items([one.moved(0.9 * k * right) for k, one in enumerate(crowd)])
    pixels = np.concatenate([view.camera().project(one.at(0))[0] for one in view.views[0]])
    assert pixels[:, 1].min() > view._named.legends[0].geometry().bottom()
    assert (pixels >= 0).all() and (pixels <= view.view_size).all()
    view.set_items(crowd)
    view.frame_all()
    pixels = view.camera().project(crowd[0].at(0))[0]
    assert pixels[:, 1].min() < view._named.legends[0].geometry().bottom()
    assert np.ptp(pixels[:, 1]) > 0.75 * view.height()


def test_the_same_picture_as_without_a_window(view, qtbot):
    from app.view3d.offscreen import render_frame

    view.set_items([person(), person("model", ORANGE)])
    view.set_time(TIMES[40])
    view.set_orbit(view.orbit.turned(0.5, 0.1))
    seen = picture(view, qtbot)
    target = view.orbit.moved(view._panes.anchor)
    alone = render_frame([person(), person("model", ORANGE)], TIMES[40], (480, 360), target, legend=False)
    differing = np.abs(seen - alone / 255).max(-1) > 0.06  # a test screen may have 16 bits
    differing[:80, :160] = False  # the legend
    assert differing.mean() < 0.001


def test_themes(view, qtbot):
    for name, theme in THEMES.items():
        view.set_theme(name)
        assert np.abs(picture(view, qtbot)[2, -3] - theme.background).max() < 0.05


def test_the_camera_follows_the_person_and_can_stand_still(view, qtbot):
    view.set_items([person()])
    root = person().positions[:, 0]
    for frame in (20, 100):
        view.set_time(TIMES[frame])
        assert view.camera().project(root[frame])[0][0] == pytest.approx(240, abs=15)
    before = view.camera()
    view.set_follow(False)
    assert view.camera().centre == pytest.approx(before.centre)
    view.set_time(TIMES[20])
    assert view.camera().centre == pytest.approx(before.centre)


def test_following_does_not_change_the_orbit(view):
    view.set_items([person()])
    orbit = view.orbit
    view.set_time(TIMES[77])
    assert view.orbit == orbit


def test_mouse_navigation(view):
    view.set_items([person()])
    start = view.orbit
    drag(view, (100, 100), (160, 120), Qt.MouseButton.LeftButton)
    assert view.orbit.azimuth < start.azimuth and view.orbit.elevation > start.elevation
    assert view.orbit.target == start.target
    turned = view.orbit
    drag(view, (100, 100), (100, 160), Qt.MouseButton.RightButton)
    assert view.orbit.distance > turned.distance
    wheel(view, 3)
    assert view.orbit.distance < turned.distance * 1.1
    zoomed = view.orbit
    for button, modifiers in (
        (Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier),
        (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier),
    ):
        before = view.orbit.target
        drag(view, (100, 100), (130, 100), button, modifiers)
        assert view.orbit.target != before
        assert (view.orbit.azimuth, view.orbit.distance) == (zoomed.azimuth, zoomed.distance)


def test_a_click_picks_the_joint_below_it_and_a_drag_does_not(view, qtbot):
    view.set_items([person(), person("model", ORANGE, visible=False)])
    view.set_time(TIMES[30])
    pixels, _ = view.camera().project(person().positions[30])
    x, y = pixels[16]
    with qtbot.waitSignal(view.joint_picked) as picked:
        drag(view, (x, y), (x + 1, y), Qt.MouseButton.LeftButton)
    assert picked.args == ["truth", 16]
    with qtbot.assertNotEmitted(view.joint_picked):
        drag(view, (x, y), (x + 60, y), Qt.MouseButton.LeftButton)
        drag(view, (5, 5), (5, 5), Qt.MouseButton.LeftButton)


def test_linked_views_show_the_same_side(view, qtbot):
    from app.view3d.viewport import Viewport

    other = Viewport(surface="picture")
    qtbot.addWidget(other)
    view.camera_changed.connect(other.set_orbit)
    other.camera_changed.connect(view.set_orbit)
    for each in (view, other):
        each.set_items([person()])
        each.set_time(TIMES[50])
    view.set_orbit(view.orbit.turned(1.0, 0.2))
    assert other.orbit == view.orbit
    other.set_orbit(other.orbit.zoomed(0.5))
    assert other.orbit == view.orbit


def test_seen_from_a_given_camera(view):
    from engine.observation.virtual_camera import preset_camera

    view.set_items([person()])
    given = preset_camera("front-left", person().positions)
    view.set_camera(given)
    assert view.camera().centre == pytest.approx(given.centre)
    assert view.camera().rotation == pytest.approx(given.rotation, abs=1e-9)
    view.set_preset("top")
    assert view.camera().rotation[2] == pytest.approx((0, 0, -1), abs=1e-9)


def test_predictions_that_come_again_keep_the_camera(view):
    view.set_items([person()])
    view.set_orbit(view.orbit.turned(0.3, 0.0))
    orbit = view.orbit
    view.set_items([person(), person("model", ORANGE)])
    view.set_items([person(), person("model", ORANGE)])
    assert view.orbit == orbit


def test_a_resized_view_keeps_everybody_in_it(view, qtbot):
    view.set_items([person()])
    with qtbot.waitSignal(view.drawn):
        view.resize(300, 500)
    qtbot.waitUntil(lambda: view._surface.widget.width() == 300)
    pixels, _ = view.camera().project(person().positions[0])
    assert (pixels >= 0).all() and (pixels <= (300, 500)).all()


def test_drawing_is_measured(view, qtbot):
    view.set_items([person()])
    for frame in range(5):
        with qtbot.waitSignal(view.drawn):
            view.set_time(TIMES[frame + 1])
    assert 0 < view.last_draw_ms < 5000
    assert view.display_fps >= 5
    assert view.renderer


def test_files_and_keys_are_left_to_the_window(view):
    assert not view.acceptDrops() and not view._surface.widget.acceptDrops()
    assert view._surface.widget.focusPolicy() == Qt.FocusPolicy.NoFocus
