"""The linear toy matches its closed form: in the network, and through the whole experiment, at any rate.

Held input is solved exactly by zero-order hold: 1e-12 in float64, 1e-5 in float32.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.errors import InputError
from engine.experiment.rate import RatePolicy
from engine.experiment.run import run
from engine.experiment.settings import Experiment, InputSettings, ModelChoice
from engine.models.families import find_model
from engine.models.lifting.follow import follow
from engine.models.loading import load_model
from engine.models.toy.network import DAMPING, GAIN, NATURAL_HZ, TIME_CONSTANT_S, LinearToy
from engine.motion.clip import MotionClip
from engine.motion.skeleton import H36M_17
from engine.motion.stature import ANKLE_HEIGHT_M, stature
from engine.observation.observe import observe
from engine.training.run import run_training

HZ = 60.0
OMEGA = 2 * np.pi * NATURAL_HZ
POLES = np.array([-1 / TIME_CONSTANT_S, -OMEGA * DAMPING + 1j * OMEGA * np.sqrt(1 - DAMPING**2)])


@pytest.fixture
def float64() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def step_response(seconds: np.ndarray) -> np.ndarray:
    """(..., 3): X, Y and Z after unit x and y have been there for that long (any textbook on control)."""
    first = 1 - np.exp(-seconds / TIME_CONSTANT_S)
    damped = OMEGA * np.sqrt(1 - DAMPING**2)
    swing = np.cos(damped * seconds) + DAMPING * OMEGA / damped * np.sin(damped * seconds)
    return GAIN * np.stack([first, first, 1 - np.exp(-DAMPING * OMEGA * seconds) * swing], -1)


def given(x: np.ndarray) -> torch.Tensor:
    """(F,) -> (1, F, 17, 3), the same x = y for every joint, all seen."""
    u = torch.ones(1, len(x), 17, 3)
    u[..., :2] = torch.from_numpy(x)[None, :, None, None]
    return u


@torch.no_grad()
@pytest.mark.parametrize("rate", [1.0, 2.0, 0.5])
def test_step(rate: float, float64: None) -> None:
    y = LinearToy()(given(np.ones(300)), rate)[0, :, 5].numpy()
    np.testing.assert_allclose(y, step_response(np.arange(1, 301) * rate / HZ), atol=1e-12)


@torch.no_grad()
@pytest.mark.parametrize("rate", [1.0, 2.0, 0.5])
def test_step_in_single_precision(rate: float) -> None:
    y = LinearToy()(given(np.ones(300)), rate)[0, :, 5].numpy()
    np.testing.assert_allclose(y, step_response(np.arange(1, 301) * rate / HZ), atol=1e-5)


@torch.no_grad()
def test_step_at_irregular_times(float64: None) -> None:
    gaps = np.random.default_rng(0).uniform(0.2, 6, 300)
    y = LinearToy()(given(np.ones(300)), torch.from_numpy(gaps))[0, :, 5].numpy()
    np.testing.assert_allclose(y, step_response(np.cumsum(gaps) / HZ), atol=1e-12)


@torch.no_grad()
@pytest.mark.parametrize("rate", [1.0, 2.0, 0.5])
def test_sinusoid_held_between_frames(rate: float, float64: None) -> None:
    """x[k] = sin(k φ): each pole's state is a geometric series with the sum (e^{iφ(k+1)} - a^{k+1}) / (e^{iφ} - a)."""
    k, phase = np.arange(240), 2 * np.pi * 1.5 * rate / HZ
    y = LinearToy()(given(np.sin(phase * k)), rate)[0, :, 0].numpy()
    turn = np.exp(1j * phase)
    expected = []
    for pole, readout in ((POLES[0], -POLES[0] / 2), (POLES[1], -0.5j * abs(POLES[1]) ** 2 / POLES[1].imag)):
        responses = []
        for p, c in ((pole, readout), (np.conj(pole), np.conj(readout))):  # both halves of the conjugate pair
            a = np.exp(p * rate / HZ)
            responses.append(c * (a - 1) / p * (turn ** (k + 1) - a ** (k + 1)) / (turn - a))
        # the input is the imaginary part of turn^k; both halves together are a real system
        expected.append(GAIN * np.imag(sum(responses)))
    np.testing.assert_allclose(y[:, 0], expected[0], atol=1e-12)
    np.testing.assert_allclose(y[:, 2], expected[1], atol=1e-12)


