"""STAMPose: the released layout, its operators against plain ones, where a scan starts, and what follows the rate."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.families import build
from engine.models.stampose.blocks import AttentionBlock, TimeScan
from engine.models.stampose.config import STAMPoseConfig
from engine.models.stampose.network import STAMPose

TINY = STAMPoseConfig(width=16, depth=2, states=4, max_frames=30)
LEGACY = replace(TINY, legacy_scan=True)
both = pytest.mark.parametrize("config", [TINY, LEGACY], ids=["anew", "legacy"])


def network(config: STAMPoseConfig = TINY, dtype: torch.dtype = torch.float32) -> STAMPose:
    torch.manual_seed(0)
    return varied(STAMPose(config).to(dtype).eval())


def operator(config: STAMPoseConfig = TINY, dtype: torch.dtype = torch.float64) -> TimeScan:
    torch.manual_seed(0)
    return varied(TimeScan(config).to(dtype))


@torch.no_grad()
def varied(module: Any) -> Any:
    """With norms, tables, Δ and A that are nowhere the same: zeros and ones would hide a swap."""
    for name, parameter in module.named_parameters():
        if any(word in name for word in ("norm", "pos_embed", "head.0", "A_logs", "Ds", "dt_projs_bias")):
            parameter.add_(0.3 * torch.randn_like(parameter) + 2 * ("dt_projs_bias" in name))
    return module


# -- the plain reference --------------------------------------------------------------------------------------


def linear(layer: nn.Linear, x: Tensor) -> Tensor:
    return x @ layer.weight.T + (0 if layer.bias is None else layer.bias)


def norm(layer: nn.LayerNorm, x: Tensor, eps: float) -> Tensor:
    centred = x - x.mean(-1, keepdim=True)
    return centred / (centred.square().mean(-1, keepdim=True) + eps).sqrt() * layer.weight + layer.bias


def over_three_frames(layer: nn.Conv2d, x: Tensor) -> Tensor:
    """x (B, F, J, E); zeros beyond the ends."""
    padded = F.pad(x, (0, 0, 0, 0, 1, 1))
    before, here, after = (layer.weight[:, 0, tap, 0] for tap in range(3))
    return padded[:, :-2] * before + x * here + padded[:, 2:] * after + layer.bias


def one_by_one(op: TimeScan, way: int, sequence: Tensor, gaps: Tensor) -> Tensor:
    """The recurrence of one direction over (B, L, E), a place at a time; gaps (L,)."""
    own = slice(way * op.channels, (way + 1) * op.channels)
    a, d = -torch.exp(op.A_logs[own]), op.Ds[own]
    state = torch.zeros(len(sequence), op.channels, op.states, dtype=sequence.dtype)
    outputs = []
    for u, gap in zip(sequence.unbind(1), gaps, strict=True):
        low_rank, b, c = (u @ op.x_proj_weight[way].T).split((op.rank, op.states, op.states), -1)
        delta = gap * F.softplus(low_rank @ op.dt_projs_weight[way].T + op.dt_projs_bias[way])
        state = torch.exp(delta[..., None] * a) * state + (delta * u)[..., None] * b[:, None]
        outputs.append((state * c[:, None]).sum(-1) + d * u)
    return torch.stack(outputs, 1)


def scanned_by_hand(op: TimeScan, x: Tensor, gaps: Tensor, *, legacy: bool) -> Tensor:
    """x (B, F, J, E): the frames of a joint ahead, and back; legacy: the joints' sequences strung together."""
    total = torch.zeros_like(x)
    for way in (0, 1):
        given = x.flip(1) if way else x
        passed = torch.cat([gaps[1:], gaps[:1]]).flip(0) if way else gaps
        joints = list(given.unbind(2))
        if legacy:
            whole = one_by_one(op, way, torch.cat(joints, 1), passed.repeat(len(joints)))
            found = list(whole.split(x.shape[1], 1))
        else:
            found = [one_by_one(op, way, joint, passed) for joint in joints]
        y = torch.stack(found, 2)
        total = total + (y.flip(1) if way else y)
    return total


def operated_by_hand(op: TimeScan, h: Tensor, gaps: Tensor, *, legacy: bool) -> Tensor:
    x, z = (h @ op.in_proj.weight.T).split(op.channels, -1)
    y = scanned_by_hand(op, F.silu(over_three_frames(op.conv2d, x)), gaps, legacy=legacy)
    beside = F.silu(over_three_frames(op.conv2d_z, z))
    return torch.cat([norm(op.out_norm, y, 1e-5), beside], -1) @ op.out_proj.weight.T


def attended_by_hand(block: AttentionBlock, x: Tensor, heads: int) -> Tensor:
    """x (B, F, J, d): each head looks from every joint of a frame at all of that frame."""
    q, k, v = linear(block.attn.qkv, norm(block.norm1, x, 1e-6)).chunk(3, -1)
    parts = []
    for own in torch.arange(x.shape[-1]).chunk(heads):
        scores = torch.einsum("bfic,bfjc->bfij", q[..., own], k[..., own]) / len(own) ** 0.5
        parts.append(torch.einsum("bfij,bfjc->bfic", scores.softmax(-1), v[..., own]))
    return linear(block.attn.proj, torch.cat(parts, -1))


