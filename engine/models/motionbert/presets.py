"""Every MotionBERT that can be built by name."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from engine.models.card import ModelCard
from engine.models.lifting.layout import COUNTED_HZ
from engine.models.motionbert.config import MotionBERTConfig
from engine.models.motionbert.released import LAYOUT
from engine.models.registry import Family, ModelEntry

if TYPE_CHECKING:
    from engine.models.motionbert.network import MotionBERT

SMALL = MotionBERTConfig(width=64, depth=3, mlp_ratio=2, heads=2)
LITE = MotionBERTConfig()
FULL = MotionBERTConfig(width=512, mlp_ratio=2)


def _build(config: MotionBERTConfig) -> MotionBERT:
    from engine.models.motionbert.network import MotionBERT

    return MotionBERT(config)


def _entry(name: str, summary: str, config: MotionBERTConfig) -> ModelEntry:
    card = ModelCard(
        name=name,
        system="MotionBERT",
        summary=summary,
        causal=config.causal,
        window=config.max_frames,
        resample_hz=COUNTED_HZ,
        follows_rate=(
            "Δ does not exist here: attention weighs frames by their place in a table, whatever time lies between them."
        ),
        has_delta=False,
    )
    return ModelEntry(card, partial(_build, config))


MOTIONBERT = Family(
    systems=("MotionBERT",),
    entries=(
        _entry("motionbert_small", "bidirectional transformer, small enough to train on two CPU cores", SMALL),
        _entry(
            "motionbert_small_causal",
            "causal transformer, small enough to train on two CPU cores; streams with a key/value cache",
            replace(SMALL, causal=True),
        ),
        _entry("motionbert_lite", "bidirectional transformer, the released 16 M parameters", LITE),
        _entry(
            "motionbert_lite_causal",
            "causal transformer, 16 M parameters (HumMUSS's baseline); streams with a key/value cache",
            replace(LITE, causal=True),
        ),
        _entry("motionbert_full", "bidirectional transformer, the released 42 M parameters", FULL),
    ),
    layout=LAYOUT,
)
