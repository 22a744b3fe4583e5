"""Cameras in 3D: the corners of a frustum are seen in the corners of the picture, and its roof is above."""

from __future__ import annotations

import numpy as np

from app.view3d.frusta import EDGES, Frusta, edges_of
from app.view3d.segments_item import SegmentsItem
from engine.observation.virtual_camera import preset_camera

PEOPLE = np.random.default_rng(0).normal(0, 0.5, (20, 17, 3)) + [0, 0, 1]


def test_its_corners_are_those_of_the_picture():
    camera = preset_camera("high", PEOPLE)
    edges = edges_of(camera, 0.5)
    np.testing.assert_allclose(edges[:4, 0], np.tile(camera.centre, (4, 1)))
    xy, depth = camera.project(edges[:4, 1])
    width, height = camera.image_size
    np.testing.assert_allclose(xy, [[0, 0], [width, 0], [width, height], [0, height]], atol=1e-6)
    np.testing.assert_allclose(depth, 0.5)
    np.testing.assert_allclose(np.linalg.norm(edges[-1, 1] - edges[-1, 0]), 0.5)


def test_its_roof_is_above_in_the_world_of_a_level_camera():
    edges = edges_of(preset_camera("front", PEOPLE), 0.5)
    assert edges[8, 1, 2] > edges[:8, :, 2].max()


def test_as_an_item_it_moves_with_its_offset():
    frusta = Frusta([preset_camera("front", PEOPLE), preset_camera("back", PEOPLE)])
    item = SegmentsItem("cameras", "Cameras", frusta).moved((1, 2, 3))
    assert frusta.count == 2 * EDGES
    np.testing.assert_allclose(item.at(7.0), frusta.at(0.0) + [1, 2, 3])
