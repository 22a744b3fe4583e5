"""Every SasMamba and PoseMamba that can be built by name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from engine.models.card import ModelCard
from engine.models.lifting.layout import COUNTED_HZ
from engine.models.registry import Family, ModelEntry
from engine.models.sasmamba.config import NEIGHBOURS, SasMambaConfig
from engine.models.sasmamba.released import LAYOUT

if TYPE_CHECKING:
    from engine.models.sasmamba.network import SasMamba


def _build(config: SasMambaConfig) -> SasMamba:
    from engine.models.sasmamba.network import SasMamba

    return SasMamba(config)


def _entry(name: str, system: str, summary: str, config: SasMambaConfig) -> ModelEntry:
    card = ModelCard(
        name=name,
        system=system,
        summary=summary,
        causal=False,
        window=config.max_frames,
        resample_hz=COUNTED_HZ,
        follows_rate=(
            "Nothing follows the frame rate: the scans walk frames and joints in one sequence, whose step is not a "
            "step in time, the convolutions mix neighbouring frames, and the position table counts frames."
        ),
        has_delta=False,
    )
    return ModelEntry(card, partial(_build, config))


def _sasmamba(name: str, summary: str, *, width: int, depth: int) -> ModelEntry:
    summary = f"bidirectional selective scans with deformable convolution, {summary}"
    return _entry(name, "SasMamba", summary, SasMambaConfig(width=width, depth=depth))


def _posemamba(name: str, summary: str, *, width: int, depth: int) -> ModelEntry:
    config = SasMambaConfig(width=width, depth=depth, deformable=False, gathers=NEIGHBOURS)
    return _entry(name, "PoseMamba", f"bidirectional selective scans, {summary}", config)


SASMAMBA = Family(
    systems=("SasMamba", "PoseMamba"),
    entries=(
        _sasmamba("sasmamba", "the published 0.64 M (0.95 M counting all)", width=64, depth=5),
        _sasmamba("sasmamba_large", "the published 4.1 M (sizes inferred)", width=128, depth=10),
        _posemamba("posemamba_small", "small enough to train on two CPU cores", width=64, depth=3),
        _posemamba("posemamba_s", "the published S", width=64, depth=10),
        _posemamba("posemamba_b", "the published B", width=128, depth=10),
        _posemamba("posemamba_l", "the published L", width=128, depth=20),
    ),
    layout=LAYOUT,
)
