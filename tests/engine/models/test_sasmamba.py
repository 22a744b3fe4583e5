"""SasMamba and PoseMamba: the released layout, the operator, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from engine.models.families import build
from engine.models.lifting import alternating
from engine.models.sasmamba.config import NEIGHBOURS, STRIDES_2_AND_3, SasMambaConfig
from engine.models.sasmamba.network import SasMamba, SSOperator

TINY = SasMambaConfig(width=16, depth=2, states=4, max_frames=30)
TINY_POSEMAMBA = replace(TINY, deformable=False, gathers=NEIGHBOURS)
both = pytest.mark.parametrize("config", [TINY, TINY_POSEMAMBA], ids=["sasmamba", "posemamba"])


def network(config: SasMambaConfig = TINY, dtype: torch.dtype = torch.float32) -> SasMamba:
    torch.manual_seed(0)
    return SasMamba(config).to(dtype).eval()


def released_names(depth: int, *, deformable: bool) -> set[str]:
    """The keys of the released checkpoints, written out from sasmamba.md, section 5, and baselines.md, section 2."""
    convolution = ("offset_conv.weight", "offset_conv.bias", "dcn.weight", "dcn.bias")
    in_block = [
        *("norm.weight", "norm.bias", "norm2.weight", "norm2.bias"),
        *("mlp.fc1.weight", "mlp.fc1.bias", "mlp.fc2.weight", "mlp.fc2.bias"),
        *("op.in_proj.weight", "op.out_proj.weight", "op.out_norm.weight", "op.out_norm.bias"),
        *("op.x_proj_weight", "op.dt_projs_weight", "op.dt_projs_bias", "op.A_logs", "op.Ds"),
        *(f"op.conv2d.{name}" for name in (convolution if deformable else ("weight", "bias"))),
    ]
    outside = [
        *("Spatial_patch_to_embedding.weight", "Spatial_patch_to_embedding.bias"),
        *("Spatial_pos_embed", "Temporal_pos_embed"),
        *(f"{axis}_norm.{kind}" for axis in ("Spatial", "Temporal") for kind in ("weight", "bias")),
        *(f"head.{i}.{kind}" for i in (0, 1) for kind in ("weight", "bias")),
    ]
    blocks = {f"{kind}blocks.{i}.{name}" for kind in ("STE", "TTE") for i in range(depth) for name in in_block}
    return blocks | set(outside)


@pytest.mark.parametrize(("name", "depth", "deformable"), [("sasmamba", 5, True), ("posemamba_s", 10, False)])
def test_state_dict_has_the_released_layout(name: str, depth: int, deformable: bool) -> None:
    state = build(name).state_dict()
    assert state.keys() == released_names(depth, deformable=deformable)
    shapes = {key: tuple(value.shape) for key, value in state.items() if key.startswith("STEblocks.0.op")}
    assert shapes["STEblocks.0.op.x_proj_weight"] == (4, 36, 128)
    assert shapes["STEblocks.0.op.dt_projs_weight"] == (4, 128, 4)
    assert shapes["STEblocks.0.op.dt_projs_bias"] == (4, 128)
    assert shapes["STEblocks.0.op.A_logs"] == (512, 16) and shapes["STEblocks.0.op.Ds"] == (512,)
    assert tuple(state["Temporal_pos_embed"].shape) == (1, 243, 64)
    convolution = "STEblocks.0.op.conv2d." + ("dcn.weight" if deformable else "weight")
    assert shapes[convolution] == (128, 1, 3, 3)


def forward_by_hand(model: SasMamba, u: Tensor) -> Tensor:
    """The network as the specification writes it, block by block (sasmamba.md, section 2)."""
    x = F.linear(u[..., :2], model.Spatial_patch_to_embedding.weight, model.Spatial_patch_to_embedding.bias)
    x = x + model.Spatial_pos_embed
    for i, (first, second) in enumerate(zip(model.STEblocks, model.TTEblocks, strict=True)):
        for block, shared in ((first, model.Spatial_norm), (second, model.Temporal_norm)):
            x = x + block.op(F.layer_norm(x, x.shape[-1:], block.norm.weight, block.norm.bias, 1e-6))
            h = F.layer_norm(x, x.shape[-1:], block.norm2.weight, block.norm2.bias, 1e-6)
            x = x + block.mlp.fc2(F.gelu(block.mlp.fc1(h)))
            x = F.layer_norm(x, x.shape[-1:], shared.weight, shared.bias, 1e-6)
            if i == 0 and block is first:
                x = x + model.Temporal_pos_embed[:, : u.shape[1]].transpose(0, 1)[None, :, 0, None]
    return model.head[1](F.layer_norm(x, x.shape[-1:], model.head[0].weight, model.head[0].bias, 1e-5))


@both
@torch.no_grad()
def test_blocks_norms_and_positions_are_in_the_published_order(config: SasMambaConfig) -> None:
    model = network(config, torch.float64)
    for name, parameter in model.named_parameters():  # zeros and ones would hide a swap
        if "norm" in name or "pos_embed" in name or name.startswith("head.0"):
            parameter.add_(0.3 * torch.randn_like(parameter))
    u = torch.randn(2, 7, 17, 3, dtype=torch.float64)
    assert (model(u) - forward_by_hand(model, u)).abs().max() <= 1e-12


def test_gathers_are_the_published_lists() -> None:
    assert STRIDES_2_AND_3[0] == (0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 10, 12, 12, 14, 14, 16)
    assert STRIDES_2_AND_3[1] == (0, 0, 0, 3, 3, 3, 6, 6, 6, 9, 9, 9, 12, 12, 12, 15, 15)
    operator = SSOperator(TINY)
    x = torch.randn(2, 3, 17, 32)
    expected = x + x[:, :, list(STRIDES_2_AND_3[0])] + x[:, :, list(STRIDES_2_AND_3[1])]
    torch.testing.assert_close(operator.joined(x), expected, rtol=0, atol=1e-6)
    assert torch.equal(SSOperator(TINY_POSEMAMBA).joined(x), x + x[:, :, list(NEIGHBOURS[0])])


def test_gradient_passes_the_gathers_unless_legacy() -> None:
    """Joint 0 is read by itself, its pair and its triple (1 + 2 + 3); joint 16, last, by itself and its "pair"."""
    for legacy, expected in ((False, [6.0, 2.0]), (True, [1.0, 1.0])):
        operator = SSOperator(replace(TINY, legacy_backward=legacy))
        x = torch.ones(1, 1, 17, 32, requires_grad=True)
        y = operator.joined(x)
        assert torch.equal(y, 3 * torch.ones_like(y))
        y.sum().backward()
        assert x.grad is not None
        assert x.grad[0, 0, [0, 16], 0].tolist() == expected


@torch.no_grad()
def test_operator_is_scan_norm_and_gate() -> None:
    operator = SSOperator(TINY).double()
    h = torch.randn(2, 5, 17, 16, dtype=torch.float64)
    x, gate = F.linear(h, operator.in_proj.weight).split(32, -1)
    x = F.silu(operator.conv2d(x))
    y = operator.scan(x + x[:, :, list(STRIDES_2_AND_3[0])] + x[:, :, list(STRIDES_2_AND_3[1])], x)
    normed = F.layer_norm(y, (32,), operator.out_norm.weight, operator.out_norm.bias, 1e-5)
    expected = F.linear(normed * F.silu(gate), operator.out_proj.weight)
    assert (operator(h) - expected).abs().max() <= 1e-12


@torch.no_grad()
def test_drop_path_skips_branches_of_single_windows_in_training_only() -> None:
    model = network(replace(TINY, drop_path=0.9))
    u = torch.randn(1, 6, 17, 3).expand(8, -1, -1, -1)
    still = model(u)
    assert (still - still[:1]).abs().max() <= 1e-6
    model.train()
    moved = model(u)
    assert (moved - moved[:1]).abs().max() > 1e-3
    assert [block.drop for block in model.STEblocks] == [0.0, 0.9] == [block.drop for block in model.TTEblocks]
    added = model.TTEblocks[1]._added(torch.zeros(4000, 1, 1, 1), torch.ones_like).flatten()
    torch.testing.assert_close(added.unique(), torch.tensor([0.0, 10.0]))
    assert float(added.mean()) == pytest.approx(1.0, abs=0.2)


@pytest.mark.parametrize("drop", [0.5, 1.0])
def test_a_branch_that_is_not_computed_equals_one_that_is_multiplied_by_zero(drop: float) -> None:
    block = network(replace(TINY, drop_path=drop), torch.float64).train().TTEblocks[1]
    x = torch.randn(12, 6, 17, 16, dtype=torch.float64, requires_grad=True)
    added = block._added(x, lambda h: block.mlp(block.norm2(h)))
    kept = (added != x).flatten(1).any(1).double().view(-1, 1, 1, 1)
    assert 0 < kept.sum() < 12 if drop < 1 else not kept.any()
    expected = x + kept / (1 - drop if drop < 1 else 1) * block.mlp(block.norm2(x))
    torch.testing.assert_close(added, expected)
    wanted = (x, *block.mlp.parameters(), *block.norm2.parameters())
    gradients = [torch.autograd.grad(result.square().sum(), wanted) for result in (added, expected)]
    torch.testing.assert_close(*gradients)


@both
@torch.no_grad()
def test_every_frame_sees_the_past_and_the_future(config: SasMambaConfig) -> None:
    model = network(config, torch.float64)
    u = torch.randn(1, 12, 17, 3, dtype=torch.float64)
    for changed_frame, seen_at in ((0, 11), (11, 0)):
        changed = u.clone()
        changed[:, changed_frame, 5] += 1
        assert (model(changed) - model(u))[:, seen_at].abs().max() > 1e-9


@torch.no_grad()
def test_position_table_is_read_from_its_start_and_is_the_limit() -> None:
    model = network()
    u = torch.randn(1, 10, 17, 3)
    before = model(u)
    model.Temporal_pos_embed[:, 10:] = 100
    assert torch.equal(model(u), before)
    model.Temporal_pos_embed[:, 9] += torch.randn(16)
    assert not torch.allclose(model(u), before)
    assert model.max_frames == 30
    with pytest.raises(ValueError, match="31 frames exceed the position table of 30"):
        model(torch.randn(1, 31, 17, 3))


@both
def test_other_skeletons_are_refused(config: SasMambaConfig) -> None:
    with pytest.raises(ValueError, match="17 joints, got 16"):
        network(config)(torch.randn(1, 5, 16, 3))


@torch.no_grad()
def test_confidence_is_read_with_three_channels_only_and_rate_never() -> None:
    u = torch.randn(1, 8, 17, 3)
    doubted = u.clone()
    doubted[..., 2] = 0
    two, three = network(), network(replace(TINY, channels=3))
    assert torch.equal(two(u), two(doubted)) and not torch.allclose(three(u), three(doubted))
    assert torch.equal(two(u, 4.0), two(u)) and torch.equal(two(u, torch.linspace(1, 3, 8)), two(u))


def test_recomputed_blocks_give_the_same_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    u = torch.randn(2, 9, 17, 3)
    gradients = []
    for limit in (10**12, 0):
        monkeypatch.setattr(alternating, "RECOMPUTE_ABOVE", limit)
        model = network().train()
        torch.manual_seed(1)  # the same branches are dropped
        model(u).square().sum().backward()
        gradients.append({name: parameter.grad for name, parameter in model.named_parameters()})
    assert all(torch.equal(gradient, gradients[1][name]) for name, gradient in gradients[0].items())


def test_bfloat16_training_stays_close_to_float32() -> None:
    model, u = network(), torch.randn(2, 20, 17, 3)
    exact = model(u)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = model(u)
    assert (rough.float() - exact).abs().max() <= 0.05 * exact.abs().max()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's own count")
def test_a_batch_of_16_windows_of_243_frames_trains_in_4_gib() -> None:
    """The published recipe's batch, in a process of its own: its largest size (getrusage adds its parent's)."""
    code = """
import torch
from pathlib import Path
from engine.models.families import build
torch.set_num_threads(1)
network = build("sasmamba").train()
with torch.autocast("cpu", dtype=torch.bfloat16):
    y = network(torch.randn(16, 243, 17, 3))
y.float().square().mean().backward()
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(int(peak.split()[1]) / 2**20)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 4
