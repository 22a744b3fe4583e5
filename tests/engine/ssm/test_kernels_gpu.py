"""On an NVIDIA GPU: mamba-ssm's kernels and our torch path against our references, outputs and gradients."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from engine.ssm import fused, kernels
from engine.ssm.mamba import Mamba1Block, Mamba2Block
from engine.ssm.selective import selective_scan, selective_step
from engine.ssm.ssd import ssd, ssd_step

USABLE, WHY_NOT = kernels.mamba()
pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU"),
]
needs_mamba = pytest.mark.skipif(not USABLE, reason=WHY_NOT)
PATHS = ["torch", pytest.param("mamba-ssm", marks=needs_mamba)]

SINGLE = 1e-4
"""Largest difference from the reference in float64, over the largest value, where sums are in float32."""
TENSOR_FLOAT_32 = 5e-3
"""The same where matrix products keep ten bits of mantissa."""

Arguments = list[torch.Tensor]


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def random(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, device="cuda")


def steps(*shape: int) -> torch.Tensor:
    """Δ log-uniform in [1e-3, 1e-1]."""
    return 10 ** (-3 + 2 * torch.rand(*shape, device="cuda"))


def s6(inputs: int = 2, groups: int = 4, length: int = 300, channels: int = 32, states: int = 16) -> Arguments:
    return [
        random(2, inputs, length, channels),
        steps(2, groups, length, channels),
        -torch.arange(1.0, states + 1, device="cuda").repeat(groups, channels, 1),
        random(2, groups, length, states),
        random(2, groups, length, states),
        random(groups, channels),
    ]


def heads(groups: int = 2, length: int = 300, count: int = 4, width: int = 32, states: int = 16) -> Arguments:
    return [
        random(2, length, count, width),
        steps(2, length, count),
        -1 - 15 * torch.rand(count, device="cuda"),
        random(2, length, groups, states),
        random(2, length, groups, states),
        random(count),
    ]


def with_gradients(operator: Callable[..., torch.Tensor], given: Arguments, dtype: torch.dtype) -> Arguments:
    """What the operator returns, and the gradient of a weighted sum of it with respect to each argument."""
    args = [x.to(dtype).requires_grad_() for x in given]
    y = operator(*args)
    weights = torch.linspace(-1, 1, y.numel(), device=y.device, dtype=dtype).view_as(y)
    return [y.detach(), *torch.autograd.grad((weights * y).sum(), args)]


def check(got: Arguments, expected: Arguments, limit: float) -> None:
    for mine, reference in zip(got, expected, strict=True):
        assert float((mine - reference).abs().max()) <= limit * float(reference.abs().max())


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("ordered", [False, True])
def test_selective_scan(path: kernels.Path, ordered: bool) -> None:
    given = s6()
    order = torch.stack([torch.randperm(300, device="cuda") for _ in range(4)]) if ordered else None

    def scan(run: kernels.Path) -> Callable[..., torch.Tensor]:
        return lambda *args: selective_scan(*args, order=order, path=run)

    expected = with_gradients(scan("reference"), given, torch.float64)
    check(with_gradients(scan(path), given, torch.float32), expected, SINGLE)


@needs_mamba
@torch.no_grad()
def test_selective_scan_last_state() -> None:
    given = s6()
    got = selective_scan(*given, return_state=True, path="mamba-ssm")
    expected = selective_scan(*(x.double() for x in given), return_state=True, path="reference")
    check(list(got), list(expected), SINGLE)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("length", [1, 50, 300])
@pytest.mark.parametrize("groups", [1, 2])
def test_ssd(path: kernels.Path, length: int, groups: int) -> None:
    """From a given state, through the output and the last state."""
    given = [*heads(groups, length), random(2, 4, 32, 16)]

    def both(run: kernels.Path) -> Callable[..., torch.Tensor]:
        def operator(*args: torch.Tensor) -> torch.Tensor:
            y, last = ssd(*args[:6], state=args[6], return_state=True, path=run)
            return torch.cat([y.flatten(), last.flatten()])

        return operator

    expected = with_gradients(both("reference"), given, torch.float64)
    check(with_gradients(both(path), given, torch.float32), expected, TENSOR_FLOAT_32)


@needs_mamba
@torch.no_grad()
@pytest.mark.parametrize("skip", [True, False])
def test_single_steps(skip: bool) -> None:
    u, delta, A, B, C, D = s6(inputs=1, groups=1)
    args = [u[:, 0, 0], delta[:, 0, 0], A[0], B[:, 0, 0], C[:, 0, 0], D[0] if skip else None, random(2, 32, 16)]
    check_step(fused.selective_step, selective_step, args)
    x, dt, A, B, C, D = heads()
    check_step(
        fused.ssd_step, ssd_step, [x[:, 0], dt[:, 0], A, B[:, 0], C[:, 0], D if skip else None, random(2, 4, 32, 16)]
    )


def check_step(step: Callable[..., tuple], plain: Callable[..., tuple], args: list[torch.Tensor | None]) -> None:
    before = args[-1].clone()
    got = step(*args)
    assert torch.equal(args[-1], before)
    check(list(got), list(plain(*(None if x is None else x.double() for x in args))), SINGLE)


@needs_mamba
@torch.no_grad()
@pytest.mark.parametrize(
    ("make", "limit"),
    [(lambda: Mamba1Block(64), SINGLE), (lambda: Mamba2Block(64, states=16, head_width=32), TENSOR_FLOAT_32)],
)
def test_blocks_stream_and_match_the_cpu(make: Callable[[], Mamba1Block | Mamba2Block], limit: float) -> None:
    block = make()
    u = torch.randn(2, 100, 64)
    with kernels.use("reference"):
        expected = block(u)
    block, u = block.cuda(), u.cuda()
    assert kernels.choose("Single step", u) == kernels.choose("SSD", u) == "mamba-ssm"
    whole, state, frames = block(u), block.init_state(2), []
    for t in range(50):
        y, state = block.step(u[:, t], state)
        frames.append(y)
    rest, _ = block.chunk(u[:, 50:], state)
    check([whole.cpu()], [expected], limit)
    check([torch.cat([torch.stack(frames, 1), rest], 1)], [whole], 2 * limit)


@pytest.mark.parametrize("path", PATHS)
@torch.no_grad()
def test_bfloat16(path: kernels.Path) -> None:
    for operator, given in ((selective_scan, s6()), (ssd, heads())):
        narrow = [x.bfloat16() for x in given]
        expected = operator(*(x.double() for x in narrow), path="reference")
        got = operator(*narrow, path=path)
        assert got.dtype == torch.bfloat16
        check([got], [expected], 2e-2)
