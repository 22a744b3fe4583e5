"""The selective scan: every path equals the plain loop, gradients included (specification ssm.md, section 6)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numba
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from engine.ssm import kernels, selective, selective_numba
from engine.ssm.selective import selective_scan, selective_scan_reference, selective_step

FAST: tuple[kernels.Path, ...] = ("torch", "numba")


class Case(NamedTuple):
    """Arguments of a scan, in the order of its signature."""

    u: Tensor
    delta: Tensor
    A: Tensor
    B: Tensor
    C: Tensor
    D: Tensor


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def case(
    batch: int = 2,
    inputs: int = 2,
    groups: int = 4,
    length: int = 150,
    channels: int = 20,
    states: int = 5,
    dtype: torch.dtype = torch.float64,
) -> Case:
    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, dtype=dtype)

    return Case(
        normal(batch, inputs, length, channels),
        torch.nn.functional.softplus(normal(batch, groups, length, channels) - 2),
        -torch.exp(normal(groups, channels, states)),
        normal(batch, groups, length, states),
        normal(batch, groups, length, states),
        normal(groups, channels),
    )


def single(given: Case) -> Case:
    return Case(*(x.float() for x in given))


def tracked(given: Case) -> Case:
    return Case(*(x.clone().requires_grad_() for x in given))


def shuffled(groups: int, length: int) -> Tensor:
    return torch.stack([torch.randperm(length) for _ in range(groups)])


def initial(given: Case) -> Tensor:
    return torch.randn(len(given.delta), *given.A.shape, dtype=given.A.dtype)


def difference(found: Tensor, expected: Tensor) -> float:
    """The largest difference, as a part of the largest value."""
    return float((found.double() - expected).abs().max() / expected.abs().max().clamp_min(1e-30))


# -- values ---------------------------------------------------------------------------------------------


@given(
    batch=st.integers(1, 2),
    inputs=st.integers(1, 2),
    share=st.integers(1, 2),
    length=st.one_of(st.just(1), st.integers(1, 200)),
    channels=st.integers(1, 40),
    states=st.integers(1, 16),
    ordered=st.booleans(),
    started=st.booleans(),
    skip=st.booleans(),
)
@settings(max_examples=30)
def test_every_path_equals_the_reference(
    batch: int,
    inputs: int,
    share: int,
    length: int,
    channels: int,
    states: int,
    ordered: bool,
    started: bool,
    skip: bool,
) -> None:
    wide = case(batch, inputs, inputs * share, length, channels, states)
    order = shuffled(inputs * share, length) if ordered else None
    state = initial(wide) if started else None
    D = wide.D if skip else None
    expected, last = selective_scan_reference(*wide[:5], D, order, state)
    y, end = selective_scan(*wide[:5], D, order=order, state=state, return_state=True, path="torch")
    assert difference(y, expected) <= 1e-12 and difference(end, last) <= 1e-12
    for path in FAST:
        y, end = selective_scan(
            *single(wide)[:5],
            None if D is None else D.float(),
            order=order,
            state=None if state is None else state.float(),
            return_state=True,
            path=path,
        )
        assert y.dtype == end.dtype == torch.float32
        assert difference(y, expected) <= 1e-5 and difference(end, last) <= 1e-5


@torch.no_grad()
@pytest.mark.parametrize("path", FAST)
def test_float32_holds_over_a_clip_of_243_frames_of_17_joints(path: kernels.Path) -> None:
    wide = case(1, 1, 1, 243 * 17, 128, 16)
    assert difference(selective_scan(*single(wide), path=path), selective_scan(*wide, path="torch")) <= 1e-5


@torch.no_grad()
@pytest.mark.parametrize("path", FAST)
def test_huge_and_tiny_steps_neither_overflow_nor_vanish(path: kernels.Path) -> None:
    given = single(case())
    for factor in (1e-6, 1e4):
        wide = Case(*(x.double() for x in given))._replace(delta=given.delta.double() * factor)
        y = selective_scan(*given._replace(delta=given.delta * factor), path=path)
        assert difference(y, selective_scan_reference(*wide)[0]) <= 1e-5


@pytest.mark.parametrize("channels", [128, 130, 300])
@pytest.mark.usefixtures("two_threads")
def test_slices_and_threads_change_nothing(channels: int) -> None:
    wide = case(1, 1, 1, 70, channels, 3)
    assert difference(selective_scan(*single(wide), path="numba"), selective_scan_reference(*wide)[0]) <= 1e-5


@torch.no_grad()
def test_several_threads_may_scan_at_once() -> None:
    cases = [single(case(length=300)) for _ in range(8)]
    alone = [selective_scan(*given, path="numba") for given in cases]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda given: selective_scan(*given, path="numba"), cases))
    assert all(torch.equal(a, b) for a, b in zip(alone, together, strict=True))


def test_exp2_of_the_compiled_path() -> None:
    @numba.njit
    def many(x: np.ndarray) -> np.ndarray:
        out = np.empty_like(x)
        for i in range(len(x)):
            out[i] = selective_numba.exp2(x[i])
        return out

    x = np.concatenate([-np.linspace(0, 126, 400_001), -np.logspace(-9, 0, 100_001)]).astype(np.float32)
    found = many(x)
    assert np.abs(found / np.exp2(x.astype(np.float64)) - 1).max() <= 2e-7
    assert found.max() == 1 and many(np.float32([-0.0, 0.0])).tolist() == [1, 1], "a decay never grows"
    assert many(np.float32([-1e3, -np.inf])).max() <= 1.2e-38


# -- gradients ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["reference", "torch"])
def test_gradients_in_float64(path: kernels.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selective, "CHUNK", 3)  # so that seven positions have two borders
    given = tracked(case(1, 1, 2, 7, 2, 3))
    state, order = initial(given).requires_grad_(), shuffled(2, 7)
    assert torch.autograd.gradcheck(
        lambda *x: selective_scan(*x[:6], order=order, state=x[6], return_state=True, path=path), (*given, state)
    )


@pytest.mark.parametrize(
    "shape",
    [(2, 2, 4, 150, 20, 5), (1, 1, 1, 1, 1, 1), (2, 1, 2, 64, 16, 16), (1, 1, 1, 65, 130, 3), (3, 2, 2, 129, 33, 1)],
)
@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.usefixtures("two_threads")
def test_compiled_gradients_equal_those_of_the_reference(shape: tuple[int, ...], ordered: bool) -> None:
    wide = tracked(case(*shape))
    order = shuffled(shape[2], shape[3]) if ordered else None
    state = initial(wide).requires_grad_()
    y, last = selective_scan_reference(*wide, order, state)
    weights = torch.randn_like(y), torch.randn_like(last)
    expected = torch.autograd.grad((y, last), (*wide, state), weights)

    narrow, start = tracked(single(Case(*(x.detach() for x in wide)))), state.detach().float().requires_grad_()
    found = torch.autograd.grad(
        selective_scan(*narrow, order=order, state=start, return_state=True, path="numba"),
        (*narrow, start),
        [w.float() for w in weights],
    )
    for name, f, e in zip((*Case._fields, "state"), found, expected, strict=True):
        assert f.shape == e.shape and difference(f, e) <= 1e-5, name


def test_gradients_without_skip_and_of_some_inputs_only() -> None:
    wide = case()
    B = wide.B.clone().requires_grad_()
    (expected,) = torch.autograd.grad(selective_scan(*wide[:3], B, wide.C, path="reference").sum(), B)
    narrow = single(wide)
    B = narrow.B.clone().requires_grad_()
    (found,) = torch.autograd.grad(selective_scan(*narrow[:3], B, narrow.C, path="numba").sum(), B)
    assert difference(found, expected) <= 1e-5


# -- properties -----------------------------------------------------------------------------------------


@torch.no_grad()
@pytest.mark.parametrize("path", ["reference", *FAST])
def test_an_order_is_a_gather_before_and_a_scatter_after(path: kernels.Path) -> None:
    given = single(case(inputs=4))
    order = shuffled(4, 150)
    order[1] = torch.arange(150).flip(0)
    sequences = {
        name: torch.stack([getattr(given, name)[:, g, order[g]] for g in range(4)], 1)
        for name in ("u", "delta", "B", "C")
    }
    expected = selective_scan(*given._replace(**sequences), path=path)
    y = selective_scan(*given, order=order, path=path)
    for g in range(4):
        assert torch.equal(y[:, g, order[g]], expected[:, g])


@torch.no_grad()
@pytest.mark.parametrize("path", ["reference", *FAST])
def test_groups_share_their_inputs_in_turn(path: kernels.Path) -> None:
    given = single(case(inputs=2, groups=6))
    apart = given._replace(u=torch.cat([given.u] * 3, 1))
    assert torch.equal(selective_scan(*given, path=path), selective_scan(*apart, path=path))


@torch.no_grad()
@pytest.mark.parametrize("path", ["reference", *FAST])
@pytest.mark.parametrize("split", [1, 63, 64, 100, 149])
def test_pieces_with_the_state_carried_equal_the_whole(path: kernels.Path, split: int) -> None:
    given = single(case())
    first, second = (
        Case(*(x[:, :, part] for x in given[:2]), given.A, *(x[:, :, part] for x in given[3:5]), given.D)
        for part in (slice(split), slice(split, None))
    )
    whole, last = selective_scan(*given, return_state=True, path=path)
    y1, state = selective_scan(*first, return_state=True, path=path)
    y2, end = selective_scan(*second, state=state, return_state=True, path=path)
    assert difference(torch.cat((y1, y2), 2), whole.double()) <= 1e-6 and difference(end, last.double()) <= 1e-6


@torch.no_grad()
def test_steps_equal_the_whole() -> None:
    given = case(groups=1, inputs=1)
    whole, last = selective_scan(*given, return_state=True, path="torch")
    state = torch.zeros_like(last[:, 0])
    for t in range(whole.shape[2]):
        u, delta, B, C = (x[:, 0, t] for x in (given.u, given.delta, given.B, given.C))
        y, state = selective_step(u, delta, given.A[0], B, C, given.D[0], state)
        assert difference(y, whole[:, 0, t]) <= 1e-12
    assert difference(state, last[:, 0]) <= 1e-12


@torch.no_grad()
@pytest.mark.parametrize(("path", "dtype", "limit"), [("torch", torch.float64, 1e-12), ("numba", torch.float32, 1e-5)])
def test_scaling_the_step_is_scaling_decay_and_input(path: kernels.Path, dtype: torch.dtype, limit: float) -> None:
    given, rate = case(dtype=dtype), 2.5
    slower = selective_scan(*given._replace(delta=rate * given.delta), path=path)
    same = selective_scan(*given._replace(A=rate * given.A, B=rate * given.B), path=path)
    assert difference(slower, same.double()) <= limit
    assert difference(slower, selective_scan(*given, path=path).double()) > 0.01, "and it does change something"


@torch.no_grad()
@pytest.mark.parametrize("path", ["reference", *FAST])
def test_what_comes_later_changes_nothing_before(path: kernels.Path) -> None:
    given, k = single(case()), 77
    later = Case(*(x.clone() for x in given))
    for x in (later.u, later.delta, later.B, later.C):
        x[:, :, k:] *= 1.5
    before, after = selective_scan(*given, path=path), selective_scan(*later, path=path)
    assert torch.equal(before[:, :, :k], after[:, :, :k])
    assert not torch.isclose(before[:, :, k], after[:, :, k]).all()


@torch.no_grad()
@pytest.mark.parametrize("path", ["reference", *FAST])
def test_a_value_that_is_missing_is_not_hidden(path: kernels.Path) -> None:
    given = single(case())
    given.u[0, 1, 70, 3] = torch.nan
    missing = selective_scan(*given, path=path).isnan()
    assert missing[0, 1::2, 70:, 3].all() and missing.sum() == 2 * 80


@torch.no_grad()
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("path", FAST)
def test_half_precision_is_computed_in_single(path: kernels.Path, dtype: torch.dtype) -> None:
    given = case()
    half = Case(*(x.to(dtype) for x in given))
    with torch.autocast("cpu", torch.bfloat16):
        y, state = selective_scan(*half, return_state=True, path=path)
    assert y.dtype == dtype and state.dtype == torch.float32
    expected, _ = selective_scan_reference(*(x.double() for x in half))
    assert difference(y, expected) <= 2e-2


# -- choice and refusals --------------------------------------------------------------------------------


def test_tensors_choose_their_path() -> None:
    narrow, wide = single(case()), case()
    assert torch.equal(selective_scan(*narrow), selective_scan(*narrow, path="numba"))
    assert torch.equal(selective_scan(*wide), selective_scan(*wide, path="torch"))
    with pytest.raises(ValueError, match="numba path scans float32 tensors on the CPU"):
        selective_scan(*wide, path="numba")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("delta", r"delta has the shape \(2, 4, 149, 20\), expected \(2, 4, 150, 20\)"),
        ("B", r"B has the shape \(2, 4, 149, 5\), expected"),
        ("C", r"C has the shape \(2, 4, 149, 5\), expected"),
    ],
)
def test_shapes_that_do_not_fit_are_named(name: str, message: str) -> None:
    given = case()
    with pytest.raises(ValueError, match=message):
        selective_scan(*given._replace(**{name: getattr(given, name)[:, :, 1:]}))


def test_other_refusals() -> None:
    given = case()
    with pytest.raises(ValueError, match="4 groups, which is no multiple of the 3 inputs"):
        selective_scan(*given._replace(u=given.u[:, :1].repeat(1, 3, 1, 1)))
    with pytest.raises(ValueError, match="no positions"):
        selective_scan(*given._replace(u=given.u[:, :, :0]))
    with pytest.raises(ValueError, match="state has the shape"):
        selective_scan(*given, state=torch.zeros(1))
    for wrong in (0, -1, 150):
        order = torch.arange(150).repeat(4, 1)
        order[2, 5] = wrong
        with pytest.raises(ValueError, match="every position from 0 to 149 once"):
            selective_scan(*given, order=order)
