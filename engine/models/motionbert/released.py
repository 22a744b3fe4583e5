"""The checkpoints that MotionBERT's authors released. Their names of tensors are this package's."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from engine.models.checkpoint_layout import Layout, Recognised, depth_of
from engine.models.motionbert.config import MotionBERTConfig

if TYPE_CHECKING:
    from engine.models.checkpoint import State
    from engine.models.motionbert.network import MotionBERT

HEADS = 8
HEADS_NOTE = "The file does not say how many heads its attention has; 8, as in the released models, is assumed."


def _read(state: State) -> Recognised:
    triple, width = state["blocks_st.0.attn_s.qkv.weight"].shape
    inner, _ = state["blocks_st.0.mlp_s.fc1.weight"].shape
    if triple != 3 * width or inner % width or width % HEADS:
        raise ValueError(width)
    config = MotionBERTConfig(
        width=width,
        depth=depth_of(state, "blocks_st"),
        mlp_ratio=inner // width,
        heads=HEADS,
        representation=state["pre_logits.fc.weight"].shape[0],
        max_frames=state["temp_embed"].shape[1],
    )
    return Recognised("MotionBERT", asdict(config), state, (HEADS_NOTE,))


def _build(config: dict[str, Any]) -> MotionBERT:
    from engine.models.motionbert.network import MotionBERT

    return MotionBERT(MotionBERTConfig(**config))


LAYOUT = Layout("joints_embed.weight", _read, _build)
