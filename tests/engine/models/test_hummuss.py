"""HumMUSS: sizes, causality, streaming and frame rate."""

from __future__ import annotations

import itertools

import pytest
import torch

from engine.models.families import build
from engine.models.hummuss import mixing as hummuss
from engine.models.hummuss.config import HumMUSSConfig
from engine.models.hummuss.network import HumMUSS

TINY = HumMUSSConfig(width=16, depth=2, expansion=2, k_time=2, states=8, representation=32)
TINY_CAUSAL = HumMUSSConfig(width=16, depth=2, expansion=2, k_time=2, states=8, representation=32, causal=True)


def network(config: HumMUSSConfig, dtype: torch.dtype = torch.float64) -> HumMUSS:
    torch.manual_seed(0)
    return HumMUSS(config).to(dtype).eval()


def count(module: torch.nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize(("name", "parameters"), [("hummuss_16m", 16_193_549), ("hummuss_16m_causal", 15_778_829)])
def test_published_size(name: str, parameters: int) -> None:
    assert count(build(name)) == parameters


def test_building_blocks_of_the_default_size() -> None:
    layer = build("hummuss_16m").layers[0]
    assert count(layer.st_space) == 872_704
    assert count(layer.st_time) == 732_672


@torch.no_grad()
def test_future_frames_matter_only_to_the_bidirectional_model() -> None:
    u = torch.randn(1, 30, 17, 3, dtype=torch.float64)
    changed = u.clone()
    changed[:, 20:] += 1
    for config, leaks in ((TINY, True), (TINY_CAUSAL, False)):
        difference = float((network(config)(u) - network(config)(changed))[:, :20].abs().max())
        assert (difference > 1e-6) == leaks, difference


@torch.no_grad()
@pytest.mark.parametrize("irregular", [False, True])
def test_whole_equals_streamed_equals_chunked(irregular: bool) -> None:
    model, u = network(TINY_CAUSAL), torch.randn(2, 40, 17, 3, dtype=torch.float64)
    rates = torch.rand(40, dtype=torch.float64) * 3 + 0.5 if irregular else torch.full((40,), 2.0).double()
    whole = model(u, rates if irregular else 2.0)
    state, frames = model.init_state(2), []
    for k in range(40):
        frame, state = model.step(u[:, k], state, float(rates[k]))
        frames.append(frame)
    assert (torch.stack(frames, 1) - whole).abs().max() <= 1e-10
    state, pieces = model.init_state(2), []
    for start, stop in itertools.pairwise((0, 1, 14, 15, 40)):
        piece, state = model.chunk(u[:, start:stop], state, rates[start:stop] if irregular else 2.0)
        pieces.append(piece)
    assert (torch.cat(pieces, 1) - whole).abs().max() <= 1e-10


@torch.no_grad()
@pytest.mark.parametrize("config", [TINY, TINY_CAUSAL])
def test_toeplitz_fft_and_irregular_paths_agree(config: HumMUSSConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    model, u = network(config), torch.randn(2, 40, 17, 3, dtype=torch.float64)
    product = model(u, 2.0)
    gaps = model(u, torch.full((40,), 2.0, dtype=torch.float64))
    monkeypatch.setattr(hummuss, "TOEPLITZ_LIMIT", 20)
    monkeypatch.setattr("engine.ssm.diagonal.TOEPLITZ_LIMIT", 20)
    fft = model(u, 2.0)
    assert (product - gaps).abs().max() <= 1e-10
    assert (product - fft).abs().max() <= 1e-10


@pytest.mark.parametrize("config", [TINY, TINY_CAUSAL])
@pytest.mark.parametrize("frames", [30, 110])
def test_irregular_sampling_in_training_equals_inference(config: HumMUSSConfig, frames: int) -> None:
    """The dense propagators that gradients pass through, both directions, against the recurrence without gradients."""
    model, u = network(config), torch.randn(1, frames, 17, 3, dtype=torch.float64)
    gaps = torch.rand(frames, dtype=torch.float64) * 3 + 0.2
    trained = model(u, gaps)
    with torch.no_grad():
        assert (model(u, gaps) - trained).abs().max() <= 1e-10


@torch.no_grad()
def test_backward_direction_is_the_forward_one_on_reversed_time() -> None:
    """Swapping the two SSMs of every temporal block and reversing time reverses the output, gaps included."""
    model, u = network(TINY), torch.randn(1, 25, 17, 3, dtype=torch.float64)
    gaps = torch.rand(25, dtype=torch.float64) + 0.5
    twin = network(TINY)
    for layer in twin.layers:
        for block in (layer.st_time, layer.ts_time):
            block.forward_ssm, block.backward_ssm = block.backward_ssm, block.forward_ssm
            block.forward_in, block.backward_in = block.backward_in, block.forward_in
            block.forward_out, block.backward_out = block.backward_out, block.forward_out
    reversed_gaps = torch.cat([gaps[:1], gaps[1:].flip(0)])
    assert (model(u, gaps) - twin(u.flip(1), reversed_gaps).flip(1)).abs().max() <= 1e-10


@torch.no_grad()
@pytest.mark.parametrize("config", [TINY, TINY_CAUSAL])
def test_batch_order_and_single_frames(config: HumMUSSConfig) -> None:
    model, u = network(config), torch.randn(3, 12, 17, 3, dtype=torch.float64)
    assert (model(u)[[2, 0, 1]] - model(u[[2, 0, 1]])).abs().max() <= 1e-12
    assert model(u[:, :1]).shape == (3, 1, 17, 3)
    assert model(u, return_representation=True).shape == (3, 12, 17, 32)


def test_bidirectional_model_refuses_to_stream() -> None:
    with pytest.raises(ValueError, match="bidirectional"):
        network(TINY).init_state()
