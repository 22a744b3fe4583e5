"""Triangulation: known answers, the plain reference, outliers, exchanged sides, missing views."""

from __future__ import annotations

import numpy as np
import pytest
from rig_fakes import ARMS, LEGS, person, ring, seen

from engine.cameras.sight import Sight, solve
from engine.cameras.swaps import choices
from engine.cameras.triangulation import triangulate
from engine.cameras.triangulation_plain import linear_point, robust_point
from engine.motion.limb_pairs import limb_pairs
from engine.motion.skeleton import COCO_17, H36M_17, MEDIAPIPE_33


@pytest.fixture(scope="module")
def walk() -> np.ndarray:
    return person()


@pytest.mark.parametrize("views", [2, 3, 8])
def test_clean_points_come_back(walk, views):
    cameras = ring(views)
    pixels = seen(cameras, walk)
    found = triangulate(cameras, pixels, np.ones(pixels.shape[:-1]), (ARMS, LEGS))
    np.testing.assert_allclose(found.points, walk, atol=1e-7)
    assert found.errors.max() < 1e-4 and found.used.all() and not found.swapped.any()


def test_solutions_of_small_systems():
    rows = np.random.default_rng(0).normal(size=(50, 5, 3))
    matrix, right = rows.transpose(0, 2, 1) @ rows, np.random.default_rng(1).normal(size=(50, 3))
    upper = np.stack([matrix[:, i, j] for i, j in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))])
    np.testing.assert_allclose(solve(upper, right.T).T, np.linalg.solve(matrix, right[..., None])[..., 0], rtol=1e-5)
    assert not solve(np.zeros((6, 1)), np.zeros((3, 1))).any()


def test_every_point_is_the_plain_reference_s(walk):
    rng = np.random.default_rng(0)
    cameras = ring(4)
    pixels = seen(cameras, walk[:6])
    pixels += rng.standard_t(3, pixels.shape) * 3
    weights = rng.uniform(0.2, 1, pixels.shape[:-1])
    found = triangulate(cameras, pixels, weights, drop_px=1e9, cauchy_px=12)
    flat = np.moveaxis(pixels, 1, 0).reshape(4, -1, 2)
    sight = Sight.of(cameras, flat, np.moveaxis(weights, 1, 0).reshape(4, -1))
    start = sight.linear()
    for p in range(0, flat.shape[1], 7):
        t, j = divmod(p, 17)
        plain = linear_point(cameras, pixels[t, :, j], weights[t, :, j])
        assert np.linalg.norm(start[:, p] - plain) < 2e-3  # homogeneous against inhomogeneous
        best = robust_point(cameras, pixels[t, :, j], weights[t, :, j], 12.0, plain)
        assert np.linalg.norm(found.points[t, j] - best) < 1e-4


def test_clean_linear_points_equal_the_plain_ones(walk):
    cameras = ring(3)
    pixels = seen(cameras, walk[:1])[0]
    sight = Sight.of(cameras, pixels, np.ones(pixels.shape[:-1]))
    for j in range(17):
        assert np.linalg.norm(sight.linear()[:, j] - linear_point(cameras, pixels[:, j], np.ones(3))) < 1e-7


def test_a_wild_view_is_dropped_and_named(walk):
    cameras = ring(4)
    pixels = seen(cameras, walk)
    pixels[:, 1, 13] += [400.0, -250.0]  # one wrist
    found = triangulate(cameras, pixels, np.ones(pixels.shape[:-1]))
    np.testing.assert_allclose(found.points, walk, atol=1e-3)
    assert not found.used[:, 1, 13].any() and found.used.sum() == found.used.size - len(walk)
    assert found.errors[:, 1, 13].min() > 300


def test_one_wild_view_of_three_does_not_win(walk):
    cameras = ring(3)
    pixels = seen(cameras, walk)
    pixels[:, 2, 3] += [0.0, 300.0]
    found = triangulate(cameras, pixels, np.ones(pixels.shape[:-1]))
    assert np.median(np.linalg.norm(found.points - walk, axis=-1)[:, 3]) < 1e-3


