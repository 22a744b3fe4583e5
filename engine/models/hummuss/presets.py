"""Every HumMUSS that can be built by name."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from engine.models.card import ModelCard
from engine.models.hummuss.config import HumMUSSConfig
from engine.models.registry import Family, ModelEntry

if TYPE_CHECKING:
    from engine.models.hummuss.network import HumMUSS

SMALL = HumMUSSConfig(
    width=64, depth=3, expansion=2, states=8, representation=128, joint_embedding=True, space_step=(1e-2, 1.0)
)
PAPER = HumMUSSConfig()
PAPER_CAUSAL = HumMUSSConfig(k_time=1, states=32, causal=True)
ANY_RATE = "own extension: trained across frame rates and irregular sampling"


def _build(config: HumMUSSConfig) -> HumMUSS:
    from engine.models.hummuss.network import HumMUSS

    return HumMUSS(config)


def _entry(name: str, summary: str, config: HumMUSSConfig, *, across_rates: bool = False) -> ModelEntry:
    card = ModelCard(
        name=name,
        system="HumMUSS",
        summary=summary,
        causal=config.causal,
        follows_rate="Δ of every temporal SSM follows the frame rate exactly; the spatial SSMs have no time.",
    )
    return ModelEntry(card, partial(_build, config), across_rates=across_rates)


HUMMUSS = Family(
    systems=("HumMUSS",),
    entries=(
        _entry("hummuss_small", "bidirectional, small enough to train on two CPU cores", SMALL),
        _entry(
            "hummuss_small_causal",
            "causal, small enough to train on two CPU cores; streams frame by frame",
            replace(SMALL, causal=True),
        ),
        _entry(
            "hummuss_small_anyrate",
            f"bidirectional, the network of hummuss_small; {ANY_RATE}",
            SMALL,
            across_rates=True,
        ),
        _entry(
            "hummuss_small_anyrate_causal",
            f"causal, the network of hummuss_small_causal; {ANY_RATE}",
            replace(SMALL, causal=True),
            across_rates=True,
        ),
        _entry("hummuss_16m", "bidirectional, the paper's 16 M parameters (sizes reconstructed)", PAPER),
        _entry(
            "hummuss_16m_causal",
            "causal, the paper's 16 M parameters (sizes reconstructed); streams frame by frame",
            PAPER_CAUSAL,
        ),
    ),
)
