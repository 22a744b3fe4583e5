"""Single frames of a posed body against the reference."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from body_fakes import random_pose, tube_body

from engine.body.posed import PosedBody, matrices, skin_of
from engine.body.skinning import bones_of, posed_vertices
from engine.motion.rotations import quat_to_matrix

BODY = tube_body()
POSE = random_pose(5)
SCALED = replace(POSE, offsets=1.1 * BODY.offsets(POSE.shape))


def test_matrices_of_quaternions():
    q = np.random.default_rng(0).normal(size=(40, 4))
    np.testing.assert_allclose(matrices(q), quat_to_matrix(q / np.linalg.norm(q, axis=-1, keepdims=True)), atol=1e-14)


@pytest.mark.parametrize("pose", [POSE, SCALED, replace(POSE, root=None)])
def test_a_frame_alone_equals_the_reference(pose):
    posed, bones, vertices = PosedBody(BODY, pose), bones_of(BODY, pose), posed_vertices(BODY, pose)
    for frame in (3, 0, 3, 4):
        placement = posed.at(frame)
        np.testing.assert_allclose(placement.joints, bones.joints[frame], atol=1e-12)
        np.testing.assert_allclose(placement.transforms[..., :3], bones.turned[frame], atol=1e-12)
        np.testing.assert_allclose(placement.transforms[..., 3], bones.shifts[frame], atol=1e-12)
        np.testing.assert_allclose(placement.features, bones.features[frame], atol=1e-12)
        np.testing.assert_allclose(posed.vertices(frame), vertices[frame], atol=2e-6)  # single precision


def test_only_the_four_largest_weights_count():
    rows = np.random.default_rng(1).dirichlet(np.ones(24), size=len(BODY))
    skin = skin_of(replace(BODY, weights=rows))
    np.testing.assert_allclose(skin.shares.sum(1), 1, atol=1e-6)
    kept = np.take_along_axis(rows, skin.bones, axis=1)
    assert (kept.min(1) >= np.sort(rows, axis=1)[:, -4] - 1e-12).all()


def test_moved_is_the_same_elsewhere():
    placement = PosedBody(BODY, POSE).at(2)
    moved = placement.moved((1.0, -2.0, 0.5))
    np.testing.assert_allclose(moved.joints - placement.joints, np.tile((1.0, -2.0, 0.5), (24, 1)))
    vertices = [skin_of(BODY).pose(BODY.template.astype(np.float32), p.transforms) for p in (placement, moved)]
    np.testing.assert_allclose(vertices[1] - vertices[0], np.tile((1.0, -2.0, 0.5), (len(BODY), 1)), atol=1e-6)
    assert placement.moved((0.0, 0.0, 0.0)) is placement


def test_bones_are_as_thick_as_the_tubes():
    rest = replace(POSE, shape=np.zeros(10))
    assert PosedBody(BODY, rest).radii == pytest.approx(np.full(23, 0.05), abs=0.02)