def test_confidence_decides_between_two_views():
    cameras = ring(2, lens=())
    point = np.array([[[0.1, 0.2, 1.0]]])
    pixels = seen(cameras, point)
    pixels[0, 1, 0, 1] += 20  # rays that do not meet
    for weights in ((1.0, 0.01), (0.01, 1.0)):
        found = triangulate(cameras, pixels, np.array(weights).reshape(1, 2, 1))
        assert found.errors[0, weights.index(1.0), 0] < 1 < found.errors[0, weights.index(0.01), 0]


@pytest.mark.parametrize("views", [3, 4, 6])
def test_exchanged_sides_are_found(walk, views):
    rng = np.random.default_rng(views)
    cameras = ring(views)
    pixels = seen(cameras, walk) + rng.normal(0, 2, (len(walk), views, 17, 2))
    confidences = rng.uniform(0.5, 1, pixels.shape[:-1])
    for left, right in (*ARMS, *LEGS):
        pixels[10:40, 1, [left, right]] = pixels[10:40, 1, [right, left]]
        confidences[10:40, 1, [left, right]] = confidences[10:40, 1, [right, left]]
    without = triangulate(cameras, pixels, confidences)
    found = triangulate(cameras, pixels, confidences, (ARMS, LEGS))
    errors = np.linalg.norm(found.points - walk, axis=-1)
    assert errors.max() < 0.06 and errors[10:40].mean() < 1.3 * errors[:10].mean()
    assert np.nanmean(np.linalg.norm(without.points - walk, axis=-1)) > errors.mean()
    assert found.swapped[10:40, 1].mean() > 0.8  # the others were too near to each other to matter
    assert not found.swapped[:10].any() and not found.swapped[:, [0, 2]].any()


def test_two_views_cannot_tell_who_is_exchanged(walk):
    cameras = ring(2)
    pixels = seen(cameras, walk)
    pixels[:, 1, [11, 14]] = pixels[:, 1, [14, 11]]
    assert not triangulate(cameras, pixels, np.ones(pixels.shape[:-1]), (ARMS,)).swapped.any()


def test_missing_detections_do_not_count(walk):
    cameras = ring(4)
    pixels, confidences = seen(cameras, walk), np.ones((len(walk), 4, 17))
    confidences[:, 0, 5] = 0.0
    pixels[:, 0, 5] = 1e4
    pixels[:, 1, 6] = np.nan
    confidences[:, 1:, 9] = 0.0
    confidences[:, :, 2] *= 0.1
    found = triangulate(cameras, pixels, confidences, (ARMS, LEGS), least_confidence=0.05)
    kept = [j for j in range(17) if j != 9]
    np.testing.assert_allclose(found.points[:, kept], walk[:, kept], atol=1e-7)
    assert np.isnan(found.points[:, 9]).all() and not found.used[:, :, 9].any()
    assert np.isnan(found.errors[:, 0, 5]).all() and np.isnan(found.errors[:, 1, 6]).all()
    assert found.view_errors().max() < 1e-4


def test_shapes_that_do_not_belong_together_are_said(walk):
    with pytest.raises(ValueError, match="3 cameras"):
        triangulate(ring(3), np.zeros((5, 2, 17, 2)), np.ones((5, 2, 17)))


def test_subsets_of_views():
    assert choices(4).sum(1).tolist() == [0] + [1] * 4 + [2] * 6
    assert len(choices(8)) == 163 and len(choices(12)) <= 200


def test_limbs_by_their_names():
    assert limb_pairs(H36M_17) == (((11, 14), (12, 15), (13, 16)), ((4, 1), (5, 2), (6, 3)))
    arms, legs = limb_pairs(COCO_17)
    assert arms == ((5, 6), (7, 8), (9, 10)) and legs == ((11, 12), (13, 14), (15, 16))
    arms, legs = limb_pairs(MEDIAPIPE_33)
    assert len(arms) == 6 and len(legs) == 5
