"""The follow camera: exact rotations, both directions in time, streaming."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.cameras.pinhole import look_at
from engine.models.lifting.follow import SMOOTHING_S, FollowState, aim_rotation, follow, turn


def scene(frames: int = 40, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    rays = rng.normal(0, 0.1, (frames, 17, 2)) + [0.3, -0.2]
    confidence = (rng.random((frames, 17)) > 0.3).astype(float)
    return rays, confidence, np.cumsum(rng.uniform(0.01, 0.06, frames))


@given(st.floats(-2, 2), st.floats(-2, 2))
def test_aim_is_a_rotation_that_centres_the_ray(x: float, y: float) -> None:
    rotation = aim_rotation(np.array([x, y]))
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1)
    np.testing.assert_allclose(turn(np.array([[x, y]]), rotation), 0, atol=1e-12)


@pytest.mark.parametrize("causal", [True, False])
def test_weights_are_exponential_in_time(causal: bool) -> None:
    """Against the plain weighted mean, written with a dense (T, T) weight matrix."""
    rays, confidence, times = scene()
    age = times[:, None] - times[None, :]
    weight = np.exp(-np.abs(age) / SMOOTHING_S) * ((age >= 0) if causal else 1)
    aim = (weight @ (rays * confidence[..., None]).sum(1)) / (weight @ confidence.sum(1))[:, None]
    np.testing.assert_allclose(follow(rays, confidence, times, causal=causal).rotation, aim_rotation(aim), atol=1e-12)


def test_streamed_equals_whole() -> None:
    rays, confidence, times = scene()
    whole, state = follow(rays, confidence, times, causal=True), FollowState()
    for k in range(len(times)):
        frame = state.push(rays[k], confidence[k], times[k])
        np.testing.assert_allclose(frame.inputs, whole.inputs[k], atol=1e-12)
        np.testing.assert_allclose(frame.rotation, whole.rotation[k], atol=1e-12)


def test_frames_without_any_joint_are_survived() -> None:
    rays, confidence, times = scene()
    confidence[:3] = 0
    confidence[20:25] = 0
    for causal in (True, False):
        assert np.isfinite(follow(rays, confidence, times, causal=causal).inputs).all()
    state = FollowState()
    for k in range(len(times)):
        assert np.isfinite(state.push(rays[k], confidence[k], times[k]).inputs).all()


def test_apparent_size_and_place_are_normalised_away() -> None:
    """A person moved about the picture and twice as near gives nearly the same input."""
    rng = np.random.default_rng(0)
    person = rng.normal(0, 0.3, (1, 17, 3)) + rng.normal(0, 0.002, (60, 17, 3)).cumsum(0)
    times = np.arange(60) / 60
    seen = []
    for distance, pan in ((20.0, 0.0), (40.0, 8.0)):
        camera = look_at("c", np.array([0, -distance, 0.0]), np.array([pan, 0, 0.0]))
        pixels, _ = camera.project(person)
        seen.append(follow(camera.rays(pixels), np.ones((60, 17)), times, causal=False).inputs)
    assert np.abs(seen[0] - seen[1]).max() < 0.06


def test_unseen_joints_are_zero() -> None:
    rays, confidence, times = scene()
    inputs = follow(rays, confidence, times, causal=False).inputs
    assert np.all(inputs[confidence == 0] == 0) and np.all(inputs[confidence > 0][:, 2] == 1)
