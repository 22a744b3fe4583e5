"""The SSMs of every network are found, and what is seen in them is what they do."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from engine.models.card import ModelCard
from engine.models.families import build, list_models
from engine.models.hummuss.config import HumMUSSConfig
from engine.models.hummuss.network import HumMUSS
from engine.models.inside import memory, over_clip
from engine.models.lifting.encodings import encoding_of
from engine.models.model import Model
from engine.models.sasmamba.config import SasMambaConfig
from engine.models.sasmamba.network import SasMamba
from engine.motion.skeleton import H36M_17
from engine.observation.keypoints import Keypoints2D
from engine.observation.trial import Context
from engine.ssm import cross_scan
from engine.ssm.inspect import memory_horizons

SIZES = {"width": 16, "depth": 2, "expansion": 1, "k_time": 1, "states": 4, "representation": 16}


class Direct:
    """A model without its camera and person: the observation is the network's input."""

    def __init__(self, network):
        self.network = network.double().eval()

    @torch.no_grad()
    def forward(self, u, rate, context, *, at_once):
        return self.network(u, torch.from_numpy(rate) if np.ndim(rate) else rate)


def watch(lifter, title, u, rate=1.0):
    (layer,) = [found for found in lifter.network.ssm_layers() if found.title == title]
    return over_clip(lifter, layer, u, Context(1.7), rate)


def keypoints(frames):
    rng = np.random.default_rng(0)
    xy = 500 + 100 * rng.standard_normal((frames, 17, 2))
    return Keypoints2D("random", np.arange(frames) / 60, xy, np.ones((frames, 17)), H36M_17, (1000, 1000))


@pytest.mark.parametrize(
    "entry",
    [e for e in list_models() if "small" in e.name or e.name in ("sasmamba", "linear_toy")],
    ids=lambda e: e.name,
)
def test_every_model_says_which_ssms_it_holds(entry):
    network = build(entry.name)
    layers = network.ssm_layers()
    system = entry.bare_card.system
    assert bool(layers) is (system != "MotionBERT")
    assert len({layer.title for layer in layers}) == len(layers)
    along_time = [layer for layer in layers if layer.remembers]
    assert bool(along_time) is (system in ("HumMUSS", "Linear toy"))
    for layer in along_time[:2]:
        found = memory(network, layer, 2.0)
        ssm = network.get_submodule(layer.path)
        assert found.horizons == pytest.approx(memory_horizons(ssm) / 2)
        assert np.all(np.diff(found.horizons[found.channels]) >= 0)
        assert found.lags[0] == 0 and found.lags[-1] >= found.horizons[found.channels].max()
        assert np.abs(found.kernels[:, -1]).max() < np.abs(found.kernels[:, 0]).max()
    for layer in [layer for layer in layers if not layer.remembers][:2]:
        with pytest.raises(ValueError, match="does not run along time" if layer.axis != "time" else "by its input"):
            memory(network, layer)


@torch.no_grad()
def test_state_norms_are_those_of_the_states_that_a_stream_carries():
    network = HumMUSS(HumMUSSConfig(causal=True, **SIZES))
    lifter, u = Direct(network), torch.randn(1, 12, 17, 3, dtype=torch.float64)
    expected, state = [], network.init_state(1)
    for k in range(12):
        _, state = network.chunk(u[:, k : k + 1], state, 1.5)
        expected.append([math.sqrt(2) * torch.view_as_real(s).flatten(1).norm(dim=1) for s in state])
    for index, title in enumerate(("Layer 1 · time, after the joints", "Layer 1 · time, first")):
        found = watch(lifter, title, u, 1.5).state_norms
        assert found == pytest.approx(torch.stack([e[index] for e in expected]).numpy(), rel=1e-9)


@pytest.mark.parametrize("rate", [1.0, 4.0])
def test_the_toy_remembers_what_its_formula_says(rate):
    """First-order low-passes of 0.2 s, and a swing of 1 Hz damped by 1/4: 1/e after 1/(2π · 1/4) seconds."""
    network = build("linear_toy")
    (layer,) = network.ssm_layers()
    seconds = np.sort(memory(network, layer, rate).time_constants.ravel()) * rate / 60
    assert seconds == pytest.approx([0.2, 0.2, 2 / math.pi], rel=1e-6)


