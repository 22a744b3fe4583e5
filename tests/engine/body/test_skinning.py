"""Skinning: against smplx's on the same arrays, and known answers."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from body_fakes import random_pose, smpl_arrays, tube_body
from scipy.spatial.transform import Rotation

from engine.body.model import FROM_SMPL, control_features
from engine.body.skinning import pose_joints, posed_vertices
from engine.motion.pose import BodyPose
from engine.motion.rotations import IDENTITY, axis_angle_to_quat, quat_to_axis_angle, rotate


def still(rotations: np.ndarray, root: np.ndarray | None = None) -> BodyPose:
    return BodyPose(np.arange(len(rotations)) / 60, rotations, root, np.zeros(10), "tubes")


def test_identity_is_the_rest_pose_that_faces_minus_y():
    body = tube_body()
    vertices = posed_vertices(body, still(np.tile(IDENTITY, (1, 24, 1)), body.joints(np.zeros(10))[:1]))[0]
    assert np.allclose(vertices, body.template, atol=1e-12)
    joints = body.joints(np.zeros(10))
    assert joints[10, 1] < joints[7, 1]  # toes before the ankle: towards -Y
    assert joints[15, 2] > joints[0, 2] and joints[16, 0] > joints[17, 0]  # head up, left at +X


def test_a_turn_of_the_root_turns_everything():
    body, pose = tube_body(), random_pose(5)
    turn = axis_angle_to_quat(np.array([0.3, -0.2, 1.1]))
    from engine.motion.rotations import multiply

    turned = pose.rotations.copy()
    turned[:, 0] = multiply(turn, turned[:, 0])
    a = posed_vertices(body, pose) - pose.root[:, None]
    b = posed_vertices(body, replace(pose, rotations=turned)) - pose.root[:, None]
    assert np.allclose(rotate(turn, a), b, atol=1e-12)


def test_some_vertices_are_those_of_all():
    body, pose, some = tube_body(), random_pose(4), np.array([5, 900, 6000])
    assert np.allclose(posed_vertices(body, pose, some), posed_vertices(body, pose)[:, some], atol=1e-12)


def test_given_offsets_move_the_joints_and_the_mesh_follows():
    body, pose = tube_body(), random_pose(4)
    longer = replace(pose, offsets=1.2 * body.offsets(pose.shape))
    centred = [pose_joints(body, p) - p.root[:, None] for p in (pose, longer)]
    assert np.allclose(1.2 * centred[0], centred[1], atol=1e-12)
    regressed = np.einsum("jv,tva->tja", body.joint_regressor, posed_vertices(body, longer))
    assert np.abs(regressed - pose_joints(body, longer)).max() < 0.15


def test_controls_are_read_by_name():
    body = replace(tube_body(), controls=(("tall", "wide"), np.arange(60.0).reshape(6, 10)))
    assert np.allclose(body.shape_from(tall=1.0, wide=0.0), control_features(np.array([1.0, 0.0])) @ body.controls[1])
    with pytest.raises(ValueError, match="broad"):
        body.shape_from(broad=1.0)


def test_it_equals_smplx_on_the_same_arrays():
    smplx = pytest.importorskip("smplx", reason="smplx is not installed (its licence is non-commercial)")
    import torch

    arrays, body, pose = smpl_arrays(), tube_body(), random_pose(6)
    model = smplx.SMPL(
        model_path="", data_struct=SimpleNamespace(**arrays), num_betas=10, dtype=torch.float64, batch_size=6,
        vertex_ids=dict.fromkeys(smplx.vertex_ids.vertex_ids["smplh"], 0),
    )  # fmt: skip
    # The same rotations in SMPL's axes: C^T R C; the root from its rest pose in those axes.
    turn = Rotation.from_matrix(FROM_SMPL)
    vectors = np.stack([(turn.inv() * Rotation.from_rotvec(v) * turn).as_rotvec()
                        for v in quat_to_axis_angle(pose.rotations).reshape(-1, 3)]).reshape(6, 24, 3)  # fmt: skip
    rest = (arrays["J_regressor"] @ (arrays["v_template"] + arrays["shapedirs"] @ pose.shape))[0]
    out = model(
        global_orient=torch.tensor(vectors[:, :1]), body_pose=torch.tensor(vectors[:, 1:]),
        betas=torch.tensor(np.tile(pose.shape, (6, 1))), transl=torch.tensor(pose.root @ FROM_SMPL - rest),
    )  # fmt: skip
    assert np.abs(out.vertices.numpy() @ FROM_SMPL.T - posed_vertices(body, pose)).max() < 1e-6
    assert np.abs(out.joints.numpy()[:, :24] @ FROM_SMPL.T - pose_joints(body, pose)).max() < 1e-6
