"""Flip averaging of every lifting model: the plain mean over two pictures; mirrored in, mirrored out; live as whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from observed import keypoints, positions

from engine.errors import InputError
from engine.models.families import list_models
from engine.models.lifting.layout import LAYOUT
from engine.models.loading import load_model
from engine.models.model import Model
from engine.observation.keypoints import Keypoints2D
from engine.observation.trial import Context

LIFTERS = [entry for entry in list_models() if entry.trained and entry.card.lifts]
ONE_OF_EACH = (
    "hummuss_small",
    "hummuss_small_causal",
    "motionbert_small",
    "posemamba_small",
    "sasmamba",
    "stampose_small",
)
OTHERS = ("hummuss_mesh_small", "hummuss_action_small", "ssd_poser_small", "triangulation")
ADULT, MIRROR = Context(1.7), list(LAYOUT.mirror)
RATES = np.random.default_rng(1).uniform(0.5, 2, 24)


def mirrored(seen: Keypoints2D) -> Keypoints2D:
    """The picture in a mirror, left and right of the person exchanged."""
    xy = seen.xy[:, MIRROR].copy()
    xy[..., 0] = seen.image_size[0] - xy[..., 0]
    return replace(seen, xy=xy, confidence=seen.confidence[:, MIRROR])


def back(positions: np.ndarray) -> np.ndarray:
    return positions[:, MIRROR] * [-1, 1, 1]


def answer(model: Model, seen: Keypoints2D) -> np.ndarray:
    return positions(model.forward(seen, RATES[: len(seen)], ADULT))


def every(entries) -> list:
    """Their names; of one network with other weights only one is asked at once."""
    return [pytest.param(e.name, marks=[] if e.name in ONE_OF_EACH else pytest.mark.slow) for e in entries]


@pytest.mark.parametrize("name", every(LIFTERS))
def test_it_is_the_mean_over_a_picture_and_its_mirror_image(name: str) -> None:
    plain, seen = load_model(name), keypoints()
    flipped = plain.with_flip_averaging()
    one, other = answer(plain, seen), back(answer(plain, mirrored(seen)))
    assert np.abs(one - other).max() > 1e-3, "the network is symmetric: the test says nothing"
    np.testing.assert_allclose(answer(flipped, seen), (one + other) / 2, atol=2e-5)
    np.testing.assert_allclose(back(answer(flipped, mirrored(seen))), answer(flipped, seen), atol=2e-5)
    assert flipped.card.macs_per_frame == 2 * plain.card.macs_per_frame and flipped.card.params == plain.card.params
    np.testing.assert_array_equal(answer(plain, seen), one)  # the plain one is as it was


@pytest.mark.parametrize("name", every(e for e in LIFTERS if e.card.streams == "step"))
def test_a_stream_answers_as_the_whole(name: str) -> None:
    model, seen = load_model(name).with_flip_averaging(), keypoints()
    stream, found, at = model.stream(ADULT), [], 0
    for frames in (1, 1, 5, 1, 9, 7):
        part = slice(at, at + frames)
        found.append(positions(stream.step(seen.take(part), RATES[part])))
        at += frames
    np.testing.assert_allclose(np.concatenate(found), answer(model, seen), atol=1e-5)


@pytest.mark.parametrize("name", OTHERS)
def test_others_are_refused(name: str) -> None:
    model = load_model(name)
    with pytest.raises(InputError, match="does not lift keypoints to joints"):
        model.with_flip_averaging()


def test_a_bidirectional_one_does_not_stream() -> None:
    with pytest.raises(InputError, match="bidirectional"):
        load_model("hummuss_small").with_flip_averaging().stream(ADULT)