def test_a_standing_input_fills_the_toy_to_its_gain():
    """x' = λ x + u at rest is u / -λ; twice over for the halves of the pairs."""
    u = torch.ones(1, 600, 17, 3, dtype=torch.float64)
    lifter = Direct(build("linear_toy"))
    rest = [1 / abs(pole) for pole in lifter.network.ssm.poles().flatten().tolist()]
    found = watch(lifter, "Low-passes", u).state_norms
    assert found.shape == (600, 17)
    assert found[-1] == pytest.approx(np.full(17, math.sqrt(2) * math.hypot(*rest)), rel=1e-6)


@torch.no_grad()
@pytest.mark.parametrize("sampling", ["regular", "irregular"])
def test_a_backward_ssm_is_a_forward_one_on_the_reversed_clip(sampling):
    torch.manual_seed(1)
    network = HumMUSS(HumMUSSConfig(**SIZES))
    block = network.layers[0].ts_time
    block.backward_in.load_state_dict(block.forward_in.state_dict())
    block.backward_ssm.load_state_dict(block.forward_ssm.state_dict())
    lifter, u = Direct(network), torch.randn(1, 9, 17, 3, dtype=torch.float64)
    rate = np.random.default_rng(2).uniform(0.5, 3, 9) if sampling == "irregular" else 2.0
    reversed_rate = np.concatenate([rate[1:], rate[:1]])[::-1].copy() if sampling == "irregular" else 2.0
    backwards = watch(lifter, "Layer 1 · time, first · backwards", u, rate).state_norms
    forwards = watch(lifter, "Layer 1 · time, first · forwards", u.flip(1), reversed_rate).state_norms
    assert backwards == pytest.approx(forwards[::-1], rel=1e-12)


def test_a_watched_model_is_as_it_was_before():
    network = HumMUSS(HumMUSSConfig(**SIZES))
    watch(Direct(network), "Layer 2 · time, first · forwards", torch.randn(1, 5, 17, 3).double())
    assert not any(module._forward_pre_hooks for module in network.modules())


def test_the_joint_axis_has_no_state_over_time():
    with pytest.raises(ValueError, match="one frame"):
        watch(Direct(HumMUSS(HumMUSSConfig(**SIZES))), "Layer 1 · joints, first · forwards", torch.zeros(1, 5, 17, 3))


def test_the_chosen_steps_are_those_that_the_scan_is_given(monkeypatch):
    network = SasMamba(SasMambaConfig(width=8, depth=1, max_frames=20, states=4))
    card = ModelCard(name="", system="", summary="", causal=False, follows_rate="")
    lifter = Model(network, *encoding_of(card), card)
    given, scan = [], cross_scan.selective_scan
    monkeypatch.setattr(
        cross_scan, "selective_scan", lambda u, delta, *a, **k: (given.append(delta), scan(u, delta, *a, **k))[1]
    )
    for group, order in enumerate(("frame by frame", "joint by joint", "frame by frame, backwards")):
        given.clear()
        found = watch(lifter, f"Second block 1 · {order}", keypoints(20)).steps
        delta = given[1][0, group].view(20, -1).double().numpy()
        assert found[:, 0] == pytest.approx(delta.mean(1), rel=1e-5)
        assert found[:, 1:] == pytest.approx(np.quantile(delta, (0.1, 0.5, 0.9), axis=1).T, rel=1e-4)


def test_steps_over_a_clip_longer_than_the_position_table():
    network = SasMamba(SasMambaConfig(width=8, depth=1, max_frames=20, states=4))
    card = ModelCard(name="", system="", summary="", causal=False, follows_rate="")
    lifter = Model(network, *encoding_of(card), card)
    found = watch(lifter, "Block 1 · joint by joint", keypoints(53)).steps
    assert found.shape == (53, 4) and np.all(found > 0) and np.all(np.diff(found[:, 1:]) >= 0)
