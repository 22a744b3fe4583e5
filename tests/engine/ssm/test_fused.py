"""mamba-ssm's layouts, without a GPU: stand-ins for its three functions, written from its documentation.

They loop in the package's own layouts, insist on what its kernels insist on, and know nothing of ours. The kernels
themselves are tested in test_kernels_gpu.py.
"""

from __future__ import annotations

import sys
from types import ModuleType

import pytest
import torch

from engine.ssm import fused
from engine.ssm.selective import selective_scan, selective_step
from engine.ssm.ssd import ssd, ssd_step


def selective_scan_fn(
    u, delta, A, B, C, D=None, z=None, delta_bias=None, delta_softplus=False, return_last_state=False
):
    """u, delta (B, D, L), A (D, N), B, C (B, G, N, L), D (D) -> (B, D, L), (B, D, N)."""
    assert delta_bias is None and not delta_softplus and all(x.is_contiguous() for x in (u, delta, B, C))
    batch, channels, length = u.shape
    per_group = channels // B.shape[1]
    state, y = torch.zeros(batch, channels, A.shape[1]).to(u), []
    for t in range(length):
        b, c = (x[..., t].repeat_interleave(per_group, 1) for x in (B, C))
        state = torch.exp(delta[:, :, t, None] * A) * state + (delta * u)[:, :, t, None] * b
        y.append((c * state).sum(-1) + (0 if D is None else D * u[:, :, t]))
    return (torch.stack(y, -1), state.detach()) if return_last_state else torch.stack(y, -1)


def mamba_chunk_scan_combined(
    x, dt, A, B, C, chunk_size, D=None, initial_states=None, dt_softplus=False, return_final_states=False
):
    """x (B, L, H, P), dt (B, L, H), A, D (H), B, C (B, L, G, N) -> (B, L, H, P), (B, H, P, N)."""
    assert not dt_softplus and chunk_size >= 1
    batch, length, heads, width = x.shape
    y = torch.zeros_like(x)
    state = torch.zeros(batch, heads, width, B.shape[-1]).to(x) if initial_states is None else initial_states.clone()
    for head in range(heads):
        group = head * B.shape[2] // heads
        for t in range(length):
            step = dt[:, t, head, None, None]
            inflow = step * x[:, t, head, :, None] * B[:, t, group, None]
            state[:, head] = torch.exp(step * A[head]) * state[:, head] + inflow
            y[:, t, head] = (state[:, head] * C[:, t, group, None]).sum(-1)
    y = y if D is None else y + D[:, None] * x
    return (y, state) if return_final_states else y


