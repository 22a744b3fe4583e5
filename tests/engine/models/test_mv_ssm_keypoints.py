"""MV-SSM on keypoints: rays that meet, a start that is the classical answer, and what the views must not change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from fake_lifters import swaying
from observed import views

from engine.cameras.rig import CameraRig
from engine.errors import InputError
from engine.models.families import build
from engine.models.loading import load_model
from engine.models.mv_ssm.keypoints import MVSSMKeypoints, in_frame, rays_of
from engine.models.mv_ssm.keypoints_config import KeypointsConfig
from engine.models.mv_ssm.rays import CAUCHY_M, DAMPING, Rays, distances, meet, spread, start, to_camera
from engine.models.mv_ssm.rig_encoding import RigOfViews
from engine.models.mv_ssm.tokens import heading, told, turned
from engine.motion.pose import Joints
from engine.motion.rotations import quat_to_matrix
from engine.observation.trial import Context
from engine.observation.views import MultiViewKeypoints
from engine.observation.virtual_rig import virtual_rig
from engine.observation.virtual_views import seen_by_rig

ADULT = Context(1.7)


def clean(frames: int = 6, count: int = 4) -> MultiViewKeypoints:
    clip = swaying(frames)
    return seen_by_rig(clip, virtual_rig(clip.positions, count), height_m=1.7)


def inputs(observation: MultiViewKeypoints) -> torch.Tensor:
    return torch.from_numpy(RigOfViews().whole(observation, ADULT).inputs)


def rays(observation: MultiViewKeypoints) -> tuple[Rays, torch.Tensor]:
    return rays_of(inputs(observation))


def trained_a_little(name: str = "mv_ssm_keypoints_mean") -> MVSSMKeypoints:
    """Answers that are not those of a fresh network."""
    torch.manual_seed(1)
    network = build(name)
    assert isinstance(network, MVSSMKeypoints)
    for layer in network.layers:
        torch.nn.init.normal_(layer.answer.weight, std=0.05)
    return network.eval()


# -- rays -----------------------------------------------------------------------------------------------------


def test_rays_meet_as_the_normal_equations_say() -> None:
    found, _ = rays(views(3))
    weights = torch.rand(found.seen.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    before = torch.randn(3, 17, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    met = meet(found.origins, found.directions, weights, before)
    for n, j in ((0, 0), (1, 5), (2, 16)):
        pull = DAMPING * float(weights[n, :, j].sum())
        matrix, right = pull * np.eye(3), pull * before[n, j].numpy()
        for v in range(4):
            d = found.directions[n, v, j]
            across = weights[n, v, j] * (torch.eye(3, dtype=torch.float64) - d[:, None] * d)
            matrix, right = matrix + across.numpy(), right + (across @ found.origins[n, v]).numpy()
        np.testing.assert_allclose(met[n, j].numpy(), np.linalg.solve(matrix, right), atol=1e-9)


@pytest.mark.parametrize("count", [2, 3, 8])
def test_clean_rays_meet_where_the_joints_are(count: int) -> None:
    seen = clean(count=count)
    found, middle = rays(seen)
    error = (start(found) + middle[:, None]).numpy() - swaying(6).positions
    twice = ((seen.confidence[:, :, 0] > 0).sum(0) >= 2)[..., None]
    assert np.abs(error * twice).max() < 2e-3 and twice.mean() > 0.5  # the damping of eight rounds is all that is left


def test_a_view_that_errs_loses_its_weight() -> None:
    seen = clean(count=5)
    off = seen.xy.copy()
    off[2, :, :, 13] += 150.0
    found, middle = rays(replace(seen, xy=off))
    error = np.linalg.norm((start(found) + middle[:, None]).numpy() - swaying(6).positions, axis=-1)
    plain = meet(found.origins, found.directions, torch.ones_like(found.seen), start(found)) + middle[:, None]
    without = np.linalg.norm(plain.numpy() - swaying(6).positions, axis=-1)
    assert error[:, 13].max() < CAUCHY_M / 2 < without[:, 13].min()


def test_distances_and_depths_are_the_cameras() -> None:
    seen = clean()
    found, middle = rays(seen)
    points = torch.from_numpy(swaying(6).positions) - middle[:, None]
    assert (distances(found.origins, found.directions, points) * (found.seen > 0)).max() < 1e-5
    for view, camera in enumerate(seen.rig):
        np.testing.assert_allclose(
            to_camera(found, points)[:, view].numpy(), camera.to_camera(swaying(6).positions), atol=1e-9
        )
    eigenvalues = torch.linalg.eigvalsh(_matrix(spread(found.directions, found.seen.softmax(1))))
    assert (eigenvalues > -1e-9).all() and eigenvalues.sum(-1).numpy() == pytest.approx(2)


def _matrix(six: torch.Tensor) -> torch.Tensor:
    xx, yy, zz, xy, xz, yz = six.unbind(-1)
    return torch.stack([xx, xy, xz, xy, yy, yz, xz, yz, zz], -1).unflatten(-1, (3, 3))


# -- tokens ---------------------------------------------------------------------------------------------------


def test_a_person_in_their_own_frame_looks_the_same_wherever_they_stand() -> None:
    seen, turn = clean(), quat_to_matrix(np.array([np.cos(0.6), 0, 0, np.sin(0.6)]))
    moved = CameraRig(
        tuple(replace(c, rotation=c.rotation @ turn.T, centre=turn @ c.centre + [3.0, -2.0, 0.0]) for c in seen.rig)
    )

    def features(observation: MultiViewKeypoints) -> torch.Tensor:
        found, middle = rays(observation)
        points = start(found)
        origin, towards = points.median(1).values * torch.tensor([1.0, 1.0, 0.0]), heading(points)
        origin = origin - middle * torch.tensor([0.0, 0.0, 1.0])
        return told(in_frame(found, origin, towards), turned(points - origin[:, None], towards)).features

    # the median along x and y turns with nobody: it is what is left of the frame
    a, b = features(seen), features(replace(seen, rig=moved))
    torch.testing.assert_close(a[..., :9], b[..., :9], atol=0.05, rtol=0)
    torch.testing.assert_close(a[..., 18:], b[..., 18:], atol=0.05, rtol=0)


# -- networks -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mv_ssm_keypoints", "mv_ssm_keypoints_mean", "mv_ssm_keypoints_scan"])
@pytest.mark.parametrize("count", [2, 5, 8])
def test_a_fresh_network_is_the_classical_answer_with_any_number_of_views(name: str, count: int) -> None:
    seen, model = clean(count=count), load_model(name)
    model.network = build(name).eval()
    pose = model.forward(seen, 1.0, ADULT)
    assert isinstance(pose, Joints) and pose.frame == "world" and pose.rooted
    twice = ((seen.confidence[:, :, 0] > 0).sum(0) >= 2)[..., None]
    assert np.abs((pose.positions - swaying(6).positions) * twice).max() < 0.01


def test_without_the_scan_views_may_come_in_any_order() -> None:
    given, order = inputs(views(4)).float()[None], [3, 1, 0, 2]
    with torch.inference_mode():
        plain, scanning = trained_a_little(), trained_a_little("mv_ssm_keypoints")
        torch.testing.assert_close(plain(given), plain(given[:, :, order]), atol=1e-5, rtol=0)
        assert (scanning(given) - scanning(given[:, :, order])).abs().max() > 1e-4  # a scan walks view after view


def test_the_world_s_origin_does_not_matter() -> None:
    seen, network = views(4), trained_a_little("mv_ssm_keypoints")
    moved = CameraRig(tuple(replace(c, centre=c.centre + [20.0, -30.0, 0.0]) for c in seen.rig))
    with torch.inference_mode():
        here, there = (network(inputs(v).float()[None]) for v in (seen, replace(seen, rig=moved)))
    torch.testing.assert_close(there - torch.tensor([20.0, -30.0, 0.0]), here, atol=5e-4, rtol=0)


def test_in_training_every_layer_answers() -> None:
    network, given = trained_a_little(), inputs(views(3)).float()[None]
    with torch.no_grad():
        last, all_of_them = network(given), network.train()(given)
    assert all_of_them.shape == (1, 3, 3, 17, 3)
    torch.testing.assert_close(all_of_them[:, :, -1], last)


def test_a_long_recording_is_answered_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    network, given = trained_a_little(), inputs(views(7)).float()[None]
    with torch.inference_mode():
        whole = network(given)
        monkeypatch.setattr("engine.models.mv_ssm.keypoints.FRAMES_AT_ONCE", 3)
        torch.testing.assert_close(network(given), whole, atol=1e-5, rtol=0)


def test_what_a_blind_camera_reports_has_no_influence_but_its_confidence() -> None:
    seen, network = views(3), trained_a_little("mv_ssm_keypoints")
    dark = seen.confidence.copy()
    dark[1] = 0
    junk = np.where(dark[..., None] > 0, seen.xy, 1e4)
    with torch.inference_mode():
        a, b = (network(inputs(replace(seen, confidence=dark, xy=xy)).float()[None]) for xy in (seen.xy, junk))
    assert torch.equal(a, b) and torch.isfinite(a).all()


def test_sizes_of_the_ablation() -> None:
    def size(config: KeypointsConfig) -> int:
        return sum(p.numel() for p in MVSSMKeypoints(config).parameters())

    whole = KeypointsConfig()
    assert size(replace(whole, scan=False)) < 125_000 < size(replace(whole, joint_matrix=False)) < size(whole)
    assert [len(build(n).ssm_layers()) for n in ("mv_ssm_keypoints", "mv_ssm_keypoints_mean")] == [12, 0]


# -- observations that are refused ----------------------------------------------------------------------------


def test_one_view_several_people_and_other_kinds_are_refused() -> None:
    seen, model = views(3), load_model("mv_ssm_keypoints_mean")
    one = replace(seen, rig=CameraRig((seen.rig[0],)), xy=seen.xy[:1], confidence=seen.confidence[:1])
    two = replace(seen, xy=np.tile(seen.xy, (1, 1, 2, 1, 1)), confidence=np.tile(seen.confidence, (1, 1, 2, 1)))
    for wrong, said in ((one, "one view"), (two, "2 detections"), (seen.view(0), "several cameras")):
        with pytest.raises(InputError, match=said):
            model.forward(wrong, 1.0, ADULT)
