"""What trackers look like in the 3D scene: devices, axes in their colours, the ball of a lost one; software GL."""

from __future__ import annotations

import numpy as np
import pytest

from app.view3d.theme import THEMES
from app.view3d.tracker_item import TrackerItem
from app.view3d.visuals.axes import COLOURS
from app.view3d.visuals.trackers import BALL
from engine.cameras.pinhole import look_at
from engine.observation.trackers import HEADSET

SIZE = (480, 360)
FRONT = look_at("front", np.array([0.0, -2.0, 1.2]), np.array([0.0, 0.0, 1.2]), fov_deg=44, image_size=SIZE)
PLACES = np.array([[0.0, 0.0, 1.5], [0.4, 0.0, 1.1], [-0.4, 0.0, 1.1]])


@pytest.fixture(scope="module")
def renderer():
    try:
        from app.view3d.offscreen import Renderer

        return Renderer(SIZE, legend=False)
    except (RuntimeError, OSError, ImportError) as reason:
        pytest.skip(f"no OpenGL to draw with: {reason}")


def draw(renderer, items, theme: str = "dark") -> np.ndarray:
    renderer.set_style(SIZE, theme, legend=False)
    renderer.set_items(items)
    return renderer.render(0, FRONT, (0.0, 0.0, 0.0)) / 255


def trackers(*lost: int) -> TrackerItem:
    seen = np.array([[k not in lost for k in range(3)]])
    return TrackerItem("m", "m", HEADSET, np.zeros(1), PLACES[None], np.tile([1.0, 0, 0, 0], (1, 3, 1)), seen)


def around(picture: np.ndarray, place: np.ndarray, reach: float = 0.2) -> np.ndarray:
    """The pixels within so many metres of a place."""
    (x, y), _ = FRONT.project(place)
    half = round(reach * FRONT.focal[0] / 2)
    return picture[max(int(y) - half, 0) : int(y) + half, max(int(x) - half, 0) : int(x) + half]


@pytest.mark.parametrize("theme", THEMES)
def test_every_device_is_seen_where_it_is(renderer, theme):
    empty, picture = draw(renderer, [], theme), draw(renderer, [trackers()], theme)
    changed = np.abs(picture - empty).max(-1) > 0.1
    for place in PLACES:
        assert around(changed, place).mean() > 0.05
    rest = changed.copy()
    for place in PLACES:
        around(rest, place, 0.26)[...] = False
    assert not rest.any()


@pytest.mark.parametrize("axis", [0, 2])
def test_axes_have_the_colours_of_the_triad(renderer, axis):
    picture, tip = draw(renderer, [trackers()]), PLACES[1] + 0.13 * np.eye(3)[axis]
    (x, y), _ = FRONT.project(tip)
    seen, wanted = picture[int(y), int(x)], COLOURS[axis]
    assert np.arccos(seen @ wanted / np.linalg.norm(seen) / np.linalg.norm(wanted)) < 0.2


@pytest.mark.parametrize("theme", THEMES)
def test_a_lost_tracker_is_hollow(renderer, theme):
    empty, picture = draw(renderer, [], theme), draw(renderer, [trackers(1)], theme)
    changed = np.abs(picture - empty).max(-1) > 0.08
    ball = around(changed, PLACES[1])
    assert 0.01 < ball.mean() < 0.2, "wires, and the floor between them"
    (x, y), _ = FRONT.project(PLACES[1] + [BALL, 0, 0])
    assert changed[int(y) - 1 : int(y) + 2, int(x) - 2 : int(x) + 3].any(), "its rim"
    others = np.abs(picture - draw(renderer, [trackers()], theme)).max(-1) > 0.02
    around(others, PLACES[1], 0.26)[...] = False
    assert not others.any(), "the other trackers stay as they were"
