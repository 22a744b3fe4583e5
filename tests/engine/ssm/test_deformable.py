"""The deformable convolution: compiled equals reference, and both equal a plain convolution where they must."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from engine.ssm.deformable import DeformableConvolution, deformable_reference
from engine.ssm.deformable_numba import deform

Evaluation = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
both = pytest.mark.parametrize("evaluate", [deformable_reference, deform], ids=["reference", "numba"])
precisions = pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 2e-15), (torch.float32, 1e-5)])


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def sample(
    batch: int = 2,
    frames: int = 9,
    joints: int = 17,
    channels: int = 5,
    *,
    reach: float = 0.0,
    dtype: torch.dtype = torch.float64,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """x, offsets of up to `reach` cells, weight, bias."""
    return (
        torch.randn(batch, frames, joints, channels, dtype=dtype, requires_grad=True),
        (reach * (2 * torch.rand(batch, frames, joints, 18, dtype=dtype) - 1)).requires_grad_(),
        (torch.randn(channels, 1, 3, 3, dtype=dtype) / 3).requires_grad_(),
        torch.randn(channels, dtype=dtype, requires_grad=True),
    )


def plain(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return F.conv2d(x.permute(0, 3, 1, 2), weight, bias, padding=1, groups=len(weight)).permute(0, 2, 3, 1)


@both
@precisions
@torch.no_grad()
@pytest.mark.slow
def test_without_offsets_it_is_a_plain_convolution(evaluate: Evaluation, dtype: torch.dtype, tolerance: float) -> None:
    x, offsets, weight, bias = sample(dtype=dtype)
    assert (evaluate(x, offsets, weight, bias) - plain(x, weight, bias)).abs().max() <= tolerance


@both
@pytest.mark.parametrize(("along", "dt", "dj"), [(0, 1, 0), (1, 0, 1)])
@torch.no_grad()
def test_an_offset_of_one_cell_is_a_shift_by_one_cell(evaluate: Evaluation, along: int, dt: int, dj: int) -> None:
    x, offsets, weight, bias = sample()
    offsets[..., along::2] = 1
    wide = F.pad(x, (0, 0, 1, 2, 1, 2))
    expected = plain(wide, weight, bias)[:, 1 + dt : 10 + dt, 1 + dj : 18 + dj]
    assert (evaluate(x, offsets, weight, bias) - expected).abs().max() <= 2e-15


@settings(max_examples=15, deadline=None)
@given(frames=st.integers(1, 8), joints=st.integers(1, 8), reach=st.sampled_from([0.3, 2.0, 30.0]))
def test_compiled_equals_reference(frames: int, joints: int, reach: float) -> None:
    """Offsets that leave the grid included; values and every gradient."""
    inputs = sample(2, frames, joints, 3, reach=reach)
    expected, fast = deformable_reference(*inputs), deform(*inputs)
    assert (fast - expected).abs().max() <= 1e-12
    weight = torch.randn_like(expected)
    gradients = [torch.autograd.grad(y, inputs, weight) for y in (expected, fast)]
    for name, a, b in zip(("x", "offsets", "weight", "bias"), *gradients, strict=True):
        assert (a - b).abs().max() <= 1e-11, name


def test_gradients_agree_where_a_tap_lies_exactly_on_a_place() -> None:
    """Where the bilinear interpolation bends, both have its slope towards later frames and joints."""
    inputs = sample(1, 4, 5, 3)
    offsets = inputs[1]
    slopes = [torch.autograd.grad(f(*inputs).sum(), offsets)[0] for f in (deformable_reference, deform)]
    assert (slopes[0] - slopes[1]).abs().max() <= 1e-12
    step = 1e-6
    x, _, weight, bias = inputs
    with torch.no_grad():
        ahead = deform(x, torch.full_like(offsets, step), weight, bias) - deform(*inputs)
    assert float(slopes[0].sum()) == pytest.approx(float(ahead.sum()) / step, rel=1e-4)


def test_compiled_gradient_is_that_of_finite_differences() -> None:
    assert torch.autograd.gradcheck(deform, sample(1, 3, 4, 2, reach=0.4))


def test_any_number_of_threads_gives_the_same() -> None:
    inputs = sample(3, 20, 17, 8, reach=1.5)
    before = torch.get_num_threads()
    results = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            y = deform(*inputs)
            results.append([y, *torch.autograd.grad(y.sin().sum(), inputs)])
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(a, b) for a, b in zip(*results, strict=True))


def test_layer_bends_with_its_own_offsets_and_keeps_positions_exact_under_autocast() -> None:
    layer = DeformableConvolution(8)
    x = torch.randn(2, 243, 17, 8)
    exact = layer(x)
    assert (exact - plain(x, layer.dcn.weight, layer.dcn.bias)).abs().max() > 0.01
    torch.nn.init.zeros_(layer.offset_conv.weight)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = layer(x)
    assert y.dtype == torch.float32
    offsets = layer.offset_conv.bias.bfloat16().float().expand(2, 243, 17, 18)
    assert (y - deformable_reference(x, offsets, layer.dcn.weight, layer.dcn.bias)).abs().max() <= 3e-5