def run_by_hand(model: STAMPose, u: Tensor, gaps: Tensor) -> Tensor:
    """The network as the released code runs it, block by block."""
    x = linear(model.Spatial_patch_to_embedding, u[..., :2]) + model.Spatial_pos_embed[:, None]
    for i, (space, time) in enumerate(zip(model.STEblocks, model.TTEblocks, strict=True)):
        x = x + attended_by_hand(space, x, model.config.heads)
        x = x + linear(space.mlp.fc2, F.gelu(linear(space.mlp.fc1, norm(space.norm2, x, 1e-6))))
        x = norm(model.Spatial_norm, x, 1e-6)
        if i == 0:
            x = x + model.Temporal_pos_embed[:, : u.shape[1], None]
        x = x + operated_by_hand(time.op, norm(time.norm, x, 1e-6), gaps, legacy=model.config.legacy_scan)
        x = x + linear(time.mlp.fc2, F.gelu(linear(time.mlp.fc1, norm(time.norm2, x, 1e-6))))
        x = norm(model.Temporal_norm, x, 1e-6)
    return linear(model.head[1], norm(model.head[0], x, 1e-5))


@both
@pytest.mark.parametrize("gaps", [torch.ones(7), torch.linspace(0.5, 3, 7)], ids=["as trained", "irregular"])
@torch.no_grad()
def test_the_network_is_the_released_one(config: STAMPoseConfig, gaps: Tensor) -> None:
    model, gaps = network(config, torch.float64), gaps.double()
    u = torch.randn(2, 7, 17, 3, dtype=torch.float64)
    expected = run_by_hand(model, u, gaps)
    assert (model(u, gaps) - expected).abs().max() <= 1e-11
    if gaps[0] == 1:
        assert (model(u) - expected).abs().max() <= 1e-11


@both
def test_gradients_equal_those_by_hand(config: STAMPoseConfig) -> None:
    op, gaps = operator(config), torch.linspace(0.5, 2, 5, dtype=torch.float64)
    h = torch.randn(2, 5, 3, 16, dtype=torch.float64, requires_grad=True)
    leaves, weight = {"h": h, **dict(op.named_parameters())}, torch.randn(h.shape, dtype=torch.float64)
    by_hand = operated_by_hand(op, h, gaps, legacy=config.legacy_scan)
    fast, plain = (torch.autograd.grad((y * weight).sum(), list(leaves.values())) for y in (op(h, gaps), by_hand))
    for name, a, b in zip(leaves, fast, plain, strict=True):
        assert (a - b).abs().max() <= 1e-10 * max(1.0, float(b.abs().max())), name


# -- the released layout --------------------------------------------------------------------------------------


def test_state_dict_has_the_released_layout() -> None:
    space = ("norm1", "attn.qkv", "attn.proj", "norm2", "mlp.fc1", "mlp.fc2")
    time = ("norm", "op.conv2d", "op.conv2d_z", "op.out_norm", "norm2", "mlp.fc1", "mlp.fc2")
    bare = ("in_proj.weight", "out_proj.weight", "x_proj_weight", "dt_projs_weight", "dt_projs_bias", "A_logs", "Ds")
    outside = ("Spatial_patch_to_embedding", "Spatial_norm", "Temporal_norm", "head.0", "head.1")
    layers = [f"STEblocks.{i}.{name}" for i in range(10) for name in space]
    layers += [f"TTEblocks.{i}.{name}" for i in range(10) for name in time]
    expected = {f"{layer}.{kind}" for layer in (*layers, *outside) for kind in ("weight", "bias")}
    expected |= {f"TTEblocks.{i}.op.{name}" for i in range(10) for name in bare}
    state = build("stampose_s").state_dict()
    assert state.keys() == expected | {"Spatial_pos_embed", "Temporal_pos_embed"}
    shapes = {key.removeprefix("TTEblocks.0.op."): tuple(value.shape) for key, value in state.items()}
    assert shapes["x_proj_weight"] == (2, 36, 128) and shapes["dt_projs_weight"] == (2, 128, 4)
    assert shapes["dt_projs_bias"] == (2, 128) and shapes["A_logs"] == (256, 16) and shapes["Ds"] == (256,)
    assert shapes["conv2d.weight"] == shapes["conv2d_z.weight"] == (128, 1, 3, 1)
    assert shapes["in_proj.weight"] == (256, 64) and shapes["out_proj.weight"] == (64, 256)


# -- where a scan starts --------------------------------------------------------------------------------------


@torch.no_grad()
def test_on_a_single_joint_the_released_scan_is_the_same() -> None:
    anew, legacy = operator(TINY), operator(LEGACY)
    h = torch.randn(2, 9, 4, 16, dtype=torch.float64)
    assert (anew(h[:, :, :1]) - legacy(h[:, :, :1])).abs().max() <= 1e-12
    apart = (anew(h) - legacy(h)).abs().amax((0, 1, 3))
    assert apart[0] <= 1e-12 and apart[1:].min() > 1e-6


