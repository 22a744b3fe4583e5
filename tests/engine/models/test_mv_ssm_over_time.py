"""MV-SSM over time: what single frames say, corrected by those before, at any rate, frame by frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from fake_lifters import swaying
from observed import views

from engine.models.families import build, find_model
from engine.models.mv_ssm.keypoints import MVSSMKeypoints
from engine.models.mv_ssm.over_time import MVSSMOverTime
from engine.models.mv_ssm.rig_encoding import RigOfViews
from engine.observation.trial import Context
from engine.observation.views import MultiViewKeypoints
from engine.observation.virtual_rig import virtual_rig
from engine.observation.virtual_views import seen_by_rig

NAME = "mv_ssm_keypoints_time"


def inputs(observation: MultiViewKeypoints) -> torch.Tensor:
    return torch.from_numpy(RigOfViews().whole(observation, Context(1.7)).inputs).float()[None]


def noisy(frames: int = 12, count: int = 3) -> torch.Tensor:
    """A person who sways, each joint of each view off by some pixels."""
    clip = swaying(frames)
    seen = seen_by_rig(clip, virtual_rig(clip.positions, count), height_m=1.7)
    return inputs(replace(seen, xy=seen.xy + np.random.default_rng(0).normal(0, 4, seen.xy.shape)))


@pytest.fixture
def network() -> MVSSMOverTime:
    """One whose answers are not those of single frames."""
    torch.manual_seed(1)
    network = build(NAME)
    assert isinstance(network, MVSSMOverTime)
    torch.nn.init.normal_(network.head.out.weight, std=0.3)
    return network.eval()


def of_frames(network: MVSSMOverTime) -> MVSSMKeypoints:
    """The network of single frames in it."""
    frames = build("mv_ssm_keypoints_mean")
    frames.load_state_dict({k: v for k, v in network.state_dict().items() if not k.startswith("head.")})
    assert isinstance(frames, MVSSMKeypoints)
    return frames.eval()


def test_a_fresh_one_answers_what_single_frames_say() -> None:
    torch.manual_seed(0)
    network, given = build(NAME).eval(), noisy()
    assert isinstance(network, MVSSMOverTime)
    with torch.inference_mode():
        torch.testing.assert_close(network(given), of_frames(network)(given), atol=2e-3, rtol=0)


def test_later_frames_change_nothing_and_earlier_ones_do(network: MVSSMOverTime) -> None:
    given = noisy()
    changed = given.clone()
    changed[:, 7, ..., :2] += 0.02
    with torch.inference_mode():
        a, b = network(given), network(changed)
    torch.testing.assert_close(a[:, :7], b[:, :7], atol=1e-6, rtol=0)
    assert (a[:, 8:] - b[:, 8:]).abs().amax((0, 2, 3)).min() > 1e-4


@pytest.mark.parametrize("rate", [1.0, torch.tensor([1.0, 1.0, 2.5, 0.5, 4.0, 1.0, 1.0, 2.0, 1.0, 3.0, 1.0, 1.0])])
@pytest.mark.parametrize("piece", [1, 5])
def test_frame_by_frame_is_the_whole(network: MVSSMOverTime, rate: float | torch.Tensor, piece: int) -> None:
    given = noisy()
    with torch.inference_mode():
        whole, state, found = network(given, rate), network.init_state(), []
        for first in range(0, given.shape[1], piece):
            gaps = rate[first : first + piece] if isinstance(rate, torch.Tensor) else rate
            answered, state = network.chunk(given[:, first : first + piece], state, gaps)
            found.append(answered)
    torch.testing.assert_close(torch.cat(found, 1), whole, atol=1e-5, rtol=0)


def test_the_rate_is_heard(network: MVSSMOverTime) -> None:
    given = noisy()
    with torch.inference_mode():
        assert (network(given, 1.0) - network(given, 4.0)).abs()[:, 1:].amax((0, 2, 3)).min() > 1e-4


def test_the_world_s_origin_does_not_matter(network: MVSSMOverTime) -> None:
    given, shift = noisy(), torch.tensor([20.0, -30.0, 0.0])
    moved = given.clone()
    moved[..., 12:] += shift
    with torch.inference_mode():
        torch.testing.assert_close(network(moved) - shift, network(given), atol=1e-3, rtol=0)


def test_training_leaves_the_network_of_single_frames_as_it_is(network: MVSSMOverTime) -> None:
    given = inputs(views(3))
    network.train()
    answer = network(given)
    assert answer.shape == (1, 3, 1, 17, 3)
    answer.square().mean().backward()
    learning = {name for name, p in network.named_parameters() if p.grad is not None and p.grad.abs().sum() > 0}
    assert learning and all(name.startswith("head.") for name in learning)
    assert {name for name, p in network.named_parameters() if p.requires_grad} == {
        name for name, _ in network.named_parameters() if name.startswith("head.")
    }


def test_its_ssms_are_told(network: MVSSMOverTime) -> None:
    layers = network.ssm_layers()
    assert [layer.axis for layer in layers].count("time") == 4 and len(layers) == 12
    slow = {id(p) for p in network.ssm_parameters()}
    assert len(slow) == 5 * len(layers)
    assert network.macs_per_frame(1) > of_frames(network).macs_per_frame(1)
    assert find_model(NAME).bare_card.has_delta and find_model(NAME).across_rates
