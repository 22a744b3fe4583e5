"""Varied windows: people in any orientation, cameras anywhere, a detector's errors; plain ones stay as they were."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from engine.models.families import find_model, list_models
from engine.models.lifting.layout import LAYOUT
from engine.training.motions import Motions, WindowSettings, in_cameras, make_batch, random_cameras
from engine.training.tasks.lifting import VARIED, Stage, Validation, curriculum, lifting_loss
from engine.training.variety import AS_THEY_COME, EYES, PLAIN, VARIETIES, Variety, detect, tumble, with_eyes

RNG = np.random.default_rng
SETTINGS = WindowSettings(30, 30.0, causal=True, batch=40, clean=1.0)


@pytest.fixture(scope="module")
def motions() -> Motions:
    rng = RNG(0)
    standing = rng.normal(0, 0.2, (1, 17, 3)) + np.linspace(0.1, 1.7, 17)[None, :, None] * [0, 0, 1]
    walk = standing + np.cumsum(rng.normal(0, 0.01, (400, 17, 3)), 0)
    return Motions(walk.astype(np.float32), np.array([0, 400]))


def people(count: int = 400) -> np.ndarray:
    upright = np.zeros((count, 5, 17, 3), np.float32)
    upright[:, :, LAYOUT.names.index("head top"), 2] = 0.8
    return upright + [3.0, -2.0, 1.0]


def test_windows_without_variety_draw_nothing_more(motions):
    plain, none = make_batch(motions, SETTINGS, RNG(1)), replace(SETTINGS, variety=Variety())
    assert Variety() == PLAIN and np.array_equal(plain.inputs, make_batch(motions, none, RNG(1)).inputs)
    assert not np.array_equal(plain.inputs, make_batch(motions, replace(SETTINGS, variety=AS_THEY_COME), RNG(1)).inputs)


def test_tumbled_people_keep_their_bones_and_their_place():
    upright = people()
    turned = tumble(upright, 0.5, RNG(0))
    up = (turned[:, 0, 10] - turned[:, 0, 0]) / 0.8
    np.testing.assert_allclose(np.linalg.norm(up, axis=-1), 1, atol=1e-5)
    np.testing.assert_allclose(turned[:, :, 0], upright[:, :, 0], atol=1e-5)
    still = np.isclose(up[:, 2], 1, atol=1e-5)
    assert still.mean() == pytest.approx(0.5, abs=0.08)
    assert (up[:, 2] < -0.5).mean() == pytest.approx(0.5 * 0.5 * 0.25, abs=0.03), "upside down"
    assert tumble(upright, 0.0, RNG(0)) is upright


def test_cameras_anywhere_stand_from_the_floor_to_above_the_head():
    axes, _ = random_cameras(people(), RNG(0), anywhere=1.0)
    elevation = np.degrees(np.arcsin(-axes[:, 2, 2]))  # they look forward and down
    assert -31 < elevation.min() < -20 and 75 < elevation.max() < 86
    assert np.percentile(elevation, 50) == pytest.approx(27.5, abs=8)


def test_the_person_stays_in_front_of_cameras_anywhere(motions):
    world = np.repeat(motions.positions[None, :30], 200, 0)
    assert in_cameras(world, *random_cameras(world, RNG(0), anywhere=1.0))[..., 2].min() > 0.3


def test_the_mean_of_the_eyes_stands_for_the_head_top():
    camera = RNG(0).normal(size=(300, 4, 17, 3)).astype(np.float32)
    seen = with_eyes(camera, 0.3, RNG(1))
    nose, head = LAYOUT.names.index("nose"), LAYOUT.names.index("head top")
    other = np.abs(seen - camera).max((1, 2, 3)) > 0
    assert other.mean() == pytest.approx(0.3, abs=0.08)
    eyes = (1 - EYES) * camera[other, :, nose] + EYES * camera[other, :, head]
    np.testing.assert_allclose(seen[other, :, head], eyes, atol=1e-6)
    rest = np.delete(np.arange(17), head)
    np.testing.assert_array_equal(seen[:, :, rest], camera[:, :, rest])


def test_a_detector_errs_in_proportion_to_the_person_in_the_picture():
    rays = np.zeros((400, 60, 17, 2), np.float32)
    near, far = np.full((200, 60), 2.0), np.full((200, 60), 8.0)
    found, said, chosen = detect(rays, np.ones(rays.shape[:3], np.float32), np.concatenate([near, far]),
                                 np.full(400, 1.6), np.arange(60) / 30, 0.7, RNG(0))  # fmt: skip
    assert chosen.mean() == pytest.approx(0.7, abs=0.08)
    assert not found[~chosen].any() and (said[~chosen] == 1).all()
    seen = said > 0
    large, small = (
        np.median(np.linalg.norm(found, axis=-1)[seen & chosen[:, None, None] & near_or_far[:, None, None]])
        for near_or_far in (np.arange(400) < 200, np.arange(400) >= 200)
    )
    assert large / small == pytest.approx(4, rel=0.15)
    assert 0.002 < large / (1.68 / 2) < 0.05


def test_half_of_the_detected_views_are_sure_of_everything():
    rays = RNG(0).normal(size=(400, 20, 17, 2)).astype(np.float32)
    _, said, _ = detect(rays, np.ones(rays.shape[:3], np.float32), np.full((400, 20), 3.0), np.full(400, 1.6),
                        np.arange(20) / 30, 1.0, RNG(0))  # fmt: skip
    sure = np.array([(view[view > 0] == 1).all() for view in said])
    assert sure.mean() == pytest.approx(0.5, abs=0.08)


def test_the_curriculum_across_rates_is_varied_and_the_others_are_not():
    (plain,) = curriculum(100, across_rates=True)
    (stage,) = curriculum(100, across_rates=True, variety=AS_THEY_COME)
    assert plain.variety == PLAIN and stage.variety == AS_THEY_COME
    small = ("hummuss_small", "hummuss_small_anyrate", "hummuss_small_robust")
    asked = {name: find_model(name).variety for name in (*small, "hummuss_base")}
    assert list(asked.values()) == ["plain", "some", "as they come", "some"]
    assert {entry.variety for entry in list_models()} == set(VARIETIES)
    assert stage.windows(RNG(0), causal=True).variety == AS_THEY_COME
    assert all(stage.variety == PLAIN for stage in curriculum(100))
    assert Stage(1, 10.0, 60).variety == PLAIN


def test_a_varied_validation_asks_for_more(motions):
    class Still(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.nothing = nn.Parameter(torch.zeros(1))

        def forward(self, u, rate):
            return torch.zeros_like(u)

    network = Still()
    plain = Validation(motions, causal=True, windows=6).errors_mm(network)
    varied = Validation(motions, causal=True, windows=6, varied=True).errors_mm(network)
    assert varied.keys() - plain.keys() == {*(f"val_mm_{name}" for name in VARIED), "val_jitter_detected"}
    assert {name: varied[name] for name in plain} == plain
    assert varied["val_jitter_detected"] == 0, "what does not move does not shake"


def test_acceleration_is_a_mean_over_real_time():
    gaps = torch.tensor([1.0, 1.0, 2.0, 0.5, 1.5]) / 60
    times = torch.cumsum(gaps, 0)
    target = torch.zeros(1, 5, 1, 3)
    line, bend = target + times[None, :, None, None], target + 9.81 / 2 * times[None, :, None, None] ** 2
    without, with_term = (lifting_loss(line, target, gaps, acceleration=w) for w in (0.0, 1.0))
    assert float(with_term - without) == pytest.approx(0, abs=1e-3), "no acceleration at constant speed"
    even = torch.full((5,), 1 / 60)
    times = torch.cumsum(even, 0)
    bend = target + 9.81 / 2 * times[None, :, None, None] ** 2
    for given in (even, 1 / 60):
        added = lifting_loss(bend, target, given, acceleration=1.0) - lifting_loss(bend, target, given)
        assert float(added) == pytest.approx(9.81 * 3**0.5, rel=1e-3)