@torch.no_grad()
def test_only_the_released_scan_carries_a_joint_into_the_next() -> None:
    h = torch.randn(1, 6, 4, 16, dtype=torch.float64)
    changed = h.clone()
    changed[:, :, 1] += 1
    for config, reached in ((TINY, [False, True, False, False]), (LEGACY, [False, True, True, True])):
        op = operator(config)
        assert ((op(changed) - op(h)).abs().amax((0, 1, 3)) > 1e-9).tolist() == reached


@both
@torch.no_grad()
def test_every_frame_sees_the_past_and_the_future(config: STAMPoseConfig) -> None:
    model = network(config, torch.float64)
    u = torch.randn(1, 12, 17, 3, dtype=torch.float64)
    for changed_frame, seen_at in ((0, 11), (11, 0)):
        changed = u.clone()
        changed[:, changed_frame, 5] += 1
        assert (model(changed) - model(u))[:, seen_at].abs().max() > 1e-9
    assert not model.causal and model.streams == "no"


@pytest.mark.parametrize("gaps", [1.5, torch.linspace(0.5, 3, 8, dtype=torch.float64)], ids=["regular", "irregular"])
@torch.no_grad()
def test_a_reversed_clip_is_answered_in_reverse_by_exchanged_directions(gaps: float | Tensor) -> None:
    op, other = operator(), operator()
    for name in ("x_proj_weight", "dt_projs_weight", "dt_projs_bias"):
        getattr(other, name).copy_(getattr(op, name).flip(0))
    for name in ("A_logs", "Ds"):
        getattr(other, name).copy_(getattr(op, name).unflatten(0, (2, -1)).flip(0).flatten(0, 1))
    for name in ("conv2d", "conv2d_z"):
        getattr(other, name).weight.copy_(getattr(op, name).weight.flip(2))
    h = torch.randn(2, 8, 3, 16, dtype=torch.float64)
    backwards = torch.cat([gaps[1:], gaps[:1]]).flip(0) if isinstance(gaps, Tensor) else gaps
    assert (other(h.flip(1), backwards).flip(1) - op(h, gaps)).abs().max() <= 1e-12


# -- the rate, windows, training ------------------------------------------------------------------------------


@torch.no_grad()
def test_the_rate_multiplies_the_steps_and_is_given_to_each_window() -> None:
    model = network(dtype=torch.float64)
    u, gaps = torch.randn(1, 50, 17, 3, dtype=torch.float64), torch.linspace(0.5, 3, 50, dtype=torch.float64)
    steady = torch.full((30,), 2.0, dtype=torch.float64)
    assert (model(u[:, :30], steady) - model(u[:, :30], 2.0)).abs().max() <= 1e-12
    assert (model(u[:, :30], 2.0) - model(u[:, :30])).abs().max() > 1e-4
    whole = model.over_windows(model, u, gaps)
    first, last = model(u[:, :30], gaps[:30]), model(u[:, 20:], gaps[20:])
    assert torch.equal(whole[:, :10], first[:, :10]) and torch.equal(whole[:, 40:], last[:, 20:])


@both
@torch.no_grad()
def test_the_chosen_steps_follow_the_rate(config: STAMPoseConfig) -> None:
    op, gaps = operator(config), torch.linspace(0.5, 3, 6, dtype=torch.float64)
    h = torch.randn(1, 6, 17, 16, dtype=torch.float64)
    x = F.silu(over_three_frames(op.conv2d, (h @ op.in_proj.weight.T)[..., :32]))
    for layer, passed in zip(op.ssm_layers("", ""), (gaps, torch.cat([gaps[1:], gaps[:1]])), strict=True):
        way = int(layer.ssm)
        low_rank = x @ op.x_proj_weight[way, : op.rank].T
        delta = F.softplus(low_rank @ op.dt_projs_weight[way].T + op.dt_projs_bias[way]) * passed[:, None, None]
        seen = op.watch(layer.ssm, h, gaps)
        assert (seen[..., 0] - delta.mean((2, 3))).abs().max() <= 1e-12
        assert (seen[..., 2] - delta.flatten(2).quantile(0.5, -1)).abs().max() <= 1e-12
        assert layer.axis == ("grid" if config.legacy_scan else "time") and layer.selective


@torch.no_grad()
def test_drop_path_skips_single_frames_of_attention_and_whole_windows_of_scans() -> None:
    model = network(replace(TINY, drop_path=0.5)).train()
    x = torch.randn(1, 1, 17, 16).expand(8, 20, -1, -1)
    frames = model.STEblocks[1](x)
    kinds = {tuple(row) for row in (frames - x).abs().amax((2, 3)).gt(1e-6).tolist()}
    assert len(kinds) > 1 and all(True in kind and False in kind for kind in kinds)
    moved = (model.TTEblocks[1](x) - x).abs().amax((2, 3)).gt(1e-6)
    assert all(row.all() or not row.any() for row in moved)


def test_bfloat16_training_stays_close_to_float32() -> None:
    model, u = network(), torch.randn(2, 20, 17, 3)
    exact = model(u)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = model(u)
    assert (rough.float() - exact).abs().max() <= 0.05 * exact.abs().max()
