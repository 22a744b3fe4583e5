"""The diagonal SSM: every evaluation equals the plain recurrence (specification ssm.md, section 6)."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.ssm.diagonal import DiagonalSSM, complex_expm1, convolve_fft, toeplitz


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def layer(channels: int = 64, states: int = 64, dtype: torch.dtype = torch.float64) -> DiagonalSSM:
    return DiagonalSSM(channels, states).to(dtype)


def signal(*shape: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(*shape, dtype=dtype)


@torch.no_grad()
@pytest.mark.parametrize("length", [1, 2, 81, 243, 700])
@pytest.mark.parametrize("rate", [1.0, 2.5])
def test_whole_sequence_equals_the_recurrence(length: int, rate: float) -> None:
    ssm, u = layer(), signal(2, length, 64)
    assert (ssm(u, rate) - ssm.scan(u, rate=rate)[0]).abs().max() <= 1e-12


@torch.no_grad()
def test_toeplitz_equals_fft() -> None:
    ssm, u = layer(), signal(2, 243, 64)
    kernel = ssm.kernel(243)
    product = torch.bmm(toeplitz(kernel), u.permute(2, 1, 0)).permute(2, 1, 0)
    assert (product - convolve_fft(u, kernel)).abs().max() <= 1e-12


@torch.no_grad()
def test_float32_stays_close_to_float64() -> None:
    ssm, u = layer(), signal(1, 243, 64)
    exact = ssm.scan(u)[0]
    single = ssm.float()(u.float())
    assert (single - exact).abs().max() <= 1e-4 * max(1.0, float(exact.abs().max()) / 7)


def test_toeplitz_known_answer() -> None:
    expected = torch.tensor([[[1.0, 0, 0], [2, 1, 0], [3, 2, 1]]])
    assert torch.equal(toeplitz(torch.tensor([[1.0, 2, 3]])), expected)


@torch.no_grad()
def test_one_state_pair_has_its_closed_form() -> None:
    """One pole λ: K[l] = 2 Re C (e^{λΔ} - 1)/λ e^{λΔl}, computed here with numpy in complex128."""
    ssm = layer(1, 2)
    ssm.frequency.fill_(3.0)
    pole = -np.exp(ssm.log_decay.item()) + 3.0j
    step = np.exp(ssm.log_step.item())
    readout = complex(*ssm.output[0, 0].tolist())
    expected = 2 * np.real(readout * (np.exp(pole * step) - 1) / pole * np.exp(pole * step * np.arange(20)))
    np.testing.assert_allclose(ssm.kernel(20)[0].numpy(), expected, atol=1e-14)


@torch.no_grad()
def test_both_conjugate_halves_sum_to_a_real_kernel() -> None:
    ssm = layer(8, 16)
    half, gain = ssm.discretise()
    weights = torch.cat([ssm.readout() * gain, (ssm.readout() * gain).conj()], 1)
    powers = torch.cat([half, half.conj()], 1)[..., None] ** torch.arange(50)
    both = (weights[..., None] * powers).sum(1)
    assert both.imag.abs().max() <= 1e-14
    assert (both.real - ssm.kernel(50)).abs().max() <= 1e-12


@torch.no_grad()
@pytest.mark.parametrize("hold", [2, 4, 8])
def test_held_input_at_the_fine_rate_equals_one_step_of_the_coarse_rate(hold: int) -> None:
    ssm, u = layer(), signal(2, 30, 64)
    fine = ssm(u.repeat_interleave(hold, 1))[:, hold - 1 :: hold]
    assert (fine - ssm(u, float(hold))).abs().max() <= 1e-12


@torch.no_grad()
def test_irregular_gaps_equal_a_fine_grid_with_held_input() -> None:
    ssm, u = layer(), signal(2, 40, 64)
    gaps = torch.randint(1, 6, (40,))
    fine = ssm(u.repeat_interleave(gaps, 1))[:, torch.cumsum(gaps, 0) - 1]
    assert (fine - ssm(u, gaps.double())).abs().max() <= 1e-12


@torch.no_grad()
@pytest.mark.parametrize("length", [1, 60, 600])
def test_irregular_gaps_equal_the_step_loop(length: int) -> None:
    ssm, u = layer(16, 8), signal(2, length, 16)
    gaps = torch.rand(length, dtype=torch.float64) * 4 + 0.1
    assert (ssm(u, gaps) - ssm.scan(u, rate=gaps)[0]).abs().max() <= 1e-12


@pytest.mark.parametrize("length", [1, 47, 48, 100, 130])
def test_irregular_gaps_in_training_equal_the_step_loop_with_gradients(length: int) -> None:
    """With gradients the dense propagator is used, above TOEPLITZ_LIMIT in pieces with the state carried."""
    ssm, u = layer(6, 8), signal(3, length, 6).requires_grad_()
    gaps = torch.rand(length, dtype=torch.float64) * 4 + 0.1
    weight = signal(3, length, 6)
    results = []
    for y in (ssm(u, gaps), ssm.scan(u, rate=gaps)[0]):
        results.append((y, *torch.autograd.grad((weight * y).sum(), (u, *ssm.parameters()))))
    for dense, reference in zip(*results, strict=True):
        torch.testing.assert_close(dense, reference, rtol=1e-10, atol=1e-12)


def test_irregular_pieces_in_training_carry_the_state() -> None:
    ssm, u = layer(6, 8), signal(2, 70, 6)
    gaps, start = torch.rand(70, dtype=torch.float64) + 0.3, torch.complex(signal(2, 6, 4), signal(2, 6, 4))
    y, after = ssm.chunk(u, start, gaps)
    expected, last = ssm.scan(u, start, gaps)
    assert y.requires_grad
    assert (y - expected).abs().max() <= 1e-12 and (after - last).abs().max() <= 1e-12


@torch.no_grad()
def test_the_future_does_not_leak() -> None:
    ssm, u = layer(), signal(1, 100, 64)
    changed = u.clone()
    changed[:, 60:] += 10
    assert (ssm(u)[:, :60] - ssm(changed)[:, :60]).abs().max() <= 1e-12
    assert torch.equal(ssm.scan(u)[0][:, :60], ssm.scan(changed)[0][:, :60])


@settings(max_examples=40)
@given(cuts=st.lists(st.integers(1, 79), max_size=6), irregular=st.booleans(), rate=st.sampled_from([0.5, 1.0, 3.0]))
@torch.no_grad()
def test_any_chunking_equals_one_pass(cuts: list[int], irregular: bool, rate: float) -> None:
    ssm, u = layer(8, 8), signal(2, 80, 8)
    gaps = torch.rand(80, dtype=torch.float64) + 0.2 if irregular else None
    whole = ssm(u, rate if gaps is None else gaps)
    state, pieces = ssm.initial_state(2), []
    for start, stop in itertools.pairwise(sorted({0, 80, *cuts})):
        piece, state = ssm.chunk(u[:, start:stop], state, rate if gaps is None else gaps[start:stop])
        pieces.append(piece)
    assert (torch.cat(pieces, 1) - whole).abs().max() <= 1e-12
    assert (state - ssm.scan(u, rate=rate if gaps is None else gaps)[1]).abs().max() <= 1e-12


@torch.no_grad()
def test_scaling_the_step_beats_leaving_it_on_smooth_input() -> None:
    """A 1 Hz sinusoid at 50 Hz, sub-sampled by 4: near the full-rate output only with Δ scaled (ssm.md, 1.5)."""
    ssm = layer()
    u = torch.sin(2 * torch.pi * torch.arange(400, dtype=torch.float64) / 50)[None, :, None].expand(1, 400, 64)
    full = ssm(u)[:, ::4]
    scaled, unscaled = (ssm(u[:, ::4], rate) for rate in (4.0, 1.0))
    error = [float((y - full).norm() / full.norm()) for y in (scaled, unscaled)]
    assert error[0] < 0.5 * error[1]


@settings(max_examples=60)
@given(st.floats(-12, 12), st.floats(-100, 100), st.floats(1e-4, 100))
@torch.no_grad()
def test_stable_for_every_step(log_decay: float, frequency: float, rate: float) -> None:
    ssm = layer(1, 2)
    ssm.log_decay.fill_(log_decay)
    ssm.frequency.fill_(frequency)
    decay, gain = ssm.discretise(rate)
    assert decay.abs().max() <= 1 and torch.isfinite(torch.view_as_real(gain)).all()


@given(st.complex_numbers(max_magnitude=3))
def test_complex_expm1(z: complex) -> None:
    value = complex(complex_expm1(torch.tensor([z], dtype=torch.complex128)).item())
    if abs(z) < 1e-5:
        assert abs(value - (z + z * z / 2)) <= 1e-15 + 1e-10 * abs(z) ** 2
    else:
        assert abs(value - (np.exp(z) - 1)) <= 1e-10


def test_gradients_agree_with_finite_differences() -> None:
    ssm = layer(2, 4)
    names = [name for name, _ in ssm.named_parameters()]
    values = [p.detach().clone().requires_grad_() for p in ssm.parameters()]
    u = signal(1, 7, 2).requires_grad_()

    def run(u: torch.Tensor, *parameters: torch.Tensor) -> torch.Tensor:
        return torch.func.functional_call(ssm, dict(zip(names, parameters, strict=True)), (u, 1.5))

    assert torch.autograd.gradcheck(run, (u, *values))


def test_parameter_count_and_bad_state_size() -> None:
    assert sum(p.numel() for p in DiagonalSSM(256, 16).parameters()) == 8704
    with pytest.raises(ValueError, match="even"):
        DiagonalSSM(4, 3)


@torch.no_grad()
def test_remembered_matrices_follow_the_parameters() -> None:
    ssm, u = layer(4, 4).eval(), signal(1, 12, 4)
    before = ssm(u, 2.0)
    assert torch.equal(ssm(u, 2.0), before)
    assert not torch.equal(ssm(u, 1.0), before)
    ssm.log_step += 0.5
    assert (ssm(u, 2.0) - ssm.scan(u, rate=2.0)[0]).abs().max() <= 1e-12
    ssm.float()
    assert ssm(u.float(), 2.0).dtype == torch.float32
