"""Sizes as they are and as papers print them (specification sasmamba.md, section 3; baselines.md, sections 1 and 2)."""

from __future__ import annotations

import pytest
import torch

from engine.models.counting import count
from engine.models.families import build
from engine.models.sasmamba.config import SasMambaConfig
from engine.models.sasmamba.network import SasMamba

FRAMES = 243
PLACES = FRAMES * 17


@pytest.mark.parametrize(
    ("name", "params", "held", "published"),
    [
        ("sasmamba", 951_351, 637_751, 1.302e9),
        ("sasmamba_large", 5_572_459, 4_187_499, 8.59e9),
        ("posemamba_s", 1_470_211, 859_651, 3.587e9),
        ("posemamba_b", 4_742_659, 3_357_699, 13.943e9),
        ("posemamba_l", 9_450_499, 6_713_859, 27.88e9),
        ("stampose_s", 1_009_411, 844_291, 3.503e9),  # its table's 14, 57 and 113 M a frame
        ("stampose_b", 3_698_179, 3_326_979, 13.774e9),
        ("stampose_l", 7_361_539, 6_652_419, 27.543e9),
        ("motionbert_full", 42_466_317, 42_333_197, 174.75e9),  # the papers' 42.3 M and 174.8 G
    ],
)
def test_sizes_as_published(name: str, params: int, held: int, published: float) -> None:
    counts = count(build(name))
    assert (counts.params, counts.params_module_held) == (params, held)
    assert counts.published_macs == pytest.approx(published, rel=4e-4)


@pytest.mark.parametrize(
    ("config", "params", "held"),
    [
        (SasMambaConfig(max_frames=81), 940_983, 637_751),
        (SasMambaConfig(max_frames=27), 937_527, 637_751),
        (SasMambaConfig(max_frames=27, channels=3), 937_591, 637_815),  # the 3DHP configuration
        (SasMambaConfig(deformable=False), 743_811, 430_211),
    ],
)
def test_other_sizes_of_sasmamba(config: SasMambaConfig, params: int, held: int) -> None:
    counts = count(SasMamba(config), 27)
    assert (counts.params, counts.params_module_held) == (params, held)


def test_plain_sasmamba_is_published_in_full_not_halved() -> None:
    assert count(SasMamba(SasMambaConfig(deformable=False))).published_macs == pytest.approx(1.795e9, rel=4e-4)


@pytest.mark.parametrize(
    ("name", "layers", "scans", "blocks", "inner"),
    [
        ("sasmamba", 3.44e9, 1.04e9, 10, 128),
        ("sasmamba_large", 21.2e9, 4.1e9, 20, 256),
        ("posemamba_s", 5.17e9, 2.07e9, 0, 128),
        ("posemamba_b", 17.8e9, 4.1e9, 0, 256),
        ("posemamba_l", 35.6e9, 8.3e9, 0, 256),
    ],
)
@pytest.mark.slow
def test_true_work_includes_projections_scans_and_interpolation(
    name: str, layers: float, scans: float, blocks: int, inner: int
) -> None:
    interpolation = PLACES * blocks * 9 * 4 * inner
    expected = layers + scans + interpolation
    assert FRAMES * count(build(name)).macs_per_frame == pytest.approx(expected, rel=5e-3)


@pytest.mark.parametrize(("name", "total"), [("motionbert_lite", 71.0e9), ("motionbert_full", 185.4e9)])
@pytest.mark.slow
def test_attention_products_count_and_grow_with_the_clip(name: str, total: float) -> None:
    network = build(name)
    assert FRAMES * count(network).macs_per_frame == pytest.approx(total, rel=1e-3)
    width = network.config.width
    longer = count(network, 143).macs_per_frame - count(network, 43).macs_per_frame
    assert longer == 17 * 10 * 2 * width * 100  # joints, blocks, two products


def test_hummuss_counts_layers_whose_weights_are_used_directly_and_its_recurrences() -> None:
    network = build("hummuss_small")
    linear = sum(m.weight.numel() for m in network.modules() if isinstance(m, torch.nn.Linear))
    channels = 3 * 2 * 2 * (64 + 32)  # layers x streams x directions x (spatial + temporal)
    assert count(network).macs_per_frame == 17 * (linear + channels * (4 * 8 + 1))


def test_counting_leaves_the_network_as_it_was() -> None:
    network = build("posemamba_small").train()
    before = {k: v.clone() for k, v in network.state_dict().items()}
    assert count(network) == count(network)
    assert network.training and not network.head[1]._forward_hooks
    assert all(torch.equal(v, before[k]) for k, v in network.state_dict().items())


@pytest.mark.parametrize("name", ["posemamba_small", "stampose_small"])
def test_small_ones_are_within_a_tenth_of_both_small_hummuss(name: str) -> None:
    params = count(build(name)).params
    assert abs(params / 482_121 - 1) <= 0.1 and abs(params / 416_265 - 1) <= 0.1
