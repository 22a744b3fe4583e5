"""HumMUSS's mesh recovery: sizes, the trunk's weights, both branches, streams, and the body that comes out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from engine.body import library
from engine.body.proportions import GROUPS, offsets_of
from engine.experiment.named_clip import named_clip
from engine.kinds import as_joints
from engine.models.encoding import Encoded
from engine.models.families import build, find_model
from engine.models.hummuss.config import HumMUSSConfig, MeshConfig
from engine.models.hummuss.fast_step import StepRunner
from engine.models.hummuss.mesh import POSE, SHAPE, HumMUSSMesh, MeshHead
from engine.models.hummuss.posed_body import PosedBody
from engine.models.loading import load_model
from engine.motion.pose import BodyPose
from engine.motion.rotations import axis_angle_to_quat, matrix_to_quat, quat_to_matrix, quat_to_six_d
from engine.motion.skeleton import H36M_17
from engine.motion.stature import stature
from engine.observation.observe import observe
from engine.observation.trial import Context

TRUNK = HumMUSSConfig(width=16, depth=2, expansion=2, k_time=2, states=8, representation=32)
TINY = MeshConfig(TRUNK, hidden=24, dropout=0.0)
ADULT = Context(1.7)


def network(*, causal: bool = False) -> HumMUSSMesh:
    torch.manual_seed(0)
    found = HumMUSSMesh(replace(TINY, trunk=replace(TRUNK, causal=causal))).double().eval()
    with torch.no_grad():
        found.head.pose_out.weight.normal_(0, 0.3)  # it begins near the body at rest
    return found


# -- sizes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "trunk", "hidden", "params"),
    [
        ("hummuss_mesh_small", "hummuss_small", 256, 1_636_960),
        ("hummuss_mesh_small_causal", "hummuss_small_causal", 256, 1_010_720),
        ("hummuss_mesh_16m", "hummuss_16m", 1024, 34_181_796),
    ],
)
def test_sizes_are_the_trunk_s_and_those_of_the_published_head(name: str, trunk: str, hidden: int, params: int) -> None:
    found, lifting = build(name), build(trunk)
    width = lifting.config.representation
    branch = 17 * width * hidden + hidden + 2 * hidden  # a linear layer and a norm, as large as BatchNorm
    pose, shape = branch + hidden * 144 + 144, branch + hidden * 10 + 10
    without_head = sum(p.numel() for p in lifting.parameters()) - (3 * width + 3)
    assert sum(p.numel() for p in found.parameters()) == params
    assert params == without_head + pose + (10 if lifting.causal else shape)


@pytest.mark.parametrize("name", ["hummuss_small", "hummuss_small_causal"])
def test_the_shipped_trunk_fits_in_and_sees_the_same(name: str) -> None:
    lifting = load_model(name).network
    found = build(name.replace("hummuss", "hummuss_mesh")).eval()
    weights = {k: v for k, v in load_file(find_model(name).weights).items() if not k.startswith("head.")}
    left = found.load_state_dict(weights, strict=False)
    assert not left.unexpected_keys and all(key.startswith("head.") for key in left.missing_keys)
    u = torch.randn(1, 20, 17, 3)
    with torch.no_grad():
        assert torch.equal(found(u, 2.0, return_representation=True), lifting(u, 2.0, return_representation=True))


# -- the head -------------------------------------------------------------------------------------------------


@torch.no_grad()
def test_both_branches_are_motionbert_s() -> None:
    """Of the mean over the clip, which is one over real time where frames are unevenly spaced."""
    head = MeshHead(TINY).double().eval()
    r = torch.randn(2, 9, 17, 32, dtype=torch.float64)
    for rate in (1.0, 3.0, torch.rand(9, dtype=torch.float64) + 0.1):
        flat = r.flatten(-2)
        weight = torch.ones(9).double() if isinstance(rate, float) else rate
        mean = (flat * weight[:, None]).sum(1) / weight.sum()
        pose = head.pose_out(torch.relu(head.pose_norm(head.pose_in(flat)))) + head.rest
        shape = head.shape_out(torch.relu(head.shape_norm(head.shape_in(mean))))
        found = head.over_time(head(r), rate)
        assert (found[..., :POSE] - pose).abs().max() < 1e-12
        assert (found[..., POSE:] - shape[:, None]).abs().max() < 1e-12


@torch.no_grad()
def test_it_begins_with_a_person_who_stands_upright_and_faces_the_camera() -> None:
    output = build("hummuss_mesh_small")(torch.randn(1, 3, 17, 3))[0].double().numpy()
    pose = PosedBody().whole(output, Encoded(np.arange(3.0), np.zeros((3, 17, 3))), ADULT)
    joints = as_joints(pose, H36M_17).positions  # x right, y down, z away from the camera
    head, left, nose = (joints[0, H36M_17.index(n)] for n in ("head top", "left hip", "nose"))
    assert head[1] < -0.5 and left[0] > 0.05 and nose[2] < joints[0, H36M_17.index("thorax"), 2] - 0.02


@torch.no_grad()
def test_a_causal_one_has_the_same_person_in_every_frame_and_looks_back_only() -> None:
    net = network(causal=True)
    u = torch.randn(1, 30, 17, 3, dtype=torch.float64)
    changed = u.clone()
    changed[:, 20:] += 1
    one, other = net(u), net(changed)
    assert (one[:, :20] - other[:, :20]).abs().max() < 1e-12 and (one - other)[:, 20:].abs().max() > 1e-3
    assert torch.equal(one[..., POSE:], net.head.shape.expand(1, 30, SHAPE))


@torch.no_grad()
@pytest.mark.parametrize("fast", [False, True])
def test_whole_equals_streamed(fast: bool) -> None:
    net = network(causal=True)
    u, rates = torch.randn(2, 25, 17, 3, dtype=torch.float64), torch.rand(25, dtype=torch.float64) * 3 + 0.5
    whole, step, state = net(u, rates), StepRunner(net) if fast else net, net.init_state(2)
    for k in range(25):
        frame, state = step.step(u[:, k], state, float(rates[k]))
        assert (frame - whole[:, k]).abs().max() <= 1e-10


# -- the body -------------------------------------------------------------------------------------------------


def test_a_known_pose_is_decoded_in_the_camera_s_axes() -> None:
    rng = np.random.default_rng(0)
    rotations = axis_angle_to_quat(rng.normal(0, 0.6, (5, 24, 3)))
    turn = quat_to_matrix(axis_angle_to_quat(rng.normal(0, 0.5, (5, 3))))  # camera -> follow camera
    seen = quat_to_matrix(rotations)
    seen[:, 0] = turn @ seen[:, 0]
    stretch = np.exp(rng.normal(0, 0.5, (5, 24, 2)))  # 6D need not be orthonormal
    six_d = quat_to_six_d(matrix_to_quat(seen)).reshape(5, 24, 2, 3)
    six_d[:, :, 1] += 0.3 * six_d[:, :, 0]
    proportions = rng.normal(0, 0.1, len(GROUPS))
    output = np.concatenate([(six_d * stretch[..., None]).reshape(5, -1), np.tile(proportions, (5, 1))], -1)
    times = np.arange(5) / 60
    pose = PosedBody().whole(output, Encoded(times, np.zeros((5, 17, 3)), turn), Context(1.82))
    assert quat_to_matrix(pose.rotations) == pytest.approx(quat_to_matrix(rotations), abs=1e-9)
    assert (pose.frame, pose.root, pose.body) == ("camera", None, library.MANNEQUIN)
    assert pose.offsets == pytest.approx(offsets_of(library.body(), proportions, 1.82), abs=1e-9)
    rest = replace(pose.take(slice(1)), rotations=np.tile([1.0, 0, 0, 0], (1, 24, 1)))
    assert stature(as_joints(rest, H36M_17).positions) == pytest.approx(1.82, abs=1e-6)


@pytest.mark.parametrize("causal", [True, False])
def test_the_model_gives_a_body(causal: bool) -> None:
    """Of a walk: rotations of what no person could be are near their poles, where rounding grows."""
    model = load_model("hummuss_mesh_small" + "_causal" * causal)
    card, clip = model.card, observe(named_clip("walk"), "front").observation.take(slice(0, 24))
    assert (card.observes, card.predicts, card.streams) == ("keypoints", "body", "step" if causal else "no")
    pose = model.forward(clip, 1.0, ADULT)
    assert isinstance(pose, BodyPose) and np.array_equal(pose.times, clip.times) and pose.frame == "camera"
    if causal:
        stream = model.stream(ADULT)
        for k in range(len(clip)):
            frame = stream.step(clip.take(slice(k, k + 1)))
            assert isinstance(frame, BodyPose)
            difference = as_joints(frame, H36M_17).positions[0] - as_joints(pose, H36M_17).positions[k]
            assert np.abs(difference).max() <= 1e-5
