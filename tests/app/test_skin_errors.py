"""Errors on the skin: of joints by skinning weights, of vertices where both have the mesh."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from body_fakes import random_pose, tube_body

from app.present.skin_errors import skin_weights, vertex_error_mm
from engine.body.posed import PosedBody
from engine.body.skinning import posed_vertices
from engine.motion.skeleton import COCO_17, H36M_17, SMPL_24

BODY = tube_body()


@pytest.mark.parametrize("skeleton", [H36M_17, SMPL_24])
def test_weights_add_up(skeleton):
    weights = skin_weights(BODY, skeleton)
    assert weights.shape == (len(BODY), len(skeleton)) and weights.min() >= 0
    assert weights.sum(1) == pytest.approx(np.ones(len(BODY)))


@pytest.mark.parametrize("skeleton", [H36M_17, SMPL_24])
@pytest.mark.parametrize("name", ["left elbow", "right knee", "left wrist", "right ankle"])
def test_the_skin_around_a_joint_shows_its_error(skeleton, name):
    errors = np.where(np.array(skeleton.names) == name, 100.0, 0.0)
    on_skin = skin_weights(BODY, skeleton) @ errors
    place = (BODY.joint_regressor @ BODY.template)[SMPL_24.index(name)]
    away = np.linalg.norm(BODY.template - place, axis=-1)
    assert on_skin[away < 0.055].mean() > 75
    assert on_skin[away > 0.6].max() == pytest.approx(0)


def test_a_bone_blends_from_one_joints_error_to_the_others():
    errors = np.zeros(24)
    errors[SMPL_24.index("left elbow")] = 100.0
    on_skin = skin_weights(BODY, SMPL_24) @ errors
    tube = (SMPL_24.index("left elbow") - 1) * 288  # from the shoulder to the elbow: 12 rings of 24
    rings = on_skin[tube : tube + 288].reshape(12, 24)
    assert np.diff(rings.mean(1)).min() > 0
    assert np.ptp(rings, axis=1).max() < 2


def test_joints_of_another_skeleton_are_not_guessed():
    assert skin_weights(BODY, COCO_17) is None


def test_a_vertex_error_is_the_distance_of_two_skins_about_their_pelvis():
    pose = replace(random_pose(4), shape=np.zeros(10))
    other = replace(random_pose(6, seed=5), shape=np.zeros(10))
    one, truth = PosedBody(BODY, pose), PosedBody(BODY, other)
    a, b = posed_vertices(BODY, pose)[2] - pose.root[2], posed_vertices(BODY, other)[5] - other.root[5]
    assert vertex_error_mm(one, 2, truth, 5) == pytest.approx(1000 * np.linalg.norm(a - b, axis=-1), abs=0.01)
    elsewhere = PosedBody(BODY, replace(pose, root=pose.root + (1.0, 2.0, 3.0)))
    assert vertex_error_mm(one, 3, elsewhere, 3) == pytest.approx(np.zeros(len(BODY)), abs=0.01)
