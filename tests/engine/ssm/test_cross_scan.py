"""The cross-scan: four sequences cut, flipped and put back by hand, one at a time, give the same."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from engine.ssm import cross_scan
from engine.ssm.cross_scan import CrossScan, scan_order


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def scan_by_hand(layer: CrossScan, rows: Tensor, columns: Tensor) -> Tensor:
    """The specification word by word (sasmamba.md, section 2.2): sequences made, scanned, undone and added up."""
    batch, frames, joints, channels = rows.shape
    s0 = rows.flatten(1, 2)
    s1 = columns.transpose(1, 2).flatten(1, 2)
    outputs = []
    for k, s in enumerate((s0, s1, s0.flip(1), s1.flip(1))):
        low_rank, b, c = (s @ layer.x_proj_weight[k].T).split((layer.rank, layer.states, layer.states), -1)
        delta = F.softplus(low_rank @ layer.dt_projs_weight[k].T + layer.dt_projs_bias[k])
        own = slice(k * channels, (k + 1) * channels)
        a, d = -torch.exp(layer.A_logs[own]), layer.Ds[own]
        state = torch.zeros(batch, channels, layer.states, dtype=rows.dtype)
        y = []
        for t in range(s.shape[1]):
            inflow = (delta[:, t] * s[:, t])[..., None] * b[:, t, None]
            state = torch.exp(delta[:, t, :, None] * a) * state + inflow
            y.append((state * c[:, t, None]).sum(-1) + d * s[:, t])
        outputs.append(torch.stack(y, 1))
    y0, y1, y2, y3 = outputs
    by_columns = (y1 + y3.flip(1)).view(batch, joints, frames, channels).transpose(1, 2)
    return (y0 + y2.flip(1)).view(batch, frames, joints, channels) + by_columns


def layer_and_grids(frames: int, joints: int, dtype: torch.dtype) -> tuple[CrossScan, Tensor, Tensor]:
    layer = CrossScan(6, 4, 2, step_min=0.05, step_max=1.0).to(dtype)
    rows, columns = (torch.randn(2, frames, joints, 6, dtype=dtype, requires_grad=True) for _ in range(2))
    return layer, rows, columns


@settings(max_examples=10)
@given(frames=st.integers(1, 7), joints=st.integers(1, 6))
def test_equals_four_sequences_made_by_hand(frames: int, joints: int) -> None:
    layer, rows, columns = layer_and_grids(frames, joints, torch.float64)
    assert (layer.scan(rows, columns) - scan_by_hand(layer, rows, columns)).abs().max() <= 1e-12


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-11), (torch.float32, 2e-4)])
def test_gradients_equal_those_by_hand(dtype: torch.dtype, tolerance: float) -> None:
    layer, rows, columns = layer_and_grids(9, 5, dtype)
    leaves = {"rows": rows, "columns": columns, **dict(layer.named_parameters())}
    weight = torch.randn(rows.shape, dtype=dtype)
    fast, by_hand = (
        torch.autograd.grad((y * weight).sum(), list(leaves.values()))
        for y in (layer.scan(rows, columns), scan_by_hand(layer, rows, columns))
    )
    for name, a, b in zip(leaves, fast, by_hand, strict=True):
        assert (a - b).abs().max() <= tolerance * max(1.0, float(b.abs().max())), name


@pytest.mark.parametrize(("frames", "joints"), [(1, 1), (5, 17), (8, 3)])
def test_merging_four_identity_scans_gives_four_times_the_input(
    frames: int, joints: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def identity(u: Tensor, *_: Tensor, order: Tensor) -> Tensor:
        visited = u.repeat(1, 2, 1, 1).gather(2, order[None, :, :, None].expand(len(u), -1, -1, u.shape[-1]))
        return torch.zeros_like(visited).scatter(2, order[None, :, :, None].expand_as(visited), visited)

    monkeypatch.setattr(cross_scan, "selective_scan", identity)
    layer = CrossScan(6, 4, 2)
    x = torch.randn(3, frames, joints, 6)
    assert torch.equal(layer.scan(x, x), 4 * x)


def test_orders_of_a_small_grid() -> None:
    """Two frames of three joints: 0 1 2 / 3 4 5."""
    expected = [[0, 1, 2, 3, 4, 5], [0, 3, 1, 4, 2, 5], [5, 4, 3, 2, 1, 0], [5, 2, 4, 1, 3, 0]]
    assert scan_order(2, 3, torch.device("cpu")).tolist() == expected


def test_training_can_follow_validation_on_the_same_grid() -> None:
    layer, x = CrossScan(6, 4, 2), torch.randn(1, 11, 13, 6)
    with torch.inference_mode():
        layer.scan(x, x)
    layer.scan(x, x).sum().backward()
    assert layer.A_logs.grad is not None


@torch.no_grad()
def test_initial_values_are_mambas() -> None:
    layer = CrossScan(32, 16, 4)
    for channel in (0, 77):
        assert torch.allclose(torch.exp(layer.A_logs[channel]), torch.arange(1.0, 17.0))
    step = F.softplus(layer.dt_projs_bias)
    assert 0.999e-3 <= float(step.min()) < 2e-3 and 0.05 < float(step.max()) <= 0.1001
    assert float(layer.dt_projs_weight.abs().max()) <= 0.5
    assert torch.equal(layer.Ds, torch.ones(128))


def test_scans_in_float32_under_autocast() -> None:
    layer, rows, columns = layer_and_grids(12, 5, torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = layer.scan(rows, columns)
    assert y.dtype == torch.float32
    exact = layer.scan(rows, columns)
    assert 0 < (y - exact).abs().max() <= 2e-2 * exact.abs().max()
