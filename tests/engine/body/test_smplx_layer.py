"""Bodies through smplx: ours and licensed ones by the same call, the same vertices as our own skinning."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from body_fakes import random_pose, smpl_arrays, tube_body
from licensed_files import model_arrays, write_npz
from scipy.spatial.transform import Rotation

from engine.body import library
from engine.body.model import FROM_SMPL
from engine.body.skinning import pose_joints, posed_vertices
from engine.body.smpl_files import read_body
from engine.body.smplx_layer import smpl_arrays as arrays_of
from engine.body.smplx_layer import smplx_layer
from engine.errors import InputError
from engine.motion.rotations import quat_to_axis_angle


def test_its_arrays_are_the_file_s():
    arrays, found = smpl_arrays(), arrays_of(tube_body())
    assert set(found) == set(arrays)
    for key, array in arrays.items():
        np.testing.assert_allclose(found[key], array, atol=1e-8, err_msg=key)


@pytest.mark.parametrize("name", ["tubes", "smpl_male", "smplh_male", "smplx_male", *library.names()])
def test_it_equals_our_own_skinning(name, tmp_path, monkeypatch):
    pytest.importorskip("smplx", reason="smplx is not installed (its licence is non-commercial)")
    import torch

    models = {"smpl_male": "SMPL", "smplh_male": "SMPL-H", "smplx_male": "SMPL-X"}
    if name in models:
        path = write_npz(tmp_path / f"{name.upper()}.npz", model_arrays(models[name], vertices=300))
        monkeypatch.setattr(library, "_added", {name: read_body(path, name)[1]})
    elif name == "tubes":
        monkeypatch.setattr(library, "_added", {name: tube_body()})
    body, pose = library.body(name), replace(random_pose(6), body=name)
    layer = smplx_layer(name, batch_size=6)
    turn = Rotation.from_matrix(FROM_SMPL)
    vectors = np.stack([(turn.inv() * Rotation.from_rotvec(v) * turn).as_rotvec()
                        for v in quat_to_axis_angle(pose.rotations).reshape(-1, 3)]).reshape(6, 24, 3)  # fmt: skip
    at = (pose.root - body.joints(pose.shape)[0]) @ FROM_SMPL
    out = layer(
        global_orient=_tensor(vectors[:, :1]), body_pose=_tensor(vectors[:, 1:]), transl=_tensor(at),
        betas=_tensor(np.tile(pose.shape, (6, 1))),
    )  # fmt: skip
    with torch.no_grad():
        vertices, joints = out.vertices.numpy() @ FROM_SMPL.T, out.joints.numpy()[:, :24] @ FROM_SMPL.T
    assert np.abs(vertices - posed_vertices(body, pose)).max() < 1e-5
    assert np.abs(joints - pose_joints(body, pose)).max() < 1e-5


def _tensor(array):
    import torch

    return torch.tensor(array, dtype=torch.float32)


def test_without_the_package_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "smplx", None)
    with pytest.raises(InputError, match=r"smplx is not installed; install it with pip install smplx"):
        smplx_layer("tubes")
