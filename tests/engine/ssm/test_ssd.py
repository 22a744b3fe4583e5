"""SSD: chunked, quadratic and sequential are the same map (specification ssm.md, section 6)."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.ssm import kernels
from engine.ssm.ssd import segment_sums, ssd, ssd_chunked, ssd_quadratic, ssd_reference, ssd_step

Inputs = tuple[torch.Tensor, ...]


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def inputs(
    length: int,
    *,
    batch: int = 2,
    heads: int = 4,
    width: int = 8,
    groups: int = 2,
    states: int = 6,
    dtype: torch.dtype = torch.float64,
) -> Inputs:
    """x, dt, A, B, C, D of a Mamba-2 head as initialised: Δ log-uniform in [1e-3, 1e-1], A in [-16, -1]."""
    x = torch.randn(batch, length, heads, width, dtype=dtype)
    dt = 10 ** (-3 + 2 * torch.rand(batch, length, heads, dtype=dtype))
    A = -1 - 15 * torch.rand(heads, dtype=dtype)
    B, C = torch.randn(2, batch, length, groups, states, dtype=dtype)
    return x, dt, A, B, C, torch.randn(heads, dtype=dtype)


def a_state(*, batch: int = 2, heads: int = 4, width: int = 8, states: int = 6) -> torch.Tensor:
    return torch.randn(batch, heads, width, states, dtype=torch.float64)


def gap(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a - b).abs().max())


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("length", [1, 16, 243])
def test_three_evaluations_are_the_same(length: int, groups: int) -> None:
    args = inputs(length, groups=groups)
    reference, state = ssd_reference(*args)
    chunked, last = ssd_chunked(*args)
    assert gap(ssd_quadratic(*args), reference) <= 1e-12
    assert gap(chunked, reference) <= 1e-12 and gap(last, state) <= 1e-12


def test_the_recurrence_is_the_published_one() -> None:
    """One head of width 1 with one state, two positions, by hand."""
    x, dt, B, C = (torch.tensor(v, dtype=torch.float64) for v in ([3, 5], [0.5, 0.25], [2, 7], [11, 13]))
    A, D = torch.tensor([[-4], [0.1]], dtype=torch.float64)
    y, last = ssd(x.view(1, 2, 1, 1), dt.view(1, 2, 1), A, B.view(1, 2, 1, 1), C.view(1, 2, 1, 1), D, return_state=True)
    first = 0.5 * 3 * 2
    second = math.exp(0.25 * -4) * first + 0.25 * 5 * 7
    assert y.flatten().tolist() == pytest.approx([11 * first + 0.1 * 3, 13 * second + 0.1 * 5], rel=1e-14)
    assert last.item() == pytest.approx(second, rel=1e-14)


@pytest.mark.parametrize("chunk", [16, 64, 256])
def test_float32_stays_close_to_float64(chunk: int) -> None:
    args = inputs(243, heads=8, width=64, groups=1, states=16)
    exact, _ = ssd_reference(*args)
    single = tuple(part.float() for part in args)
    limit = 1e-5 * max(1.0, float(exact.abs().max()) / 6)
    assert gap(ssd(*single, chunk=chunk), exact) <= limit
    assert gap(ssd_quadratic(*single), exact) <= limit


@settings(max_examples=40)
@given(length=st.integers(1, 70), chunk=st.integers(1, 80), groups=st.sampled_from([1, 2, 4]), carried=st.booleans())
def test_neither_the_chunk_length_nor_its_padding_matters(length: int, chunk: int, groups: int, carried: bool) -> None:
    args = inputs(length, groups=groups)
    state = a_state() if carried else None
    y, last = ssd(*args, state=state, return_state=True, chunk=chunk, path="torch")
    expected, expected_last = ssd_reference(*args, state)
    assert gap(y, expected) <= 1e-12 and gap(last, expected_last) <= 1e-12


@settings(max_examples=25)
@given(cuts=st.lists(st.integers(1, 79), max_size=5), path=st.sampled_from(["reference", "torch"]))
def test_any_chunking_equals_one_pass(cuts: list[int], path: kernels.Path) -> None:
    x, dt, A, B, C, D = inputs(80)
    whole, end = ssd(x, dt, A, B, C, D, return_state=True, path=path)
    state, pieces = None, []
    for start, stop in itertools.pairwise(sorted({0, 80, *cuts})):
        part = slice(start, stop)
        piece, state = ssd(
            x[:, part], dt[:, part], A, B[:, part], C[:, part], D, state=state, return_state=True, chunk=16, path=path
        )
        pieces.append(piece)
    assert gap(torch.cat(pieces, 1), whole) <= 1e-12 and gap(state, end) <= 1e-12


def test_steps_equal_one_pass() -> None:
    x, dt, A, B, C, D = inputs(30)
    state, outputs = torch.zeros_like(a_state()), []
    for t in range(30):
        y, state = ssd_step(x[:, t], dt[:, t], A, B[:, t], C[:, t], D, state)
        outputs.append(y)
    whole, last = ssd(x, dt, A, B, C, D, return_state=True)
    assert gap(torch.stack(outputs, 1), whole) <= 1e-12 and gap(state, last) <= 1e-12


def test_the_future_does_not_leak() -> None:
    args = inputs(100)
    changed = tuple(p.clone() for p in args)
    for part in (changed[0], changed[1], changed[3], changed[4]):
        part[:, 60:] += 1
    assert torch.equal(ssd(*args)[:, :60], ssd(*changed)[:, :60])


@pytest.mark.parametrize("r", [0.5, 2.0, 3.7])
def test_scaling_the_step_is_scaling_a_and_b(r: float) -> None:
    """Δ' = rΔ is A' = rA and B' = rB; the skip term D is left alone."""
    x, dt, A, B, C, D = inputs(50)
    assert gap(ssd(x, r * dt, A, B, C, D), ssd(x, dt, r * A, r * B, C, D)) <= 1e-12
    assert gap(ssd(x, r * dt, A, B, C, D), ssd(r * x, dt, r * A, B, C, D)) > 1e-3  # what rx would do to D


