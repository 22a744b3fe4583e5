"""Boxes of people: anchors, decoding and one box a person, against known answers."""

from __future__ import annotations

import numpy as np

from engine.detector.boxes import Boxes, anchors, decode, one_each, overlap
from engine.detector.regions import Region


def test_anchors():
    found = anchors()
    assert found.shape == (2254, 2)
    np.testing.assert_allclose(
        found[:3], [[0.5 / 28] * 2, [0.5 / 28] * 2, [1.5 / 28, 0.5 / 28]]
    )  # two a cell, row by row
    np.testing.assert_allclose(found[2 * 28], [0.5 / 28, 1.5 / 28])
    np.testing.assert_allclose(found[2 * 28 * 28], [0.5 / 14] * 2)
    np.testing.assert_allclose(found[-6:], [[6.5 / 7] * 2] * 6)


def test_decoding():
    raw, logits = np.zeros((2254, 12), np.float32), np.full(2254, -1000, np.float32)
    at = 2 * 28 * 28 + 2 * 14 * 14  # the first anchor of the coarsest grid, at (1/14, 1/14)
    raw[at] = [22.4, 0, 44.8, 67.2, 0, 0, 0, -22.4, 11.2, 0, 0, 11.2]
    logits[at], logits[7] = 0.0, -0.01
    found = decode(raw, logits)
    assert len(found) == 1
    assert found.scores[0] == 0.5
    x, y = 1 / 14 + 0.1, 1 / 14
    np.testing.assert_allclose(found.corners[0], [x - 0.1, y - 0.15, x + 0.1, y + 0.15], atol=1e-7)
    at_anchor = np.array([[0, 0], [0, -0.1], [0.05, 0], [0, 0.05]]) + 1 / 14
    np.testing.assert_allclose(found.points[0], at_anchor, atol=1e-7)


def test_scores_never_overflow():
    found = decode(np.zeros((2254, 12), np.float32), np.full(2254, 1e30, np.float32))
    assert (found.scores == 1).all()


def test_overlap():
    box = np.array([0.0, 0, 2, 2])
    others = np.array([[0, 0, 2, 2], [1, 1, 3, 3], [2, 0, 4, 2], [0, 0, 0, 0]], float)
    np.testing.assert_allclose(overlap(box, others), [1, 1 / 7, 0, 0])
    np.testing.assert_allclose(overlap(np.zeros(4), np.zeros((1, 4))), [0])


def test_boxes_of_one_person_are_averaged_by_their_scores():
    corners = np.array([[0, 0, 1, 1], [0.1, 0, 1.1, 1], [5, 5, 6, 6]])
    points = np.zeros((3, 4, 2))
    points[1] = 1
    found = one_each(Boxes(corners, points, np.array([0.9, 0.6, 0.5])))
    np.testing.assert_allclose(found.corners, [[0.04, 0, 1.04, 1], [5, 5, 6, 6]])
    np.testing.assert_allclose(found.points[:, 0, 0], [0.4, 0])
    np.testing.assert_allclose(found.scores, [0.9, 0.5])


def test_nobody():
    found = one_each(decode(np.zeros((2254, 12), np.float32), np.full(2254, -1, np.float32)))
    assert len(found) == 0
    assert found.in_picture(Region(50, 50, 100)).corners.shape == (0, 4)


def test_in_the_picture():
    found = Boxes(np.array([[0.25, 0.5, 0.5, 1]]), np.full((1, 4, 2), 0.5), np.array([0.7]))
    seen = found.in_picture(Region(50, 20, 200))
    np.testing.assert_allclose(seen.corners, [[0, 20, 50, 120]])
    np.testing.assert_allclose(seen.points[0], [[50, 20]] * 4)
