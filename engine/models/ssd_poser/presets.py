"""Every SSD-Poser that can be built by name."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from engine.models.card import ModelCard
from engine.models.registry import Family, ModelEntry
from engine.models.ssd_poser.config import SSDPoserConfig
from engine.models.ssd_poser.encodings import OWN, PUBLISHED, encoding_of

if TYPE_CHECKING:
    from engine.models.ssd_poser.network import SSDPoser

PAPER = SSDPoserConfig()
SMALL = SSDPoserConfig(width=96, heads=4, inner=384, head_width=32, dropout=0.0)
"""The paper's four blocks with d 96 for 256, half the heads, and a feed-forward part of 4 d for 8 d. No dropout: it
takes a quarter of the training's time on a CPU, and a resumed run would not be the same."""
SMALLER = "small enough to train on two CPU cores: the published blocks, 96 wide for 256"


def _build(config: SSDPoserConfig) -> SSDPoser:
    from engine.models.ssd_poser.network import SSDPoser

    return SSDPoser(config)


def _entry(
    name: str, summary: str, config: SSDPoserConfig, encoding: str = OWN, *, across_rates: bool = False
) -> ModelEntry:
    card = ModelCard(
        name=name,
        system="SSD-Poser",
        summary=summary,
        observes="trackers",
        predicts="body",
        encoding=encoding,
        causal=config.causal,
        window=None if config.causal else config.frames,
        streams="step" if config.causal else "sliding window",
        follows_rate=(
            "Δ of the SSDs follows the frame rate; attention, convolutions and windows count frames. The velocities "
            "that it reads are real at any rate."
        ),
    )
    return ModelEntry(card, partial(_build, config), encoding=encoding_of, across_rates=across_rates)


def small_of(frames: int) -> ModelEntry:
    """`ssd_poser_small` on windows of another length, for the paper's length ablation; it is not in the list."""
    return _entry(
        f"ssd_poser_small_t{frames}",
        f"ssd_poser_small on windows of {frames} frames (the paper's length ablation)",
        replace(SMALL, frames=frames),
    )


SSD_POSER = Family(
    systems=("SSD-Poser",),
    entries=(
        _entry("ssd_poser_small", SMALLER, SMALL),
        _entry(
            "ssd_poser_small_plain",
            "ssd_poser_small without the frequency-aware decoder (the paper's ablation)",
            replace(SMALL, frequency_aware=False),
        ),
        _entry(
            "ssd_poser_small_causal",
            "own extension: ssd_poser_small with attention and convolutions that look back; streams frame by frame",
            replace(SMALL, causal=True),
        ),
        _entry(
            "ssd_poser_small_anyrate_causal",
            "own extension: the network of ssd_poser_small_causal, trained across frame rates and irregular sampling",
            replace(SMALL, causal=True),
            across_rates=True,
        ),
        _entry("ssd_poser", "the published 7.34 M, four blocks (sizes reconstructed)", PAPER, PUBLISHED),
        _entry(
            "ssd_poser_5", "the published 9.07 M, five blocks (sizes reconstructed)", replace(PAPER, depth=5), PUBLISHED
        ),
        _entry(
            "ssd_poser_p32",
            "the published 7.34 M with SSD heads of 32, whose count rounds to both published figures",
            replace(PAPER, head_width=32),
            PUBLISHED,
        ),
    ),
)
