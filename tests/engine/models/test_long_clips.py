"""Long clips in parts: causal models as at once, others in windows whose difference is bounded."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from body_fakes import random_pose
from observed import keypoints, observation, positions

from engine.experiment.prepared import prepare, recording_of
from engine.experiment.settings import Experiment
from engine.models import long_clips
from engine.models.families import list_models
from engine.models.joined import Joined
from engine.models.lifting.follow import FollowCamera, _follow_long
from engine.models.loading import load_model
from engine.models.long_clips import LONG, OVERLAP, WINDOW, in_long_windows, long_clip_note, windows_of
from engine.motion.pose import ClassScores, Joints
from engine.motion.skeleton import H36M_17
from engine.observation.trial import Context
from engine.pieces import by_pieces, pieces
from engine.progress import Cancelled

CONTEXT = Context(1.8)


@pytest.fixture
def short(monkeypatch):
    """Clips of more than 40 frames are long ones."""
    monkeypatch.setattr(long_clips, "LONG", 40)
    for module in ("model", "network"):
        monkeypatch.setattr(f"engine.models.{module}.is_long", lambda frames: frames > 40)
    monkeypatch.setattr("engine.models.model.CHUNK", 32)


def irregular(frames: int) -> np.ndarray:
    return np.cumsum(np.random.default_rng(3).uniform(0.005, 0.05, frames))


@pytest.mark.parametrize("times", [None, irregular(101)], ids=["regular", "irregular"])
@pytest.mark.parametrize("name", [e.name for e in list_models() if e.card.streams == "step" and "small" in e.name])
def test_a_causal_model_in_chunks_is_the_model_at_once(short, name, times) -> None:
    model = load_model(name)
    clip = observation(model.card, 101, times=times)
    rate = 1.0 if times is None else np.diff(times, prepend=times[0] - 1 / 60) * model.card.rate_hz
    said: list[float] = []
    whole = model.forward(clip, rate, CONTEXT, at_once=True)
    found = model.forward(clip, rate, CONTEXT, progress=lambda share, _: said.append(share), cancel=lambda: False)
    assert np.abs(positions(found) - positions(whole)).max() <= 1e-5
    assert np.array_equal(found.times, whole.times) and type(found) is type(whole)
    assert said == sorted(said) and said[-1] == 1.0 and len(said) >= 4
    assert long_clip_note(model.card, 10**6) == ""


@pytest.mark.parametrize("name", ["linear_toy", "hummuss_small_causal", "hummuss_small"])
def test_long_runs_can_be_stopped(short, name, monkeypatch) -> None:
    monkeypatch.setattr("engine.models.interruption.ASK_EVERY_S", 0.0)
    asked = iter(range(10**6))
    with pytest.raises(Cancelled):
        load_model(name).forward(keypoints(300), 1.0, CONTEXT, cancel=lambda: next(asked) > 1)


def test_windows_cover_every_frame_and_overlap_as_stated() -> None:
    for frames in (LONG + 1, 3 * WINDOW, 10**6):
        found = windows_of(frames)
        assert found[0][0] == 0 and found[-1][1] == frames
        assert {stop - start for start, stop in found} == {WINDOW}
        shared = [before[1] - after[0] for before, after in pairwise(found)]
        assert min(shared) >= OVERLAP and max(shared) <= WINDOW // 2 + OVERLAP
    assert windows_of(10) == [(0, 10)]


@pytest.mark.parametrize("frames", [100, 101, 137])
def test_windows_of_what_works_on_every_frame_by_itself_are_the_whole(frames) -> None:
    u = torch.randn(1, frames, 17, 3, dtype=torch.float64)
    gaps = torch.rand(frames, dtype=torch.float64)

    def run(part, rate):
        return part * 3 + rate.view(1, -1, 1, 1)

    begun: list[tuple[int, int]] = []
    found = in_long_windows(run, u, gaps, begin=lambda *which: begun.append(which), window=40, overlap=10)
    assert torch.allclose(found, run(u, gaps), atol=1e-12)
    assert begun == [(k, len(begun)) for k in range(len(begun))] and len(begun) >= 3


def test_windows_of_a_bidirectional_model_differ_by_millimetres_and_the_note_says_so() -> None:
    """On a person who walks there and back; HumMUSS sees farther than it was trained on, so windows are no whole."""
    walk = recording_of(Experiment())
    there_and_back = np.concatenate([np.arange(480), np.arange(480)[::-1]])
    clip = replace(walk, times=np.arange(960) / 60, positions=walk.positions[there_and_back], body=None)
    seen = prepare(Experiment(), clip)
    model = load_model("hummuss_small")
    encoded = model.encoder.whole(seen.kept, seen.context)
    inputs = model.tensor(encoded.inputs)[None]
    with torch.inference_mode():
        outputs = [model.network(inputs, 1.0), in_long_windows(model.network, inputs, 1.0, begin=lambda *_: None,
                   window=600, overlap=240)]  # fmt: skip
    whole, cut = (model.decoder.whole(output[0].double().numpy(), encoded, seen.context) for output in outputs)
    apart = 1000 * np.linalg.norm(whole.positions - cut.positions, axis=-1)
    assert 0.0 < apart.mean() < 8.0 and apart.max() < 80.0
    assert "8,192" in long_clip_note(model.card, LONG + 1) and long_clip_note(model.card, LONG) == ""
    assert long_clip_note(load_model("motionbert_small").card, 10**6) == ""  # its card says its window


def test_a_bidirectional_model_runs_in_windows_of_its_own(short, monkeypatch) -> None:
    monkeypatch.setattr("engine.models.network.in_long_windows", lambda run, u, rate, begin: in_long_windows(
        run, u, rate, begin=begin, window=30, overlap=10))  # fmt: skip
    model, sizes = load_model("hummuss_small"), []
    handle = model.network.register_forward_hook(lambda _, given, __: sizes.append(given[0].shape[1]))
    found = model.forward(keypoints(100), 1.0, CONTEXT)
    handle.remove()
    assert set(sizes) == {30} and len(found) == 100


@pytest.mark.parametrize("causal", [True, False])
def test_the_follow_camera_of_a_long_clip(causal) -> None:
    clip = keypoints(9000, times=irregular(9000))
    reference = FollowCamera(causal=causal)
    parts = [reference.whole(clip.take(slice(0, 8000)), CONTEXT), _follow_long(clip.take(slice(0, 8000)), causal=causal,
             check=lambda: None)]  # fmt: skip
    assert parts[1].inputs.dtype == np.float32
    np.testing.assert_allclose(parts[1].inputs, parts[0].inputs, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(parts[1].rotation, parts[0].rotation, atol=1e-12)
    assert reference.whole(clip, CONTEXT).inputs.dtype == np.float32  # and so it is taken


def test_pieces() -> None:
    values = np.arange(10.0)
    assert [(p.start, p.stop) for p in pieces(10, 4)] == [(0, 4), (4, 8), (8, 10)]
    assert np.array_equal(by_pieces(lambda part: 2 * values[part], 10, 4), 2 * values)


def test_joined_predictions() -> None:
    times = np.arange(10.0)
    body = random_pose(10, "kinestate")
    scores = ClassScores(times, ("a", "b"), np.full((10, 2), 0.5))
    joints = Joints(times, np.random.default_rng(0).normal(size=(10, 17, 3)), H36M_17)
    for whole in (body, scores, joints):
        joined = Joined(10)
        for part in pieces(10, 4):
            joined.add(whole.take(part))
        found = joined.whole()
        assert type(found) is type(whole) and np.array_equal(positions(found), positions(whole))
    with pytest.raises(ValueError, match="10 of 11"):
        other = Joined(11)
        other.add(joints)
        other.whole()
