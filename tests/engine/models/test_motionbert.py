"""DSTformer: sizes, causality, and the three ways to stream the causal variant."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from engine.models.families import build
from engine.models.lifting.windows import in_windows
from engine.models.motionbert.blocks import FUSED_FROM, attend
from engine.models.motionbert.config import MotionBERTConfig
from engine.models.motionbert.network import MotionBERT

SMALL = {"width": 16, "depth": 2, "mlp_ratio": 2, "heads": 2, "representation": 8, "max_frames": 9}


def network(*, causal: bool) -> MotionBERT:
    """In float64, with weights far enough from the start that every frame matters."""
    torch.manual_seed(0)
    net = MotionBERT(MotionBERTConfig(causal=causal, **SMALL)).double().eval()
    for parameter in net.parameters():
        parameter.data += 0.2 * torch.randn_like(parameter)
    return net


def keypoints(frames: int, batch: int = 2) -> Tensor:
    return torch.randn(batch, frames, 17, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("motionbert_lite", 16_001_549),  # baselines.md, section 6
        ("motionbert_lite_causal", 16_001_549),
        ("motionbert_full", 42_466_317),
        ("motionbert_small", 454_281),
    ],
)
def test_parameter_counts(name: str, parameters: int) -> None:
    assert sum(p.numel() for p in build(name).parameters()) == parameters


@pytest.mark.parametrize("other", ["hummuss_small", "hummuss_small_causal"])
def test_the_small_presets_are_as_large_as_hummuss_s(other: str) -> None:
    mine, theirs = (sum(p.numel() for p in build(n).parameters()) for n in ("motionbert_small", other))
    assert mine == pytest.approx(theirs, rel=0.1)


def test_state_names_are_the_released_ones() -> None:
    names = set(network(causal=False).state_dict())
    assert {"joints_embed.weight", "pos_embed", "temp_embed", "blocks_st.1.norm1_s.weight"} <= names
    assert {"blocks_ts.0.attn_t.qkv.bias", "blocks_ts.1.mlp_s.fc2.weight", "blocks_st.0.attn_s.proj.bias"} <= names
    assert {"ts_attn.1.weight", "norm.bias", "pre_logits.fc.weight", "head.bias"} <= names


def test_initialisation() -> None:
    net = MotionBERT(MotionBERTConfig(width=64, depth=1, max_frames=243))
    assert net.ts_attn[0].bias.tolist() == [0.5, 0.5]
    assert not net.ts_attn[0].weight.any()
    assert float(net.temp_embed.detach().std()) == pytest.approx(0.02, rel=0.1)
    assert not net.head.bias.any()


@pytest.mark.parametrize("causal", [False, True])
def test_attention_is_the_textbook_formula(causal: bool) -> None:
    q, k, v = (torch.randn(2, 3, 5, 4, dtype=torch.float64) for _ in range(3))
    expected = torch.zeros_like(v)
    for i in range(5):
        seen = i + 1 if causal else 5
        weight = torch.softmax((q[:, :, i, None] * k[:, :, :seen]).sum(-1) / math.sqrt(4), -1)
        expected[:, :, i] = (weight[..., None] * v[:, :, :seen]).sum(2)
    torch.testing.assert_close(attend(q, k, v, causal=causal), expected, rtol=0, atol=1e-12)


@torch.inference_mode()
def test_the_future_matters_only_to_the_bidirectional_one() -> None:
    u = keypoints(9)
    changed = u.clone()
    changed[:, 5:] += 1
    for causal in (False, True):
        net = network(causal=causal)
        difference = (net(u) - net(changed)).abs().amax((0, 2, 3))
        assert bool((difference[:5] == 0).all()) == causal
        assert (difference[5:] > 1e-3).all()


@torch.inference_mode()
def test_the_representation_is_what_the_head_reads() -> None:
    net, u = network(causal=False), keypoints(9)
    representation = net(u, return_representation=True)
    assert representation.shape == (2, 9, 17, 8)
    assert torch.equal(net.head(representation), net(u))


@torch.inference_mode()
@pytest.mark.parametrize("frames", [1, 8, 9, 10, 14, 15, 31])
@pytest.mark.parametrize("lengths", [(1,), (3,), (9,), (40,), (1, 7, 2)])
def test_cached_chunks_equal_the_whole(frames: int, lengths: tuple[int, ...]) -> None:
    net, u = network(causal=True), keypoints(frames)
    whole = in_windows(net, u, net.max_frames, causal=True)
    state, rest, parts, k = net.init_state(2), u, [], 0
    while rest.shape[1]:
        length = lengths[k % len(lengths)]
        y, state = net.chunk(rest[:, :length], state)
        parts.append(y)
        rest, k = rest[:, length:], k + 1
    torch.testing.assert_close(torch.cat(parts, 1), whole, rtol=0, atol=1e-12)


@torch.inference_mode()
def test_the_cached_step_equals_running_the_window_again() -> None:
    net, u = network(causal=True), keypoints(31)
    state, window = net.init_state(2), None
    for k in range(31):
        cached, state = net.step(u[:, k], state)
        rerun, window = net.rerun_step(u[:, k], window)
        torch.testing.assert_close(cached, rerun, rtol=0, atol=1e-12)
        assert window.shape[1] <= net.max_frames


def test_a_stream_is_constant_in_size() -> None:
    net = network(causal=True)
    state = net.init_state(1)
    sizes = []
    for _ in range(4):
        _, state = net.chunk(keypoints(9, 1), state)
        sizes.append(state.bytes)
    assert len(set(sizes)) == 1
    assert sizes[0] == 2 * 2 * 2 * 17 * 9 * 16 * 8  # depth, streams, K and V, joints, frames, width, bytes


def test_what_it_refuses() -> None:
    with pytest.raises(ValueError, match="position table of 9"):
        network(causal=False)(keypoints(10))
    with pytest.raises(ValueError, match="cannot be streamed"):
        network(causal=False).init_state()


@pytest.mark.parametrize("causal", [False, True])
def test_inference_attends_as_training_does(causal: bool) -> None:
    q, k, v = torch.randn(3, 2, 4, FUSED_FROM + 5, 8, dtype=torch.float64)
    trained = attend(q, k, v, causal=causal)
    with torch.no_grad():
        assert (attend(q, k, v, causal=causal) - trained).abs().max() <= 1e-12
