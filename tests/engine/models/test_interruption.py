"""Runs report how far they are and stop when they are told to, inside a network too; neither changes a number."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from observed import keypoints

from engine.models.hummuss import mixing
from engine.models.lifting.follow import CHECK_EVERY, follow
from engine.models.loading import load_model
from engine.observation.trial import Context
from engine.progress import Cancelled

ADULT = Context(1.7)
NAMES = ("hummuss_small", "hummuss_small_causal", "motionbert_small", "sasmamba", "linear_toy")


class After:
    """Cancels at the n-th question."""

    def __init__(self, questions: int) -> None:
        self.left = questions

    def __call__(self) -> bool:
        self.left -= 1
        return self.left < 0


@pytest.fixture(autouse=True)
def ask_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.models.interruption.ASK_EVERY_S", 0.0)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.slow
def test_watched_runs_give_the_same_numbers_and_rising_shares(name: str) -> None:
    model, clip, shares = load_model(name), keypoints(300), list[float]()
    plain = model.forward(clip, 2.0, ADULT)
    watched = model.forward(clip, 2.0, ADULT, progress=lambda share, _: shares.append(share), cancel=lambda: False)
    assert np.array_equal(plain.positions, watched.positions)
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1.0)
    assert len(shares) >= (1 if name == "linear_toy" else 10)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("questions", [0, 3, 60])
@pytest.mark.slow
def test_cancelled_inside_a_run_and_none_the_worse_for_it(name: str, questions: int) -> None:
    model, clip = load_model(name), keypoints(300)
    rate = np.ones(300)  # the recurrence, frame after frame
    before = model.forward(clip, rate, ADULT)
    cancel = After(questions)
    with pytest.raises(Cancelled):
        model.forward(clip, rate, ADULT, cancel=cancel, progress=lambda *_: None)
    assert cancel.left == -1
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.network.modules())
    assert np.array_equal(model.forward(clip, rate, ADULT).positions, before.positions)


def test_the_follow_camera_asks_too() -> None:
    def stop() -> None:
        raise Cancelled

    frames = CHECK_EVERY + 2
    with pytest.raises(Cancelled):
        follow(np.zeros((frames, 17, 2)), np.ones((frames, 17)), np.arange(frames) / 60, causal=True, check=stop)


@torch.no_grad()
@pytest.mark.parametrize("rate", [2.0, "irregular"])
@pytest.mark.parametrize("name", ["hummuss_small", "hummuss_small_causal"])
@pytest.mark.slow
def test_a_long_clip_in_pieces_is_the_same(name: str, rate: float | str, monkeypatch: pytest.MonkeyPatch) -> None:
    model, clip = load_model(name), keypoints(400)
    gaps = np.random.default_rng(0).uniform(0.5, 3, 400) if rate == "irregular" else 2.0
    whole = model.forward(clip, gaps, ADULT)
    monkeypatch.setattr(mixing, "PIECE", 1000)
    pieces = model.forward(clip, gaps, ADULT)
    np.testing.assert_allclose(pieces.positions, whole.positions, rtol=0, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["hummuss_small", "hummuss_small_causal", "sasmamba", "motionbert_small"])
def test_a_run_on_18840_frames_stops_at_once(name: str) -> None:
    """Asked to stop after two seconds, it has stopped half a second later."""
    model, clip = load_model(name), keypoints(18_840)
    start = time.perf_counter()
    with pytest.raises(Cancelled):
        model.forward(clip, 1.0, ADULT, cancel=lambda: time.perf_counter() - start > 2)
    assert time.perf_counter() - start < 2.5