@torch.no_grad()
@pytest.mark.parametrize("hold", [2, 4])
def test_staircase_seen_coarsely_is_the_staircase(hold: int, float64: None) -> None:
    """A ramp of constant stretches that then stays: one frame per stretch, at the rate of the stretch, says it all."""
    stairs = np.minimum(np.arange(60), 40.0)
    toy = LinearToy()
    fine = toy(given(np.repeat(stairs, hold)))[:, hold - 1 :: hold]
    torch.testing.assert_close(toy(given(stairs), float(hold)), fine, rtol=0, atol=1e-11)


# -- through the whole experiment -------------------------------------------------------------------------------


def standing(times: np.ndarray) -> MotionClip:
    """A person who does not move: the follow camera stands still too, and the network sees a step."""
    rng = np.random.default_rng(1)
    pose = np.concatenate([rng.uniform(-0.4, 0.4, (17, 2)), rng.uniform(0, 1.7, (17, 1))], 1)
    return MotionClip("standing", times, np.broadcast_to(pose, (len(times), 17, 3)).copy(), H36M_17)


def predicted(clip: MotionClip, r: int, delta: RatePolicy) -> np.ndarray:
    """(T, 17, 3) metres from the pelvis in world axes, at one frame in r."""
    choice = ModelChoice(name="linear_toy", rate=delta)
    experiment = Experiment(models=(choice,), input=InputSettings(subsample=r))
    (result,) = run(experiment, recording=clip, models=lambda _: load_model("linear_toy")).models
    placed = result.placed.positions
    return placed - placed[:, :1]


def closed_form(clip: MotionClip, seconds: np.ndarray) -> np.ndarray:
    """The same from `step_response`, for input that has been there for `seconds` (T,)."""
    seen = observe(clip, "front").observation
    assert seen.camera is not None
    followed = follow(seen.camera.rays(seen.xy), seen.confidence, seen.times, causal=True)
    x, y = followed.inputs[0, :, 0], followed.inputs[0, :, 1]
    relative = step_response(seconds)[:, None] * np.stack([x - x[0], y - y[0], x - x[0]], -1)
    metres = relative * (stature(clip.positions) - ANKLE_HEIGHT_M)
    return metres @ followed.rotation[0] @ seen.camera.rotation


CLIP = standing(np.arange(240) / HZ)


@pytest.mark.parametrize("r", [1, 2, 4])
def test_auto_delta_gives_the_closed_form_at_the_kept_frames(r: int) -> None:
    found = predicted(CLIP, r, RatePolicy())
    np.testing.assert_allclose(found, closed_form(CLIP, r * np.arange(1, len(found) + 1) / HZ), atol=1e-5)


@pytest.mark.parametrize("r", [2, 4])
@pytest.mark.parametrize("delta", [RatePolicy(mode="trained"), RatePolicy(mode="factor", factor=3.0)])
def test_any_other_delta_is_the_closed_form_on_its_own_clock(r: int, delta: RatePolicy) -> None:
    """As trained, one frame in r looks r times as fast to the network: its answer runs r times slower."""
    found = predicted(CLIP, r, delta)
    expected = closed_form(CLIP, delta.factor * np.arange(1, len(found) + 1) / HZ)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.abs(found - predicted(CLIP, r, RatePolicy())).max() > 0.01


def test_a_clip_of_another_rate_keeps_its_seconds() -> None:
    found = predicted(standing(np.arange(100) / 25), 1, RatePolicy())
    np.testing.assert_allclose(found, closed_form(CLIP, np.arange(1, 101) / 25), atol=1e-5)


def test_irregular_timestamps_each_count() -> None:
    gaps = np.random.default_rng(2).uniform(0.005, 0.1, 150)
    clip = standing(np.cumsum(gaps) - gaps[0])
    found = predicted(clip, 1, RatePolicy())
    first = np.median(gaps[1:])  # nobody knows the time before the first frame
    np.testing.assert_allclose(found, closed_form(CLIP, clip.times + first), atol=1e-5)


def test_it_is_neither_trained_nor_random_and_cannot_be_trained(tmp_path: Path) -> None:
    card = find_model("linear_toy").card
    assert card.analytic and card.usable and not card.trained
    assert card.training == "analytic, nothing learned"
    again = [load_model("linear_toy").network.state_dict() for _ in range(2)]
    assert all(torch.equal(again[0][key], again[1][key]) for key in again[0])
    with pytest.raises(InputError, match="nothing to learn"):
        run_training("linear_toy", tmp_path, tmp_path / "run")
