"""HumMUSS's action recognition: sizes, the trunk's weights, means over time, people, streams, probabilities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from observed import keypoints
from safetensors.torch import load_file
from torch import Tensor

from engine.kinds import as_labels
from engine.models.encoding import Encoded
from engine.models.families import build, find_model
from engine.models.hummuss.action import HumMUSSAction
from engine.models.hummuss.config import ActionConfig, HumMUSSConfig
from engine.models.hummuss.pooling import BLOCK, fading_mean, window_mean
from engine.models.label_scores import ActionScores
from engine.models.labels import LABEL_OF, MOTIONS, NTU_60
from engine.models.loading import load_model
from engine.motion.pose import ClassScores
from engine.observation.trial import Context

TRUNK = HumMUSSConfig(width=16, depth=2, expansion=2, k_time=2, states=8, representation=32)
TINY = ActionConfig(5, TRUNK, hidden=12, window=8.0)
ADULT = Context(1.7)
DOUBLE = torch.float64


def network(*, causal: bool = False, window: float | None = 8.0) -> HumMUSSAction:
    """With statistics that hide no mistake."""
    torch.manual_seed(0)
    found = HumMUSSAction(replace(TINY, window=window, trunk=replace(TRUNK, causal=causal))).double().eval()
    for array in (found.head.norm.running_mean, found.head.norm.running_var):
        assert array is not None
        array.add_(0.3 * torch.rand_like(array))
    return found


# -- sizes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "trunk", "hidden", "params"),
    [
        ("hummuss_action_small", "hummuss_small", 64, 621_645),
        ("hummuss_action_small_causal", "hummuss_small_causal", 64, 555_789),
        ("hummuss_action_16m", "hummuss_16m", 2048, 34_146_886),
    ],
)
def test_sizes_are_the_trunk_s_and_those_of_the_published_head(name: str, trunk: str, hidden: int, params: int) -> None:
    found, lifting, labels = build(name), build(trunk), find_model(name).card.labels
    width = lifting.config.representation
    head = 17 * width * hidden + hidden + 2 * hidden + hidden * len(labels) + len(labels)
    assert sum(p.numel() for p in found.parameters()) == params
    assert params == sum(p.numel() for p in lifting.parameters()) - (3 * width + 3) + head


def test_labels_are_named_once_and_every_category_has_one() -> None:
    assert len(set(NTU_60)) == 60 and set(LABEL_OF.values()) == set(MOTIONS)


@pytest.mark.parametrize("name", ["hummuss_small", "hummuss_small_causal"])
def test_the_shipped_trunk_fits_in_and_sees_the_same(name: str) -> None:
    lifting = load_model(name).network
    found = build(name.replace("hummuss", "hummuss_action")).eval()
    weights = {k: v for k, v in load_file(find_model(name).weights).items() if not k.startswith("head.")}
    left = found.load_state_dict(weights, strict=False)
    assert not left.unexpected_keys and all(key.startswith("head.") for key in left.missing_keys)
    u = torch.randn(1, 20, 17, 3)
    with torch.no_grad():
        assert torch.equal(found(u, 2.0, return_representation=True), lifting(u, 2.0, return_representation=True))


# -- means over time ------------------------------------------------------------------------------------------


def window_reference(x: Tensor, gaps: Tensor, width: float) -> Tensor:
    times = torch.cumsum(gaps, 0)
    rows = []
    for now in times:
        near = (times - now).abs() <= width / 2 + 1e-6
        rows.append((x[:, near] * gaps[near, None]).sum(1) / gaps[near].sum())
    return torch.stack(rows, 1)


def fading_reference(x: Tensor, gaps: Tensor, memory: float) -> Tensor:
    total, weight, rows = torch.zeros_like(x[:, 0]), 0.0, []
    for k, gap in enumerate(gaps):
        keep = torch.exp(-gap / memory)
        total, weight = keep * total + (1 - keep) * x[:, k], keep * weight + (1 - keep)
        rows.append(total / weight)
    return torch.stack(rows, 1)


@pytest.mark.parametrize("irregular", [False, True])
def test_means_are_those_of_a_plain_loop(irregular: bool) -> None:
    frames = 2 * BLOCK + 7
    x = torch.randn(2, frames, 3, dtype=DOUBLE)
    gaps = torch.rand(frames, dtype=DOUBLE) * 3 + 0.2 if irregular else torch.full((frames,), 2.0, dtype=DOUBLE)
    rate = gaps if irregular else 2.0
    nothing = torch.zeros(2, 3, dtype=DOUBLE), torch.zeros(2, 1, dtype=DOUBLE)
    assert (window_mean(x, rate, 11.0) - window_reference(x, gaps, 11.0)).abs().max() < 1e-12
    assert (fading_mean(x, rate, 20.0, nothing)[0] - fading_reference(x, gaps, 20.0)).abs().max() < 1e-12


def test_a_mean_over_the_whole_clip_is_one_over_real_time() -> None:
    x, gaps = torch.randn(2, 9, 3, dtype=DOUBLE), torch.rand(9, dtype=DOUBLE) + 0.1
    mean = (x * gaps[:, None]).sum(1) / gaps.sum()
    assert (window_mean(x, gaps, None) - mean[:, None]).abs().max() < 1e-12


@pytest.mark.parametrize("hz", [60.0, 20.0])
def test_means_of_a_step_do_not_depend_on_the_frame_rate(hz: float) -> None:
    """Half a second after a step the fading mean of 1 s has made up 1 - exp(-0.5) of it, whatever the rate."""
    frames = round(40 * hz)
    x = (torch.arange(frames) >= frames - round(0.5 * hz)).double()[None, :, None]
    nothing = torch.zeros(1, 1, dtype=DOUBLE), torch.zeros(1, 1, dtype=DOUBLE)
    assert float(fading_mean(x, 60 / hz, 60.0, nothing)[0][0, -1]) == pytest.approx(1 - np.exp(-0.5), abs=1e-9)


@torch.no_grad()
def test_the_head_is_motionbert_s() -> None:
    """Behind the mean over frames and persons: linear, BatchNorm, ReLU, linear."""
    net = network(window=None)
    u = torch.randn(2, 3, 7, 17, 3, dtype=DOUBLE)
    seen = net(u.flatten(0, 1), return_representation=True).unflatten(0, (2, 3)).flatten(-2)
    mean = seen.mean((1, 2))
    head = net.head
    scores = head.leave(torch.relu(head.norm(head.enter(mean))))
    assert (net(u) - scores[:, None]).abs().max() < 1e-12


@torch.no_grad()
def test_two_people_are_in_no_order_and_one_twice_is_one() -> None:
    net, u = network(), torch.randn(1, 2, 7, 17, 3, dtype=DOUBLE)
    assert (net(u) - net(u.flip(1))).abs().max() < 1e-12
    assert (net(u[:, [0, 0]]) - net(u[:, 0])).abs().max() < 1e-12


@torch.no_grad()
@pytest.mark.parametrize("causal", [False, True])
def test_a_mean_representation_may_be_given_instead(causal: bool) -> None:
    """The mean stands before or behind the first linear layer; what a head is trained on is what it then gets."""
    net, u = network(causal=causal), torch.randn(1, 20, 17, 3, dtype=DOUBLE)
    means = net.pooled(net(u, 2.0, return_representation=True).flatten(-2), 2.0).unflatten(-1, (17, 32))
    alone = net(means[0][:, None])[:, 0]
    assert (alone - net(u, 2.0)[0]).abs().max() < 1e-10


def test_a_causal_network_needs_a_window() -> None:
    with pytest.raises(ValueError, match="no whole clip"):
        replace(TINY, window=None, trunk=replace(TRUNK, causal=True))


# -- streams --------------------------------------------------------------------------------------------------


@torch.no_grad()
@pytest.mark.parametrize("fast", [False, True])
def test_whole_equals_streamed(fast: bool) -> None:
    net = network(causal=True)
    u, rates = torch.randn(2, 25, 17, 3, dtype=DOUBLE), torch.rand(25, dtype=DOUBLE) * 3 + 0.5
    step = net.fast_step() if fast else net
    assert step is not None
    whole, state = net(u, rates), net.init_state(2)
    for k in range(25):
        frame, state = step.step(u[:, k], state, float(rates[k]))
        assert (frame - whole[:, k]).abs().max() <= 1e-10


@torch.no_grad()
def test_chunks_of_any_length_equal_the_whole() -> None:
    net = network(causal=True)
    u = torch.randn(1, 300, 17, 3, dtype=DOUBLE)
    state, parts = net.init_state(), []
    for part in torch.split(u, [1, 150, 20, 129], 1):
        found, state = net.chunk(part, state, 2.0)
        parts.append(found)
    assert (torch.cat(parts, 1) - net(u, 2.0)).abs().max() <= 1e-10


# -- probabilities --------------------------------------------------------------------------------------------


def test_scores_become_probabilities_of_the_labels() -> None:
    output = np.array([[0.0, np.log(3.0)], [1000.0, 0.0]])
    found = ActionScores(("a", "b")).whole(output, Encoded(np.arange(2.0), np.zeros((2, 17, 3))), ADULT)
    assert found.probabilities == pytest.approx(np.array([[0.25, 0.75], [1.0, 0.0]]))
    assert found.best.tolist() == [1, 0] and found.labels == ("a", "b")


@pytest.mark.parametrize("causal", [True, False])
def test_the_model_gives_labels(causal: bool) -> None:
    model = load_model("hummuss_action_small" + "_causal" * causal)
    card, clip = model.card, keypoints()
    assert (card.observes, card.predicts, card.streams) == ("keypoints", "scores", "step" if causal else "no")
    scores = as_labels(model.forward(clip, 1.0, ADULT))
    assert scores.labels == MOTIONS and np.array_equal(scores.times, clip.times)
    assert scores.probabilities.sum(1) == pytest.approx(np.ones(24))
    if causal:
        stream = model.stream(ADULT)
        for k in range(len(clip)):
            frame = stream.step(clip.take(slice(k, k + 1)))
            assert isinstance(frame, ClassScores)
            assert np.abs(frame.probabilities[0] - scores.probabilities[k]).max() <= 1e-5
