"""The published MV-SSM: sizes, triangulation to known points, and what the order of the views must not change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.cameras.pinhole import look_at
from engine.cameras.rig import CameraRig
from engine.models.mv_ssm.algebraic import triangulate
from engine.models.mv_ssm.backbone import PoseResNet50
from engine.models.mv_ssm.candidates import PANOPTIC, lattice
from engine.models.mv_ssm.config import MVSSMConfig
from engine.models.mv_ssm.network import MVSSM, Picture, confidences
from engine.models.mv_ssm.people import kept, suppress
from engine.models.mv_ssm.projective_attention import ProjectiveAttention
from engine.models.mv_ssm.ss2d import SS2D
from engine.models.mv_ssm.views import Views, views_of

LENS = (-0.2, 0.05, 0.001, -0.002, 0.01)
TINY = MVSSMConfig(width=16, candidates=9, depth=2, heads=2, points=2, levels=2, inner=32, d_state=2, dropout=0.0)


def rig(views: int = 4, distortion: tuple[float, ...] = ()) -> CameraRig:
    """Cameras around the origin, five metres away, aimed at a standing person's middle."""
    angles = np.linspace(0, 2 * np.pi, views, endpoint=False) + 0.3
    eyes = [np.array([5 * np.cos(a), 5 * np.sin(a), 1.0 + 0.4 * k]) for k, a in enumerate(angles)]
    cameras = [look_at(f"{k}", eye, np.array([0, 0, 1.0]), image_size=(1280, 720)) for k, eye in enumerate(eyes)]
    return CameraRig(tuple(replace(camera, distortion=distortion) for camera in cameras))


def points(count: int = 40) -> np.ndarray:
    return np.random.default_rng(0).uniform([-0.6, -0.6, 0.2], [0.6, 0.6, 1.8], (count, 3))


