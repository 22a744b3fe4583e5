"""Every STAMPose that can be built by name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from engine.models.card import ModelCard
from engine.models.lifting.layout import COUNTED_HZ
from engine.models.registry import Family, ModelEntry
from engine.models.stampose.config import STAMPoseConfig
from engine.models.stampose.released import LAYOUT

if TYPE_CHECKING:
    from engine.models.stampose.network import STAMPose

SMALL = STAMPoseConfig(width=60, depth=5)
"""Half the depth of the published S, and a little less width: as many parameters as the other small networks."""


def _build(config: STAMPoseConfig) -> STAMPose:
    from engine.models.stampose.network import STAMPose

    return STAMPose(config)


def _entry(name: str, summary: str, config: STAMPoseConfig) -> ModelEntry:
    card = ModelCard(
        name=name,
        system="STAMPose",
        summary=f"attention over joints, bidirectional selective scans over frames, {summary}",
        causal=False,
        window=config.max_frames,
        resample_hz=COUNTED_HZ,
        follows_rate=(
            "Δ of the scans follows the frame rate; the convolutions beside them mix neighbouring frames, and the "
            "position table counts frames."
        ),
    )
    return ModelEntry(card, partial(_build, config))


STAMPOSE = Family(
    systems=("STAMPose",),
    entries=(
        _entry("stampose_small", "small enough to train on two CPU cores", SMALL),
        _entry("stampose_s", "the published S, 0.84 M (1.01 M counting all)", STAMPoseConfig()),
        _entry("stampose_b", "the published B, 3.3 M (3.7 M counting all)", STAMPoseConfig(width=128)),
        _entry("stampose_l", "the published L, 6.7 M (7.4 M counting all)", STAMPoseConfig(width=128, depth=20)),
    ),
    layout=LAYOUT,
)
