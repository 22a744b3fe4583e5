"""What is read off a diagonal SSM has known answers: a single real pole, scaling with the rate, the recurrence."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.ssm.diagonal import DiagonalSSM
from engine.ssm.inspect import kernels, memory_horizons, state_norms, steps, time_constants

torch.manual_seed(0)
RANDOM = DiagonalSSM(6, 8).double()


def one_pole(decay: float, step: float = 0.1, gain: float = 1.0) -> DiagonalSSM:
    """One channel with the single real pole -decay, K(t) = gain exp(-decay t)."""
    ssm = DiagonalSSM(1, 2).double()
    with torch.no_grad():
        ssm.log_decay.fill_(math.log(decay))
        ssm.frequency.zero_()
        ssm.output.copy_(torch.tensor([[[gain / 2, 0.0]]]))
        ssm.log_step.fill_(math.log(step))
    return ssm


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1.0), st.floats(0.05, 20.0))
def test_the_time_constant_of_a_real_pole_is_one_over_it(decay, step, rate):
    assert time_constants(one_pole(decay, step), rate) == pytest.approx(1 / (decay * step * rate), rel=1e-9)


@given(st.floats(1e-2, 1e2), st.floats(0.1, 0.999))
def test_the_horizon_of_a_real_pole_holds_that_share_of_its_energy(decay, share):
    """∫_t^∞ exp(-2 a t) is exp(-2 a t) of the whole."""
    expected = -math.log(1 - share) / (2 * decay * 0.1)
    assert memory_horizons(one_pole(decay), share=share) == pytest.approx(expected, rel=1e-6)


def test_the_kernel_of_a_real_pole_is_an_exponential():
    lags = np.arange(50)
    found = kernels(one_pole(3.0, gain=2.0), lags, [0])[0]
    assert found[1:] / found[:-1] == pytest.approx(np.full(49, math.exp(-0.3)))
    assert found[0] == pytest.approx(2 * (1 - math.exp(-0.3)) / 0.3)  # the mean of 2 exp(-3 t) over the first 0.1


@pytest.mark.parametrize("rate", [1.0, 2.5])
def test_kernels_are_those_that_the_layer_applies(rate):
    channels = [4, 0, 2]
    applied = RANDOM.kernel(40, rate).detach().numpy()[channels]
    read = kernels(RANDOM, np.arange(40), channels, rate) * steps(RANDOM, rate)[channels, None]
    assert read == pytest.approx(applied, rel=1e-9, abs=1e-12)


def test_twice_the_rate_is_half_the_frames():
    assert steps(RANDOM, 2.0) == pytest.approx(2 * steps(RANDOM))
    assert time_constants(RANDOM, 2.0) == pytest.approx(time_constants(RANDOM) / 2)
    assert memory_horizons(RANDOM, 2.0) == pytest.approx(memory_horizons(RANDOM) / 2)


def test_the_horizon_of_oscillating_channels_is_where_the_summed_kernel_says():
    rate = 0.05  # fine enough that a sum over frames is the integral
    lags = np.arange(200_000)
    energy = np.cumsum(kernels(RANDOM, lags, range(6), rate) ** 2, axis=1)
    counted = (energy < 0.95 * energy[:, -1:]).sum(1)
    assert memory_horizons(RANDOM, rate) == pytest.approx(counted, rel=1e-2)


@torch.no_grad()
@pytest.mark.parametrize("rate", [1.0, 3.0, "irregular"])
def test_state_norms_are_those_of_the_recurrence(rate):
    u = torch.randn(2, 30, 6, dtype=torch.float64)
    rates = (
        torch.rand(30, dtype=torch.float64) + 0.5 if rate == "irregular" else torch.full((30,), float(rate)).double()
    )
    state, expected = RANDOM.initial_state(2), []
    for k in range(30):
        state = RANDOM.step(u[:, k], state, rates[k])[1]
        both = torch.cat([state, state.conj()], -1).flatten(1)
        expected.append(both.abs().square().sum(1).sqrt())
    found = state_norms(RANDOM, u, rates if rate == "irregular" else rate)
    assert found == pytest.approx(torch.stack(expected, 1).numpy(), rel=1e-12)


def test_a_constant_input_fills_a_real_pole_to_its_gain():
    """s = 1/a at rest, twice over for the two halves of the pair."""
    norms = state_norms(one_pole(4.0), torch.ones(1, 200, 1, dtype=torch.float64))
    assert norms[0, -1] == pytest.approx(math.sqrt(2) / 4)
    assert np.all(np.diff(norms[0]) >= 0)