def size(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def maps(views: int, config: MVSSMConfig = TINY) -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(views, config.width, 16 // 2**k, 30 // 2**k, generator=generator) for k in range(config.levels)]


@pytest.mark.parametrize(
    ("directions", "sizes"),
    [(4, (436_224, 1_276_613, 5_638_420, 39_637_603)), (2, (352_256, 1_192_645, 5_302_548, 39_301_731))],
)
def test_parameters_are_those_of_the_specification(directions: int, sizes: tuple[int, ...]) -> None:
    with torch.device("meta"):
        backbone = size(PoseResNet50())
    network = MVSSM(MVSSMConfig(directions=directions), backbone=False)
    layer = network.layers[0]
    assert (size(layer.ss2d), size(layer), size(network), size(network) + backbone) == sizes
    assert size(layer.attention) == 180_928 and size(layer.offset) == 132_355 and backbone == 33_999_183


def test_one_state_is_a_flag() -> None:
    assert size(SS2D(256, states=16)) - size(SS2D(256, states=1)) == 4 * 512 * 15 + 4 * 2 * 15 * 512


@pytest.mark.parametrize("svd", [True, False])
@pytest.mark.parametrize("views", [2, 3, 8])
def test_clean_rays_meet_where_the_point_is(views: int, svd: bool) -> None:
    cameras, truth = rig(views, LENS), points()
    seen = views_of(cameras, torch.float64)
    pixels = torch.from_numpy(np.stack([camera.project(truth)[0] for camera in cameras]))
    flat = torch.from_numpy(np.stack([c.rays(p.numpy()) for c, p in zip(cameras, pixels, strict=True)]))
    weights = torch.rand(views, len(truth), dtype=torch.float64, generator=torch.Generator().manual_seed(0)) + 0.1
    found = triangulate(seen.rotation, seen.centre, flat, weights, svd=svd)
    assert np.abs(found.numpy() - truth).max() < 1e-6  # 1e-3 mm


def test_projection_is_the_camera_s_and_the_lens_is_taken_away() -> None:
    cameras, truth = rig(3, LENS), points()
    seen = views_of(cameras, torch.float64)
    pixels, depth = seen.project(torch.from_numpy(truth))
    for k, camera in enumerate(cameras):
        expected, distance = camera.project(truth)
        np.testing.assert_allclose(pixels[k].numpy(), expected, atol=1e-6)
        np.testing.assert_allclose(depth[k].numpy(), distance, atol=1e-9)
        np.testing.assert_allclose(seen.flatten(pixels)[k].numpy(), camera.rays(expected), atol=1e-5)
    picture = Picture(seen, (960, 512))
    torch.testing.assert_close(picture.to_camera(picture.to_network(pixels)), pixels)
    assert picture.to_network(seen.image_size[:, None] / 2)[0, 0].tolist() == [480, 256]


def test_a_wrong_view_without_weight_changes_nothing_and_the_gradient_is_right() -> None:
    seen = views_of(rig(4), torch.float64)
    truth = torch.from_numpy(points(6))
    flat = seen.flatten(seen.project(truth)[0])
    flat[2] += 0.3
    weights = torch.ones(4, 6, dtype=torch.float64)
    weights[2] = 0
    torch.testing.assert_close(triangulate(seen.rotation, seen.centre, flat, weights), truth)
    noisy = flat + 0.01 * torch.randn(flat.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    for svd in (True, False):
        assert torch.autograd.gradcheck(
            lambda given, w, svd=svd: triangulate(seen.rotation, seen.centre, given, w, svd=svd),
            (noisy.requires_grad_(), (weights + 0.5).requires_grad_()),
            check_undefined_grad=False,
        )


@pytest.mark.parametrize("legacy", [False, True])
def test_attention_is_its_plain_reference(legacy: bool) -> None:
    torch.manual_seed(0)
    attention = ProjectiveAttention(16, heads=2, points=3, levels=2, legacy_layout=legacy)
    for parameter in attention.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    query, anchors = torch.randn(5, 16), torch.rand(2, 5, 2) * 1.2 - 0.1
    fast, plain = (run(query, maps(2), anchors) for run in (attention, attention.reference))
    torch.testing.assert_close(fast, plain, rtol=1e-4, atol=1e-5)


def test_two_directions_are_the_first_and_third_of_four() -> None:
    torch.manual_seed(0)
    four, two = SS2D(8, states=3), SS2D(8, states=3, directions=2)
    state = four.state_dict()
    for name in ("x_proj_weight", "dt_projs_weight", "dt_projs_bias"):
        state[name] = state[name][::2]
    for name in ("A_logs", "Ds"):
        state[name] = state[name].unflatten(0, (4, -1))[::2].flatten(0, 1)
    two.load_state_dict(state)
    with torch.no_grad():
        four.dt_projs_bias[1::2] = -1e9  # Δ = 0: these two add their skip alone
        four.Ds.view(4, -1)[1::2] = 0
        four.dt_projs_weight[1::2] = 0
    x = torch.randn(2, 3, 5, 8)
    torch.testing.assert_close(two(x), four(x))


def network(**changes: object) -> MVSSM:
    torch.manual_seed(3)
    built = MVSSM(replace(TINY, **changes), backbone=False).train()
    for layer in built.layers:
        torch.nn.init.normal_(layer.offset[4].weight, std=0.05)
        torch.nn.init.normal_(layer.attention.sampling_offsets.weight, std=0.05)
    return built


def reordered(views: Views, order: list[int]) -> Views:
    return Views(*(x[order] for x in views))


def test_without_the_scan_views_may_come_in_any_order() -> None:
    built, views, features, order = network(), views_of(rig(4)), maps(4), [2, 0, 3, 1]
    same = [f[order] for f in features]
    scanned = [built(f, v)[-1].joints for f, v in ((features, views), (same, reordered(views, order)))]
    for layer in built.layers:
        torch.nn.init.zeros_(layer.ss2d.out_proj.weight)
    plain = [built(f, v)[-1] for f, v in ((features, views), (same, reordered(views, order)))]
    torch.testing.assert_close(plain[0].joints, plain[1].joints, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(plain[0].scores, plain[1].scores, atol=1e-5, rtol=1e-4)
    assert (scanned[0] - scanned[1]).abs().max() > 1e-4  # a scan walks view after view


@pytest.mark.parametrize("views", [2, 3, 7])
def test_fresh_networks_answer_where_they_look_with_any_number_of_views(views: int) -> None:
    torch.manual_seed(0)
    built = MVSSM(TINY, backbone=False).train()
    found = built(maps(views), views_of(rig(views)))
    seen = Picture(views_of(rig(views)), TINY.network_size).see(built.t_poses.flatten(0, 1))[1].sum(0) >= 2
    assert len(found) == 2 and found[-1].pixels.shape == (views, 9, 15, 2)
    error = (found[-1].joints - built.t_poses).norm(dim=-1).flatten()
    assert error[seen].max() < 1e-3 and error[~seen].eq(0).all() and seen.any()
    assert 0 < found[-1].scores.max() < 0.05  # one candidate in a hundred is somebody


def test_every_parameter_learns() -> None:
    built = network(svd=False)
    found = built(maps(3), views_of(rig(3)))
    sum((f.joints.square().mean() + f.logits.square().mean() for f in found), torch.zeros(())).backward()
    dead = [n for n, p in built.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert not dead and all(torch.isfinite(p.grad).all() for p in built.parameters())


def test_candidates_below_the_threshold_are_left_behind() -> None:
    built = network(threshold=0.0101).eval()
    torch.nn.init.normal_(built.layers[0].person.weight, std=0.02)
    everyone = built.train()(maps(4), views_of(rig(4)))[0].scores
    found = built.eval()(maps(4), views_of(rig(4)))
    assert found[0].which.tolist() == kept(everyone, 0.0101).tolist() and 0 < len(found[0].which) < 9
    assert set(found[1].which.tolist()) <= set(found[0].which.tolist())
    joints, scores = built.people(found)
    assert len(joints) == len(scores) and (scores > 0.0101).all()


def test_the_better_of_two_candidates_of_one_person_stays() -> None:
    pose = lattice(PANOPTIC, 1)[0]
    candidates = torch.stack([pose + 0.05, pose, pose + torch.tensor([2.0, 0, 0])])
    assert suppress(candidates, torch.tensor([0.4, 0.9, 0.3])).tolist() == [1, 2]
    assert kept(torch.tensor([0.02, 0.05]), 0.1).tolist() == [1]


def test_views_that_do_not_see_a_joint_have_no_weight() -> None:
    inside = torch.tensor([[True, False], [True, False], [False, False]])
    found = confidences(torch.zeros(3, 2), inside)
    torch.testing.assert_close(found, torch.tensor([[0.5, 1 / 3], [0.5, 1 / 3], [0.0, 1 / 3]]))


def test_the_picture_s_maps_have_their_strides() -> None:
    torch.manual_seed(0)
    backbone = PoseResNet50(width=8).eval()
    with torch.no_grad():
        found = backbone(torch.randn(1, 3, 64, 96))
    assert [tuple(m.shape) for m in found] == [(1, 8, 16, 24), (1, 8, 8, 12), (1, 8, 4, 6)]
    names = set(backbone.state_dict())
    assert {"conv1.weight", "bn1.running_mean", "layer4.2.conv3.weight", "deconv_layers.0.weight"} <= names
