"""Squares of a picture: known places, round trips, and what is cut out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.detector.regions import Region, cut_out, network_input, person_region, tiles, whole_picture

PLACE = st.floats(-2000, 2000)
LENGTH = st.floats(1, 2000)
ANGLE = st.floats(-3.1, 3.1)


def test_an_upright_person_has_an_upright_square():
    region = person_region(np.array([100.0, 200.0]), np.array([100.0, 120.0]))
    assert (region.x, region.y, region.side, region.rotation) == (100, 200, 200, 0)


@pytest.mark.parametrize(("circle", "turn"), [((180, 200), 90), ((20, 200), -90), ((100, 280), -180)])
def test_the_square_turns_with_the_person(circle: tuple[int, int], turn: float):
    region = person_region(np.array([100.0, 200.0]), np.array(circle, float))
    assert math.degrees(region.rotation) == pytest.approx(turn)


@given(PLACE, PLACE, LENGTH, ANGLE)
def test_the_circle_point_is_straight_above_the_middle_of_the_square(x: float, y: float, length: float, turn: float):
    hip = np.array([x, y])
    circle = hip + length * np.array([math.sin(turn), -math.cos(turn)])
    seen = person_region(hip, circle).to_picture(np.array([[0.5, 0.5], [0.5, 0.5 - 1 / 2.5]]))
    np.testing.assert_allclose(seen, [hip, circle], atol=1e-6 * (1 + length))


def test_a_square_as_it_is():
    picture = np.random.default_rng(0).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    np.testing.assert_array_equal(cut_out(picture, whole_picture(8, 8), 8), picture)


def test_outside_of_the_picture():
    white = np.full((4, 8, 3), 255, np.uint8)
    square = whole_picture(8, 4)
    assert (cut_out(white, square, 8)[[0, 1, 6, 7]] == 0).all()
    assert (cut_out(white, square, 8)[2:6] == 255).all()
    assert (cut_out(white, square, 8, repeat_edge=True) == 255).all()


def test_a_turned_square_stands_upright():
    picture = np.zeros((101, 101, 3), np.uint8)
    picture[48:53, 50:95] = 255  # a bar that points to the right of the middle
    upright = cut_out(picture, Region(50, 50, 100, math.pi / 2), 100)
    assert upright[10:45, 50].min() == 255
    assert upright[60:, 50].max() == 0


def test_what_the_network_is_shown():
    picture = np.array([[[0, 51, 255]]], np.uint8)  # blue, green, red
    shown = network_input(picture, 1 / 127.5, -1)
    assert shown.dtype == np.float32
    np.testing.assert_allclose(shown[0, :, 0, 0], [1, -0.6, -1], atol=1e-6)


@pytest.mark.parametrize(
    ("size", "count"), [((1920, 1080), 3), ((1080, 1920), 3), ((640, 480), 2), ((500, 500), 0), ((9, 9000), 8)]
)
def test_number_of_tiles(size: tuple[int, int], count: int):
    assert len(tiles(*size)) == count


@given(st.integers(16, 4000), st.integers(16, 4000))
def test_tiles_cover_the_picture_and_each_other(width: int, height: int):
    found = tiles(width, height)
    if not found:
        assert max(width, height) < 1.2 * min(width, height)
        return
    along = np.array([tile.x if width > height else tile.y for tile in found])
    side = found[0].side
    assert side == min(width, height)
    assert along[0] == side / 2
    assert along[-1] == pytest.approx(max(width, height) - side / 2)
    assert len(found) == 8 or (np.diff(along) <= 0.6 * side + 1e-9).all()
