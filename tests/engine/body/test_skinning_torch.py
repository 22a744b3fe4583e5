"""Skinning in torch: NumPy's numbers, its own gradients."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from body_fakes import random_pose, tube_body
from licensed_files import model_arrays, write_npz

from engine.body.skinning import pose_joints, posed_vertices
from engine.body.skinning_torch import TorchBody
from engine.body.smpl_files import read_body
from engine.motion.rotations import quat_to_matrix


def given(pose, dtype=torch.float64):
    rotations = torch.tensor(quat_to_matrix(pose.rotations), dtype=dtype)
    shape, root = (torch.tensor(x, dtype=dtype) for x in (pose.shape, pose.root))
    return rotations, shape[None], root


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-6), (torch.float32, 2e-6)])
def test_it_equals_numpy(dtype, tolerance):
    body, pose = tube_body(), random_pose(7)
    layer = TorchBody(body, dtype)
    vertices, joints = layer(*given(pose, dtype))
    assert vertices.dtype == dtype and not list(layer.parameters())
    assert np.abs(vertices.numpy() - posed_vertices(body, pose)).max() < tolerance
    assert np.abs(joints.numpy() - pose_joints(body, pose)).max() < tolerance


def test_each_frame_may_have_a_shape_of_its_own_and_fewer_coefficients():
    body, pose = tube_body(), random_pose(3)
    rotations, _, root = given(pose)
    shapes = np.random.default_rng(0).normal(size=(3, 4))
    vertices = TorchBody(body, torch.float64)(rotations, torch.tensor(shapes), root).vertices
    for t in range(3):
        alone = replace(pose.take(slice(t, t + 1)), shape=shapes[t])
        assert np.abs(vertices[t].numpy() - posed_vertices(body, alone)[0]).max() < 1e-6


def test_offsets_and_a_missing_root():
    body, pose = tube_body(), replace(random_pose(4), offsets=1.1 * tube_body().offsets(np.ones(10)))
    rotations, shape, root = given(pose)
    layer, offsets = TorchBody(body, torch.float64), torch.tensor(pose.offsets)
    vertices, joints = layer(rotations, shape, root, offsets)
    assert np.abs(vertices.numpy() - posed_vertices(body, pose)).max() < 1e-6
    assert np.abs(joints.numpy() - pose_joints(body, pose)).max() < 1e-6
    each = layer(rotations, shape, root, offsets.expand(4, -1, -1)).vertices
    assert torch.equal(each, vertices)
    centred = layer(rotations, shape).joints
    assert np.abs(centred.numpy() - pose_joints(body, replace(pose, root=None, offsets=None))).max() < 1e-6


def test_a_licensed_body_is_no_other_case(tmp_path):
    _, body = read_body(write_npz(tmp_path / "SMPLX_MALE.npz", model_arrays("SMPL-X")))
    pose = random_pose(3)
    vertices, joints = TorchBody(body, torch.float64)(*given(pose))
    assert np.abs(vertices.numpy() - posed_vertices(body, pose)).max() < 1e-6
    assert np.abs(joints.numpy() - pose_joints(body, pose)).max() < 1e-6


def test_a_body_without_corrections():
    body, pose = tube_body(), random_pose(2)
    plain = replace(body, pose_directions=np.zeros_like(body.pose_directions))
    vertices = TorchBody(plain, torch.float64)(*given(pose)).vertices
    assert np.abs(vertices.numpy() - posed_vertices(plain, pose)).max() < 1e-6


def test_gradients_are_those_of_finite_differences(tmp_path):
    _, body = read_body(write_npz(tmp_path / "SMPL_MALE.npz", model_arrays("SMPL", vertices=6, shapes=3)))
    layer = TorchBody(body, torch.float64)
    rotations, _, root = given(random_pose(2))
    shape, offsets = torch.ones(1, 3, dtype=torch.float64), torch.tensor(body.offsets(np.zeros(3)))
    inputs = [x.clone().requires_grad_() for x in (rotations, shape, root, offsets)]
    assert torch.autograd.gradcheck(layer, inputs, fast_mode=True)
    assert torch.autograd.gradcheck(layer, inputs[:3], fast_mode=True)


def test_every_input_has_a_gradient():
    layer = TorchBody(tube_body())
    inputs = [x.requires_grad_() for x in given(random_pose(3), torch.float32)]
    layer(*inputs).vertices.square().sum().backward()
    assert all(x.grad is not None and x.grad.abs().sum() > 0 for x in inputs)


def test_some_vertices_are_those_of_all():
    body, pose = tube_body(), random_pose(4)
    chosen = np.array([5, 6000, 17, 900])
    some = TorchBody(body, torch.float64, vertices=chosen)(*given(pose))
    everything = TorchBody(body, torch.float64)(*given(pose))
    assert (some.vertices - everything.vertices[:, chosen]).abs().max() < 1e-12
    assert (some.joints - everything.joints).abs().max() < 1e-12
