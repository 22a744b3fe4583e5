"""The fast single-frame path of a causal HumMUSS against the plain one, and the packed linear layers it stands on."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from engine.models.families import build
from engine.models.hummuss.config import HumMUSSConfig
from engine.models.hummuss.fast_step import StepRunner
from engine.models.hummuss.network import HumMUSS
from engine.models.loading import load_model
from engine.models.packed_linear import PackedLinear, can_pack, with_packed_linears
from engine.ssm import diagonal_numba, kernels

CPU = torch.device("cpu")
TINY = HumMUSSConfig(width=32, depth=2, expansion=2, k_time=2, states=8, representation=24, causal=True)
RATES = [1.0, 1.0, 2.5, 0.5, 0.5, 1.0, 3.0, 1.0]


def trained_like(config: HumMUSSConfig, dtype: torch.dtype) -> HumMUSS:
    """A network in which no parameter's value would hide a mistake: norms scale and shift, mixing is uneven."""
    torch.manual_seed(0)
    network = HumMUSS(config).to(dtype).eval()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if "norm" in name or ".mix." in name:
                parameter.add_(0.3 * torch.randn_like(parameter))
    return network


def relative(found: Tensor, wanted: Tensor) -> float:
    return float((found - wanted).abs().max() / wanted.abs().max())


@torch.no_grad()
@pytest.mark.parametrize(
    ("dtype", "path", "tolerance"),
    [(torch.float64, "torch", 1e-12), (torch.float32, "torch", 1e-5), (torch.float32, "numba", 1e-5)],
)
@pytest.mark.parametrize("config", [TINY, replace(TINY, joint_embedding=True, k_time=1, k_space=2, states=4)])
@pytest.mark.parametrize("batch", [1, 3])
def test_equals_the_plain_step_and_follows_the_rate(
    config: HumMUSSConfig, batch: int, dtype: torch.dtype, path: kernels.Path, tolerance: float
) -> None:
    network = trained_like(config, dtype)
    with kernels.use(path):
        runner, plain, fast = StepRunner(network), network.init_state(batch), network.init_state(batch)
    for rate in RATES:
        u = torch.randn(batch, 17, 3, dtype=dtype)
        wanted, plain = network.step(u, plain, rate)
        found, fast = runner.step(u, fast, rate)
        assert relative(found, wanted) <= tolerance
        assert max(relative(f, p) for f, p in zip(fast, plain, strict=True)) <= tolerance


@torch.no_grad()
def test_of_the_16m_preset() -> None:
    torch.manual_seed(0)
    network = build("hummuss_16m_causal").eval()
    runner, plain, fast = StepRunner(network), network.init_state(1), network.init_state(1)
    for rate in (1.0, 2.0, 1.0):
        u = torch.randn(1, 17, 3)
        wanted, plain = network.step(u, plain, rate)
        found, fast = runner.step(u, fast, rate)
        assert relative(found, wanted) <= 1e-5


@torch.no_grad()
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)])
def test_a_stream_may_pass_between_fast_and_plain_at_any_frame(dtype: torch.dtype, tolerance: float) -> None:
    network = trained_like(TINY, dtype)
    runner, u = StepRunner(network), torch.randn(1, 12, 17, 3, dtype=dtype)
    state, outputs = network.init_state(1), []
    for start, stop in ((0, 1), (1, 5), (5, 6), (6, 7), (7, 12)):
        if stop - start == 1:
            y, state = runner.step(u[:, start], state, 2.0)
            y = y[:, None]
        else:
            y, state = network.chunk(u[:, start:stop], state, 2.0)
        outputs.append(y)
    assert relative(torch.cat(outputs, 1), network(u, 2.0)) <= tolerance


@torch.no_grad()
def test_a_state_may_lie_in_memory_in_any_order() -> None:
    network = trained_like(TINY, torch.float32)
    runner, u = StepRunner(network), torch.randn(1, 17, 3)
    state = [torch.randn_like(s) for s in network.init_state(1)]
    turned = [s.permute(2, 1, 0).contiguous().permute(2, 1, 0) for s in state]
    (y, after), (y_turned, after_turned) = runner.step(u, state), runner.step(u, turned)
    assert torch.equal(y, y_turned)
    assert all(torch.equal(a, b) for a, b in zip(after, after_turned, strict=True))


@torch.no_grad()
def test_the_compiled_frame_is_chosen_for_float32_on_the_cpu() -> None:
    floats, doubles = (StepRunner(trained_like(TINY, dtype)) for dtype in (torch.float32, torch.float64))
    assert floats.layers[0].st_time.ssm.compiled is floats.layers[0].st_space.mixing.compiled is diagonal_numba
    assert doubles.layers[0].st_time.ssm.compiled is doubles.layers[0].st_space.mixing.compiled is None


@torch.no_grad()
@pytest.mark.parametrize("path", ["torch", "numba"])
def test_the_state_that_was_given_is_left_as_it_was(path: kernels.Path) -> None:
    network = trained_like(TINY, torch.float32)
    with kernels.use(path):
        runner, u = StepRunner(network), torch.randn(1, 17, 3)
    state = [torch.randn_like(s) for s in network.init_state(1)]
    first, again = runner.step(u, state)[0], runner.step(u, state)[0]
    assert torch.equal(first, again)


@torch.no_grad()
@pytest.mark.skipif(not can_pack(torch.bfloat16, CPU), reason="this processor does not multiply bfloat16")
def test_bfloat16_weights_cost_about_a_hundredth() -> None:
    network = trained_like(TINY, torch.float32)
    runner, plain, fast, errors = StepRunner(network, torch.bfloat16), network.init_state(1), network.init_state(1), []
    for rate in RATES:
        u = torch.randn(1, 17, 3)
        wanted, plain = network.step(u, plain, rate)
        found, fast = runner.step(u, fast, rate)
        errors.append(relative(found, wanted))
    assert 1e-4 < max(errors) < 3e-2


def test_runs_streams_of_causal_hummuss_only() -> None:
    assert isinstance(load_model("hummuss_small_causal").frame_step, StepRunner)
    assert build("hummuss_small").fast_step() is None
    assert build("motionbert_small_causal").fast_step() is None
    with pytest.raises(ValueError, match="bidirectional"):
        StepRunner(HumMUSS(replace(TINY, causal=False)))


@torch.no_grad()
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("width", [24, 256])
def test_packed_linears(width: int, dtype: torch.dtype) -> None:
    one, other = nn.Linear(width, 100, dtype=dtype), nn.Linear(width, 60, bias=False, dtype=dtype)
    x = torch.randn(2, 17, width, dtype=dtype)
    wanted = torch.cat([one(x), other(x)], -1)
    packed = PackedLinear.of(one, other)
    assert packed.packed == (can_pack(dtype, CPU) and width == 256)
    torch.testing.assert_close(packed(x), wanted, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(
        PackedLinear.of(one, other, activation="gelu")(x), nn.functional.gelu(wanted), rtol=1e-5, atol=1e-5
    )


@torch.no_grad()
def test_a_network_with_packed_linears_is_a_copy_that_computes_the_same() -> None:
    torch.manual_seed(0)
    network = build("motionbert_small_causal").eval()
    packed, u = with_packed_linears(network), torch.randn(1, 9, 17, 3)
    assert not any(isinstance(m, nn.Linear) for m in packed.modules())
    assert relative(packed(u), network(u)) <= 1e-5
    assert sum(isinstance(m, nn.Linear) for m in network.modules()) == sum(
        isinstance(m, PackedLinear) for m in packed.modules()
    )
