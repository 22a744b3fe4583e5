"""A HumMUSS begun from two of half its width."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from engine.models.hummuss.config import HumMUSSConfig
from engine.models.hummuss.halves import of_two_halves
from engine.models.hummuss.network import HumMUSS

HALF = HumMUSSConfig(width=8, depth=1, expansion=2, states=4, representation=16, joint_embedding=True)


def network(config: HumMUSSConfig, seed: int) -> HumMUSS:
    torch.manual_seed(seed)
    made = HumMUSS(config).double().eval()
    for parameter in made.parameters():  # what begins at zero or at one half would hide where it goes
        parameter.data += 0.1 * torch.randn_like(parameter)
    return made


def joined(first: HumMUSS, second: HumMUSS, *, depth: int = 2) -> HumMUSS:
    whole = network(replace(first.config, width=16, representation=32, depth=depth), 2)
    weights = of_two_halves(first.state_dict(), second.state_dict(), whole.state_dict())
    assert weights is not None
    whole.load_state_dict(weights)
    return whole


@pytest.mark.parametrize("causal", [False, True])
def test_equal_halves_answer_as_one_does(causal: bool) -> None:
    half = network(replace(HALF, causal=causal), 0)
    u = torch.randn(2, 9, 17, 3, dtype=torch.float64)
    with torch.no_grad():
        torch.testing.assert_close(joined(half, half)(u, 2.0), half(u, 2.0), rtol=0, atol=1e-12)


def test_halves_are_no_wall() -> None:
    """What leads from one half to the other begins at zero and is learnt from the first step on."""
    whole = joined(network(HALF, 0), network(HALF, 1))
    whole(torch.randn(1, 9, 17, 3, dtype=torch.float64)).square().sum().backward()
    entry = whole.layers[0].st_time.forward_in.weight
    assert not entry[:4, 8:].any() and not entry[4:, :8].any()
    assert entry.grad is not None and entry.grad[:4, 8:].abs().min() > 0 and entry.grad[4:, :8].abs().min() > 0
    deeper = whole.layers[1].ts_space.out.weight
    assert not deeper.any() and deeper.grad is not None and deeper.grad.abs().max() > 0


def test_other_networks_are_no_halves() -> None:
    half, own = network(HALF, 0).state_dict(), network(replace(HALF, width=16), 1).state_dict()
    assert of_two_halves(half, half, own) is None  # its representation is as wide as the half's
    causal = network(replace(HALF, causal=True), 0).state_dict()
    assert of_two_halves(half, causal, own) is None
