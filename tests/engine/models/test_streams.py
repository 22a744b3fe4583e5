"""Streamed equals whole: every encoder, every decoder, every causal model, in pieces of any length."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from observed import keypoints, observation, positions

from engine.models.card import ModelCard
from engine.models.encoding import Encoded
from engine.models.families import list_models
from engine.models.lifting.encodings import ENCODINGS, encoding_of
from engine.models.loading import load_model
from engine.motion.pose import ClassScores, Prediction
from engine.observation.trial import Context

TOLERANCE = 1e-5
CONTEXT = Context(1.8)
PIECES = {"frame by frame": (1,) * 40, "in pieces": (1, 7, 1, 1, 20, 10)}
SMALL = ("small", "toy")


def card(encoding: str) -> ModelCard:
    return ModelCard(name="", system="", summary="", causal=True, follows_rate="", encoding=encoding)


def parts(lengths: tuple[int, ...]) -> Iterator[slice]:
    first = 0
    for length in lengths:
        yield slice(first, first + length)
        first += length


@pytest.fixture(params=["regular", "irregular"])
def clip(request: pytest.FixtureRequest):
    times = np.cumsum(np.random.default_rng(3).uniform(0.005, 0.05, 40))
    return keypoints(40, times=times if request.param == "irregular" else None)


@pytest.mark.parametrize("lengths", PIECES.values(), ids=list(PIECES))
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_encoders(encoding: str, lengths: tuple[int, ...], clip) -> None:
    encoder, _ = encoding_of(card(encoding))
    whole, stream = encoder.whole(clip, CONTEXT), encoder.stream(CONTEXT)
    streamed = [stream.step(clip.take(part)) for part in parts(lengths)]
    assert np.abs(np.concatenate([s.inputs for s in streamed]) - whole.inputs).max() <= TOLERANCE
    assert np.array_equal(np.concatenate([s.times for s in streamed]), whole.times)
    if whole.rotation is not None:
        assert np.abs(np.concatenate([s.rotation for s in streamed]) - whole.rotation).max() <= TOLERANCE


@pytest.mark.parametrize("lengths", PIECES.values(), ids=list(PIECES))
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_decoders(encoding: str, lengths: tuple[int, ...], clip) -> None:
    encoder, decoder = encoding_of(card(encoding))
    encoded, output = encoder.whole(clip, CONTEXT), np.random.default_rng(4).normal(size=(40, 17, 3))
    whole, stream = decoder.whole(output, encoded, CONTEXT), decoder.stream(CONTEXT)
    streamed = [
        stream.step(
            output[part],
            Encoded(
                encoded.times[part],
                encoded.inputs[part],
                None if encoded.rotation is None else encoded.rotation[part],
            ),
        )
        for part in parts(lengths)
    ]
    assert np.abs(np.concatenate([s.positions for s in streamed]) - whole.positions).max() <= TOLERANCE
    assert np.array_equal(np.concatenate([s.times for s in streamed]), whole.times)


def frame_of(prediction: Prediction) -> str:
    return "" if isinstance(prediction, ClassScores) else prediction.frame


@pytest.mark.parametrize("lengths", PIECES.values(), ids=list(PIECES))
@pytest.mark.parametrize(
    "name", [e.name for e in list_models() if e.card.streams == "step" and any(s in e.name for s in SMALL)]
)
def test_models(name: str, lengths: tuple[int, ...], clip) -> None:
    model = load_model(name)
    clip = observation(model.card, len(clip), times=clip.times)
    rate = np.diff(clip.times, prepend=clip.times[0] - 1 / 60) * model.card.rate_hz
    whole, stream = model.forward(clip, rate, CONTEXT), model.stream(CONTEXT)
    streamed = [stream.step(clip.take(part), rate[part]) for part in parts(lengths)]
    assert np.abs(np.concatenate([positions(s) for s in streamed]) - positions(whole)).max() <= TOLERANCE
    assert np.array_equal(np.concatenate([s.times for s in streamed]), whole.times)
    assert {frame_of(s) for s in streamed} == {frame_of(whole)}