def test_a_gap_per_frame_scales_its_own_step() -> None:
    x, dt, A, B, C, D = inputs(40)
    gaps = 0.2 + 3 * torch.rand(40, dtype=torch.float64)
    scaled = ssd(x, gaps[:, None] * dt, A, B, C, D)
    state = torch.zeros_like(a_state())
    for t in range(40):
        y, state = ssd_step(x[:, t], gaps[t] * dt[:, t], A, B[:, t], C[:, t], D, state)
        assert gap(y, scaled[:, t]) <= 1e-12


def test_long_steps_forget_and_nothing_overflows() -> None:
    x, dt, A, B, C, _ = inputs(300, dtype=torch.float32)
    y = ssd(x, 1e4 * dt, A, B, C)
    now = torch.einsum("blgn,blgn->blg", B, C).repeat_interleave(2, 2)[..., None] * (1e4 * dt)[..., None] * x
    assert torch.isfinite(y).all()
    assert gap(y, now) <= 1e-3 * float(now.abs().max())


@pytest.mark.parametrize("carried", [False, True])
def test_gradients_by_finite_differences(carried: bool) -> None:
    sizes = {"batch": 1, "heads": 2, "width": 2, "groups": 1, "states": 2}
    args = [p.requires_grad_() for p in inputs(5, **sizes)]
    if carried:
        args.append(torch.randn(1, 2, 2, 2, dtype=torch.float64, requires_grad=True))
    assert torch.autograd.gradcheck(lambda *parts: ssd_chunked(*parts[:6], *parts[6:], chunk=2), args)


def test_gradients_of_all_evaluations_agree() -> None:
    args = inputs(50)
    gradients = []
    for evaluate in (ssd_reference, ssd_chunked, lambda *parts: (ssd_quadratic(*parts),)):
        parts = [p.clone().requires_grad_() for p in args]
        evaluate(*parts)[0].square().sum().backward()
        gradients.append([p.grad for p in parts])
    for reference, chunked, quadratic in zip(*gradients, strict=True):
        limit = 1e-11 * float(reference.abs().max())
        assert gap(chunked, reference) <= limit and gap(quadratic, reference) <= limit


@pytest.mark.parametrize("autocast", [False, True])
def test_bfloat16_inputs(autocast: bool) -> None:
    args = [p.bfloat16() for p in inputs(96, states=16)]
    expected = ssd(*(p.float() for p in args))
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        y, state = ssd(*args, return_state=True)
    assert y.dtype == torch.bfloat16 and state.dtype == torch.float32
    torch.testing.assert_close(y.float(), expected, rtol=2e-2, atol=2e-2)


def test_segment_sums_known_answer() -> None:
    never = -torch.inf
    expected = torch.tensor([[0, never, never], [2.0, 0, never], [5.0, 3.0, 0]])
    assert torch.equal(segment_sums(torch.tensor([1.0, 2.0, 3.0])), expected)


def test_segment_sums_do_not_cancel() -> None:
    """After a thousand large terms a small one is still exact in float32; the difference of running sums is not."""
    a = torch.cat([torch.full((1000,), -1000.0), torch.tensor([-1e-3])])
    running = a.cumsum(0)
    assert float(segment_sums(a)[1000, 999]) == float(a[1000])
    assert float(running[1000] - running[999]) != float(a[1000])


def test_the_chosen_path_runs(monkeypatch) -> None:
    args = inputs(20)
    ran = []
    monkeypatch.setattr("engine.ssm.ssd.ssd_reference", lambda *a: ran.append("reference") or ssd_reference(*a))
    monkeypatch.setattr("engine.ssm.ssd.ssd_chunked", lambda *a: ran.append("torch") or ssd_chunked(*a))
    with kernels.use("reference"):
        ssd(*args)
    ssd(*args)
    ssd(*args, path="reference")
    assert ran == ["reference", "torch", "reference"]


def test_what_does_not_fit_is_named() -> None:
    x, dt, A, B, C, D = inputs(5)
    for name, args in {
        "dt has the shape": (x, dt[:, :4], A, B, C, D),
        "C has the shape": (x, dt, A, B, C[..., :2], D),
        "D has the shape": (x, dt, A, B, C, D[:1]),
        "4 heads, which is no multiple of the 3 groups": (x, dt, A, B.repeat(1, 1, 2, 1)[:, :, :3], C, D),
        "at least one position": tuple(p[:, :0] if p.ndim > 1 else p for p in (x, dt, A, B, C, D)),
    }.items():
        with pytest.raises(ValueError, match=name):
            ssd(*args)
    with pytest.raises(ValueError, match="state has the shape"):
        ssd(x, dt, A, B, C, D, state=a_state(states=5))
    with pytest.raises(ValueError, match="SSD has no path numba"):
        ssd(x, dt, A, B, C, D, path="numba")