def selective_state_update(state, x, dt, A, B, C, D=None, dt_bias=None, dt_softplus=False):
    """Overwrites state (B, D, N) or (B, H, P, N); fails without a bias or a D, like version 2.3."""
    assert not dt_softplus and state.is_contiguous()
    if state.ndim == 4:
        B, C = (part.repeat_interleave(state.shape[1] // part.shape[1], 1) for part in (B, C))
    assert A.shape == state.shape[1:] and dt.shape == x.shape and dt_bias.shape == D.shape == x.shape[1:]
    dt = dt + dt_bias
    state.copy_(torch.exp(dt[..., None] * A) * state + (dt * x)[..., None] * B[..., None, :])
    return (state * C[..., None, :]).sum(-1) + D * x


@pytest.fixture(autouse=True)
def package(monkeypatch) -> None:
    torch.manual_seed(0)
    for module, function in {
        "mamba_ssm.ops.selective_scan_interface": selective_scan_fn,
        "mamba_ssm.ops.triton.ssd_combined": mamba_chunk_scan_combined,
        "mamba_ssm.ops.triton.selective_state_update": selective_state_update,
    }.items():
        stand_in = ModuleType(module)
        setattr(stand_in, function.__name__, function)
        monkeypatch.setitem(sys.modules, module, stand_in)


def normal(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def gap(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a - b).detach().abs().max())


@pytest.mark.parametrize("skip", [True, False])
@pytest.mark.parametrize("ordered", [True, False])
def test_selective_scan(ordered: bool, skip: bool) -> None:
    """Four groups on two inputs: outputs, last state and gradients."""
    batch, inputs, groups, length, channels, states = 2, 2, 4, 11, 3, 5
    given = [
        normal(batch, inputs, length, channels),
        normal(batch, groups, length, channels).exp() * 0.1,
        -normal(groups, channels, states).exp(),
        normal(batch, groups, length, states),
        normal(batch, groups, length, states),
        *([normal(groups, channels)] if skip else []),
    ]
    order = torch.stack([torch.randperm(length) for _ in range(groups)]) if ordered else None
    results = {}
    for path in ("reference", "mamba-ssm"):
        args = [x.clone().requires_grad_() for x in given]
        y = selective_scan(*args, order=order, path=path)
        y.square().sum().backward()
        with torch.no_grad():
            again, state = selective_scan(*args, order=order, path=path, return_state=True)
        assert torch.equal(again, y)
        results[path] = [y, state, *(x.grad for x in args)]
    for expected, got in zip(*results.values(), strict=True):
        assert gap(got, expected) <= 1e-12 * max(1.0, float(expected.detach().abs().max()))


def test_selective_scan_refuses_what_the_kernel_would_ignore() -> None:
    args = [
        normal(1, 1, 4, 2),
        normal(1, 1, 4, 2).exp(),
        -normal(1, 2, 3).exp(),
        normal(1, 1, 4, 3),
        normal(1, 1, 4, 3),
    ]
    with pytest.raises(ValueError, match="takes no state"), torch.no_grad():
        selective_scan(*args, state=normal(1, 1, 2, 3), path="mamba-ssm")
    with pytest.raises(ValueError, match="no gradient through the last one"):
        selective_scan(*args, return_state=True, path="mamba-ssm")


@pytest.mark.parametrize("carried", [True, False])
@pytest.mark.parametrize("skip", [True, False])
def test_ssd(skip: bool, carried: bool) -> None:
    batch, length, heads, width, groups, states = 2, 11, 4, 3, 2, 5
    given = [
        normal(batch, length, heads, width),
        normal(batch, length, heads).exp() * 0.1,
        -normal(heads).exp(),
        normal(batch, length, groups, states),
        normal(batch, length, groups, states),
        normal(heads) if skip else None,
    ]
    state = normal(batch, heads, width, states) if carried else None
    with torch.no_grad():
        got = ssd(*given, state=state, return_state=True, path="mamba-ssm")
        expected = ssd(*given, state=state, return_state=True, path="reference")
    assert gap(got[0], expected[0]) <= 1e-12 and gap(got[1], expected[1]) <= 1e-12


@pytest.mark.parametrize("skip", [True, False])
def test_single_steps_leave_the_state_they_were_given(skip: bool) -> None:
    batch, channels, states = 2, 6, 5
    state = normal(batch, channels, states)
    args = (normal(batch, channels), normal(batch, channels).exp(), -normal(channels, states).exp())
    args += (normal(batch, states), normal(batch, states), normal(channels) if skip else None)
    check_step(fused.selective_step, selective_step, args, state)

    heads, width, groups = 4, 3, 2
    state = normal(batch, heads, width, states)
    args = (normal(batch, heads, width), normal(batch, heads).exp(), -normal(heads).exp())
    args += (normal(batch, groups, states), normal(batch, groups, states), normal(heads) if skip else None)
    check_step(fused.ssd_step, ssd_step, args, state)


def check_step(step, plain, args, state) -> None:
    before = state.clone()
    y, after = step(*args, state)
    expected, expected_after = plain(*args, state)
    assert torch.equal(state, before)
    assert gap(y, expected) <= 1e-12 and gap(after, expected_after) <= 1e-12
