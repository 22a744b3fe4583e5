"""The checkpoints that SasMamba's and PoseMamba's authors released. Their names of tensors are this package's."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from engine.models.checkpoint_layout import Layout, Recognised, depth_of
from engine.models.sasmamba.config import NEIGHBOURS, STRIDES_2_AND_3, SasMambaConfig

if TYPE_CHECKING:
    from engine.models.checkpoint import State
    from engine.models.sasmamba.network import SasMamba

NEIGHBOURS_NOTE = "Plain convolutions: read as PoseMamba, whose list of neighbouring joints is not in the file."


def _read(state: State, heads: State) -> Recognised:
    deformable = "STEblocks.0.op.conv2d.offset_conv.weight" in state
    fourfold, width = state["STEblocks.0.op.in_proj.weight"].shape
    if fourfold != 4 * width:
        raise ValueError(width)
    config = SasMambaConfig(
        width=width,
        depth=depth_of(state, "STEblocks"),
        channels=state["Spatial_patch_to_embedding.weight"].shape[1],
        max_frames=state["Temporal_pos_embed"].shape[1],
        deformable=deformable,
        gathers=STRIDES_2_AND_3 if deformable else NEIGHBOURS,
        states=state["STEblocks.0.op.A_logs"].shape[1],
    )
    if deformable:
        return Recognised("SasMamba", asdict(config), state)
    return Recognised("PoseMamba", asdict(config), state, (NEIGHBOURS_NOTE,))


def _build(config: dict[str, Any]) -> SasMamba:
    from engine.models.sasmamba.network import SasMamba

    gathers = tuple(tuple(gather) for gather in config["gathers"])  # JSON knows lists only
    return SasMamba(SasMambaConfig(**{**config, "gathers": gathers}))


LAYOUT = Layout("Spatial_patch_to_embedding.weight", _read, _build)
