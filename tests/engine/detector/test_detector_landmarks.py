"""Keypoints: decoding and refinement, against known answers and the rule written out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.detector.landmarks import POINTS, decode, refined, sigmoid
from engine.detector.regions import Region


def plain_refined(places: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """The rule a point and a pixel at a time."""
    moved = places.copy()
    _, height, width = heat.shape
    for k, (x, y) in enumerate(places):
        column, row = int(x * width), int(y * height)
        if not (0 <= column < width and 0 <= row < height):
            continue
        total = sum_x = sum_y = most = 0.0
        for r in range(max(0, row - 3), min(height, row + 4)):
            for c in range(max(0, column - 3), min(width, column + 4)):
                weight = 1 / (1 + math.exp(-heat[k, r, c]))
                total, most = total + weight, max(most, weight)
                sum_x, sum_y = sum_x + weight * c, sum_y + weight * r
        if most >= 0.5:
            moved[k] = sum_x / total / width, sum_y / total / height
    return moved


def test_refinement_is_the_plain_rule():
    random = np.random.default_rng(0)
    heat = random.normal(-3, 3, (200, 64, 64)).astype(np.float32)
    places = random.uniform(-0.1, 1.1, (200, 2))
    places[:4] = [[0, 0], [0.999, 0.999], [1, 0.5], [-0.001, 0.5]]
    found = refined(places, heat)
    np.testing.assert_allclose(found, plain_refined(places, heat), atol=1e-9)
    assert (found != places).any(1).sum() > 100


def test_a_single_hot_pixel():
    heat = np.full((1, 64, 64), -100, np.float32)
    heat[0, 20, 33] = 100
    np.testing.assert_allclose(refined(np.array([[0.5, 0.3]]), heat), [[33 / 64, 20 / 64]])
    np.testing.assert_allclose(refined(np.array([[0.8, 0.3]]), heat), [[0.8, 0.3]])  # too far away to be its own


def test_points_that_are_no_numbers_stay():
    assert np.isnan(refined(np.array([[np.nan, 0.5]]), np.zeros((1, 64, 64), np.float32))[0, 0])


def test_decoding():
    raw = np.zeros((POINTS, 5), np.float32)
    raw[:, 0], raw[:, 1] = 64, 192
    raw[:, 3], raw[:, 4] = math.log(3), 100  # 0.75, 1
    cold = np.full((POINTS, 64, 64), -100, np.float32)
    found = decode(raw.ravel(), 0.8, cold, Region(100, 50, 200))
    np.testing.assert_allclose(found.xy, [[50, 100]] * POINTS)
    np.testing.assert_allclose(found.confidence, 0.75, atol=1e-7)
    assert found.flag == 0.8
    assert found.box == (50, 100, 50, 100)


def test_sigmoid_has_no_limits():
    with np.errstate(all="raise"):
        assert sigmoid(np.array([-1e30, 0, 1e30])).tolist() == pytest.approx([0, 0.5, 1])
