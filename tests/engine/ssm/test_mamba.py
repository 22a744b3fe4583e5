"""The Mamba blocks: streamed equals whole, what the rate does, parameters and how they start (ssm.md, 2, 3, 6)."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.ssm import kernels
from engine.ssm.mamba import GatedRMSNorm, Mamba1Block, Mamba2Block

BLOCKS = ("Mamba-1", "Mamba-2", "Mamba-2, two groups")


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def block(kind: str, width: int = 16, dtype: torch.dtype = torch.float64) -> Mamba1Block | Mamba2Block:
    if kind == "Mamba-1":
        return Mamba1Block(width, states=4).to(dtype)
    groups = 2 if "two" in kind else 1
    return Mamba2Block(width, states=4, head_width=8, groups=groups, chunk_length=16).to(dtype)


def gap(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a - b).abs().max())


# -- what it computes -----------------------------------------------------------------------------------------


@torch.no_grad()
@pytest.mark.parametrize("rate", [1.0, 2.5])
def test_mamba_1_is_the_published_block(rate: float) -> None:
    """Written out from the equations of ssm.md, section 2, with nothing of the block but its parameters."""
    m = block("Mamba-1")
    u = torch.randn(2, 30, 16).double()
    x, gate = (u @ m.in_proj.weight.T).chunk(2, -1)
    x = F.conv1d(F.pad(x.mT, (3, 0)), m.conv1d.weight, m.conv1d.bias, groups=32).mT
    x = x * torch.sigmoid(x)
    low_rank, B, C = (x @ m.x_proj.weight.T).split([1, 4, 4], -1)
    delta = rate * torch.log1p(torch.exp(low_rank @ m.dt_proj.weight.T + m.dt_proj.bias))
    h, outputs = torch.zeros(2, 32, 4).double(), []
    for t in range(30):
        decay = torch.exp(-delta[:, t, :, None] * torch.exp(m.A_log))
        h = decay * h + (delta * x)[:, t, :, None] * B[:, t, None]
        outputs.append((h * C[:, t, None]).sum(-1) + m.D * x[:, t])
    expected = (torch.stack(outputs, 1) * gate * torch.sigmoid(gate)) @ m.out_proj.weight.T
    assert gap(m(u, rate), expected) <= 1e-12


@torch.no_grad()
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("rate", [1.0, 2.5])
def test_mamba_2_is_the_published_block(groups: int, rate: float) -> None:
    """Written out from the equations of ssm.md, section 3.1."""
    m = Mamba2Block(16, states=4, head_width=8, groups=groups).double()
    torch.nn.init.normal_(m.norm.weight)
    u = torch.randn(2, 30, 16).double()
    gate, x, B, C, dt = (u @ m.in_proj.weight.T).split([32, 32, 4 * groups, 4 * groups, 4], -1)
    mixed = F.conv1d(F.pad(torch.cat([x, B, C], -1).mT, (3, 0)), m.conv1d.weight, m.conv1d.bias, groups=32 + 8 * groups)
    x, B, C = F.silu(mixed.mT).split([32, 4 * groups, 4 * groups], -1)
    dt = rate * torch.log1p(torch.exp(dt + m.dt_bias))
    y = torch.empty(2, 30, 32).double()
    for head in range(4):
        group = head * groups // 4
        mine, shared = slice(8 * head, 8 * head + 8), slice(4 * group, 4 * group + 4)
        h = torch.zeros(2, 8, 4).double()
        for t in range(30):
            step = dt[:, t, head, None, None]
            h = torch.exp(-step * torch.exp(m.A_log[head])) * h + step * x[:, t, mine, None] * B[:, t, None, shared]
            y[:, t, mine] = (h * C[:, t, None, shared]).sum(-1) + m.D[head] * x[:, t, mine]
    gated = (y * F.silu(gate)).unflatten(-1, (groups, -1))
    normal = gated / torch.sqrt(gated.square().mean(-1, keepdim=True) + 1e-5)
    expected = (normal.flatten(-2) * m.norm.weight) @ m.out_proj.weight.T
    assert gap(m(u, rate), expected) <= 1e-12


@torch.no_grad()
@pytest.mark.parametrize("kind", BLOCKS)
def test_float32_stays_close_to_float64(kind: str) -> None:
    exact, u = block(kind), torch.randn(1, 100, 16).double()
    expected = exact(u)
    single = exact.float()
    assert gap(single(u.float()), expected) <= 1e-5 * max(1.0, float(expected.abs().max()))


# -- streaming ------------------------------------------------------------------------------------------------


@torch.no_grad()
@pytest.mark.parametrize("irregular", [False, True])
@pytest.mark.parametrize("kind", BLOCKS)
@pytest.mark.parametrize(("dtype", "limit"), [(torch.float64, 1e-12), (torch.float32, 1e-5)])
def test_frame_by_frame_equals_the_whole(kind: str, irregular: bool, dtype: torch.dtype, limit: float) -> None:
    m, u = block(kind, dtype=dtype), torch.randn(2, 40, 16, dtype=dtype)
    gaps = 0.2 + 3 * torch.rand(40, dtype=dtype) if irregular else torch.full((40,), 1.5, dtype=dtype)
    state, outputs = m.init_state(2), []
    for t in range(40):
        y, state = m.step(u[:, t], state, gaps[t])
        outputs.append(y)
    whole = m(u, gaps if irregular else 1.5)
    assert gap(torch.stack(outputs, 1), whole) <= limit
    last = m.chunk(u, m.init_state(2), gaps)[1]
    assert gap(state.ssm, last.ssm) <= limit and gap(state.window, last.window) <= limit


@settings(max_examples=20)
@given(
    cuts=st.lists(st.integers(1, 39), max_size=6),
    kind=st.sampled_from(BLOCKS),
    rate=st.sampled_from([0.5, 1.0, 3.0]),
    irregular=st.booleans(),
)
@torch.no_grad()
def test_any_chunking_equals_one_pass(cuts: list[int], kind: str, rate: float, irregular: bool) -> None:
    torch.manual_seed(0)
    m, u = block(kind), torch.randn(2, 40, 16).double()
    gaps = 0.2 + torch.rand(40).double() if irregular else None
    state, pieces = m.init_state(2), []
    for start, stop in itertools.pairwise(sorted({0, 40, *cuts})):
        piece, state = m.chunk(u[:, start:stop], state, rate if gaps is None else gaps[start:stop])
        pieces.append(piece)
    assert gap(torch.cat(pieces, 1), m(u, rate if gaps is None else gaps)) <= 1e-12


@torch.no_grad()
@pytest.mark.parametrize("kind", BLOCKS)
def test_the_past_is_left_as_it_was(kind: str) -> None:
    """A state that was kept can be gone on from twice."""
    m, u = block(kind), torch.randn(1, 16).double()
    _, state = m.step(u, m.init_state(1))
    kept = [part.clone() for part in state]
    first = m.step(u, state)[0]
    assert all(torch.equal(a, b) for a, b in zip(state, kept, strict=True))
    assert torch.equal(m.step(u, state)[0], first)


@torch.no_grad()
@pytest.mark.parametrize("kind", BLOCKS)
def test_the_future_does_not_leak(kind: str) -> None:
    m, u = block(kind), torch.randn(1, 60, 16).double()
    changed = u.clone()
    changed[:, 37:] += 1
    assert gap(m(u)[:, :37], m(changed)[:, :37]) <= 1e-12


# -- the rate -------------------------------------------------------------------------------------------------


@torch.no_grad()
@pytest.mark.parametrize("kind", BLOCKS)
def test_a_uniform_gap_per_frame_is_a_number(kind: str) -> None:
    m, u = block(kind), torch.randn(2, 30, 16).double()
    assert gap(m(u, torch.full((30,), 2.5)), m(u, 2.5)) <= 1e-12
    assert gap(m(u, 2.5), m(u)) > 1e-4


@torch.no_grad()
@pytest.mark.parametrize("kind", BLOCKS)
def test_the_rate_does_not_reach_the_convolution(kind: str) -> None:
    """With Δ of no effect on the output (no B), nothing is left that follows the rate."""
    m, u = block(kind), torch.randn(2, 30, 16).double()
    if isinstance(m, Mamba1Block):
        m.x_proj.weight[m.rank : m.rank + m.states] = 0
    else:
        to_b = slice(m.inner, m.inner + m.groups * m.states)
        m.conv1d.weight[to_b], m.conv1d.bias[to_b] = 0, 0
    assert torch.equal(m(u, 4.0), m(u))


# -- parameters -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("m", "count"),
    [
        (lambda: Mamba1Block(256), 437_760),
        (lambda: Mamba2Block(256, states=16), 406_712),
        (lambda: Mamba2Block(256, states=16, head_width=32), 408_784),
    ],
)
def test_parameter_counts(m, count: int) -> None:
    assert sum(p.numel() for p in m().parameters()) == count


def test_state_dicts_are_named_as_in_mamba_ssm() -> None:
    shapes = {name: tuple(p.shape) for name, p in Mamba1Block(32, states=8).state_dict().items()}
    assert shapes == {
        "in_proj.weight": (128, 32),
        "conv1d.weight": (64, 1, 4),
        "conv1d.bias": (64,),
        "x_proj.weight": (18, 64),
        "dt_proj.weight": (64, 2),
        "dt_proj.bias": (64,),
        "A_log": (64, 8),
        "D": (64,),
        "out_proj.weight": (32, 64),
    }
    shapes = {k: tuple(p.shape) for k, p in Mamba2Block(32, states=8, head_width=16, groups=2).state_dict().items()}
    assert shapes == {
        "in_proj.weight": (164, 32),
        "conv1d.weight": (96, 1, 4),
        "conv1d.bias": (96,),
        "dt_bias": (4,),
        "A_log": (4,),
        "D": (4,),
        "norm.weight": (64,),
        "out_proj.weight": (32, 64),
    }


@torch.no_grad()
def test_mamba_1_starts_as_published() -> None:
    m = Mamba1Block(256)
    torch.testing.assert_close(m.A_log.exp(), torch.arange(1.0, 17).expand(512, 16))
    assert torch.equal(m.D, torch.ones(512))
    assert m.dt_proj.weight.abs().max() <= 1 / 4 and m.dt_proj.weight.std() == pytest.approx(1 / 4 / 3**0.5, rel=0.05)
    check_steps(m.dt_proj.bias)


@torch.no_grad()
def test_mamba_2_starts_as_published() -> None:
    m = Mamba2Block(2048, states=16, head_width=8)
    decay = m.A_log.exp()
    assert decay.min() >= 1 and decay.max() <= 16 and decay.mean() == pytest.approx(8.5, rel=0.1)
    assert torch.equal(m.D, torch.ones(512)) and torch.equal(m.norm.weight, torch.ones(4096))
    check_steps(m.dt_bias)


def check_steps(bias: torch.Tensor) -> None:
    """Log-uniform in [1e-3, 1e-1]."""
    logs = torch.log10(F.softplus(bias.double()))
    assert logs.min() >= -3 - 1e-5 and logs.max() <= -1 + 1e-5
    assert logs.mean() == pytest.approx(-2, abs=0.15)
    assert logs.std() == pytest.approx(2 / math.sqrt(12), rel=0.1)


@torch.no_grad()
def test_no_step_starts_below_the_floor() -> None:
    steps = F.softplus(Mamba1Block(64, step_min=1e-6, step_max=1e-3).dt_proj.bias.double())
    assert steps.min() == pytest.approx(1e-4, rel=1e-3) and (steps > 1.1e-4).any()


def test_heads_that_do_not_fit_are_refused() -> None:
    for wrong in ({"head_width": 48}, {"head_width": 64, "groups": 3}):
        with pytest.raises(ValueError, match="128 channels do not make"):
            Mamba2Block(64, **wrong)


# -- training -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", BLOCKS)
def test_gradients_by_finite_differences(kind: str) -> None:
    tiny = {
        "Mamba-1": lambda: Mamba1Block(2, states=2),
        "Mamba-2": lambda: Mamba2Block(2, states=2, head_width=2),
        "Mamba-2, two groups": lambda: Mamba2Block(2, states=2, head_width=2, groups=2),
    }
    m, u = tiny[kind]().double(), torch.randn(1, 4, 2, dtype=torch.float64, requires_grad=True)
    names, parameters = zip(*m.named_parameters(), strict=True)

    def run(u: torch.Tensor, *values: torch.Tensor) -> torch.Tensor:
        return torch.func.functional_call(m, dict(zip(names, values, strict=True)), (u, 1.5))

    with kernels.use("torch"):
        assert torch.autograd.gradcheck(run, (u, *parameters), fast_mode=True)


@pytest.mark.parametrize("kind", BLOCKS)
def test_every_parameter_learns(kind: str) -> None:
    m = block(kind, dtype=torch.float32)
    m(torch.randn(2, 20, 16)).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in m.parameters())


@pytest.mark.parametrize("kind", BLOCKS)
def test_bfloat16_under_autocast(kind: str) -> None:
    m, u = block(kind, dtype=torch.float32), torch.randn(2, 60, 16)
    expected = m(u)
    with torch.autocast("cpu", torch.bfloat16):
        whole = m(u)
        piece, state = m.chunk(u[:, :30], m.init_state(2))
        frame, state = m.step(u[:, 30], state)
    whole.float().sum().backward()
    assert whole.dtype == torch.bfloat16 and state.ssm.dtype == torch.float32
    scale = float(expected.detach().abs().max())
    for part, target in ((whole, expected), (piece, expected[:, :30]), (frame, expected[:, 30])):
        torch.testing.assert_close(part.float(), target, rtol=2e-2, atol=2e-2 * scale)


def test_gated_rms_norm_known_answer() -> None:
    norm = GatedRMSNorm(4, groups=2)
    y, gate = torch.tensor([3.0, 4.0, 0.0, 2.0]), torch.full((4,), 30.0)  # SiLU(30) is 30 to single precision
    expected = torch.tensor([3 / math.sqrt(12.5), 4 / math.sqrt(12.5), 0, math.sqrt(2)])
    torch.testing.assert_close(norm(y, gate), expected)
