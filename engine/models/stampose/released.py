"""The checkpoints that STAMPose's authors released. Their names of tensors are this package's."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from engine.models.checkpoint_layout import Layout, Recognised, depth_of
from engine.models.stampose.config import STAMPoseConfig

if TYPE_CHECKING:
    from engine.models.checkpoint import State
    from engine.models.stampose.network import STAMPose

HEADS = 4
HEADS_NOTE = "The file does not say how many heads its attention has; 4, as in the released models, is assumed."
TRAINED_WITH = {"legacy_scan": True}
"""How the released code runs a network, whatever its sizes."""


def _read(state: State, heads: State) -> Recognised:
    triple, width = state["STEblocks.0.attn.qkv.weight"].shape
    if triple != 3 * width or width % HEADS or state["TTEblocks.0.op.in_proj.weight"].shape[0] != 4 * width:
        raise ValueError(width)
    config = STAMPoseConfig(
        width=width,
        depth=depth_of(state, "STEblocks"),
        heads=HEADS,
        channels=state["Spatial_patch_to_embedding.weight"].shape[1],
        max_frames=state["Temporal_pos_embed"].shape[1],
        states=state["TTEblocks.0.op.A_logs"].shape[1],
    )
    return Recognised("STAMPose", asdict(config) | TRAINED_WITH, state, (HEADS_NOTE,), certain=TRAINED_WITH)


def _build(config: dict[str, Any]) -> STAMPose:
    from engine.models.stampose.network import STAMPose

    return STAMPose(STAMPoseConfig(**config))


LAYOUT = Layout("STEblocks.0.attn.qkv.weight", _read, _build)
