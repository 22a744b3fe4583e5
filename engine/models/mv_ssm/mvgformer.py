"""Weights of MVGFormer (CVPR 2024), from which MV-SSM comes: what both networks have is taken, the rest is told.

Names and shapes are those of its published configuration: attention without rays, one embedding a person and a joint.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch

from engine.errors import file_error
from engine.models.checkpoint import COUNTS, Checkpoint, State, read_checkpoint
from engine.models.mv_ssm.candidates import T_POSE_MM
from engine.models.mv_ssm.config import MVSSMConfig
from engine.models.mv_ssm.network import MVSSM
from engine.models.mv_ssm.released import UNUSED, front_end_of, renamed

LAYER = "decoder.layers."
"""Before the number of a layer."""
LAYERS = {
    "attention.sampling_offsets": "proj_attn.sampling_offsets",
    "attention.attention_weights": "proj_attn.attention_weights",
    "attention.value_proj": "proj_attn.rayconv",
    "attention.output_proj": "proj_attn.output_proj",
    "ffn.0": "linear1",
    "ffn.3": "linear2",
    "offset.0": "pose_embed.MLP.layers.0",
    "offset.2": "pose_embed.MLP.layers.1",
    "offset.4": "pose_embed.MLP.layers.2",
    "person": "class_embed",
}
"""Linear layers of one layer, and what MVGFormer calls them."""
EMBEDDINGS = ("joint_embedding.weight", "instance_embedding.weight")
MARK = f"{LAYER}0.proj_attn.attention_weights.weight"
"""The name of a tensor that tells MVGFormer's checkpoints from others."""
REMEDY = "give a checkpoint of MVGFormer's published configuration"


@dataclass(frozen=True)
class Borrowed:
    """What a network got of a checkpoint of MVGFormer.

    found     where it was in the file, in words
    taken     parts of the network that were given weights, by its own names
    left_out  parts of the file that the network has no place for, by MVGFormer's names
    fresh     parts of the network's layers that the file has nothing for: they stay as they were
    """

    found: str
    taken: tuple[str, ...]
    left_out: tuple[str, ...]
    fresh: tuple[str, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What its card says, in sentences."""
        return (
            f"Taken from MVGFormer: {', '.join(self.taken)}.",
            f"Left out: {', '.join(self.left_out) or 'nothing'}.",
            f"As initialised, because the file has nothing like it: {', '.join(self.fresh)}. So it has to be "
            "trained before its answers mean anything.",
        )


def load_mvgformer(network: MVSSM, file: Path) -> Borrowed:
    """Give a network what a checkpoint of MVGFormer has of it; a network without a front end gets the rest.

    The file never runs code. Raises InputError, with the tensor, for a file that is missing, damaged, or of another
    network, which leaves this one as it was; ValueError for a network that is not built with `legacy_layout`.
    """
    return take(network, read_checkpoint(file), file)


def take(network: MVSSM, held: Checkpoint, file: Path) -> Borrowed:
    """As `load_mvgformer`, of a checkpoint that is read."""
    if not network.config.legacy_layout:
        raise ValueError("MVGFormer's attention is of the legacy layout; build the network with legacy_layout=True")
    decoder, own = held.heads or held.state, network.state_dict()
    depth = _depth(decoder)
    if depth != network.config.depth:
        raise file_error(file, "decoder", f"has {depth} layers instead of {network.config.depth}", REMEDY)
    names = {name: name for name in EMBEDDINGS}
    for layer in range(depth):
        for ours, theirs in LAYERS.items():
            for part in ("weight", "bias"):
                names[f"layers.{layer}.{ours}.{part}"] = f"{LAYER}{layer}.{theirs}.{part}"
    taken = renamed(names, decoder, own, file, REMEDY)
    if network.backbone is not None:
        taken |= front_end_of(network, held.state, file)
    network.load_state_dict(taken, strict=False)
    left_out = _parts(decoder.keys() - names.values())
    left_out += ("backbone",) if held.heads and network.backbone is None else ()
    fresh = (name for name in own if name not in taken and not name.endswith(COUNTS) and UNUSED not in name)
    return Borrowed(held.found, _parts(taken), left_out, _parts(fresh))


def sizes_of(held: Checkpoint, file: Path) -> MVSSMConfig:
    """The sizes of the network that a checkpoint has weights for. Raises InputError.

    Nothing tells how many heads share the points: 8, as published.
    """
    decoder, published = held.heads or held.state, MVSSMConfig()
    for name in (*EMBEDDINGS, MARK, f"{LAYER}0.linear1.weight"):
        if name not in decoder or decoder[name].ndim != 2:
            raise file_error(file, name, "is not there", REMEDY)
    (joints, both), candidates = decoder[EMBEDDINGS[0]].shape, decoder[EMBEDDINGS[1]].shape[0]
    if joints != len(T_POSE_MM) or math.isqrt(candidates) ** 2 != candidates:
        asked = f"are of {joints} joints and {candidates} candidates"
        raise file_error(file, "embeddings", asked, f"give one of {len(T_POSE_MM)} joints and a square of candidates")
    points, over = divmod(decoder[MARK].shape[0], published.heads)
    if over or not points or (both // 2) % published.heads:
        raise file_error(file, MARK, f"does not divide among {published.heads} heads", REMEDY)
    return MVSSMConfig(
        width=both // 2, joints=joints, candidates=candidates, depth=_depth(decoder), points=points,
        inner=decoder[f"{LAYER}0.linear1.weight"].shape[0], legacy_layout=True,
    )  # fmt: skip


def network_of(held: Checkpoint, file: Path) -> tuple[MVSSM, Borrowed]:
    """A network of a checkpoint's sizes with what the checkpoint has of it, the rest from seed 0. Raises InputError."""
    config = sizes_of(held, file)
    with torch.random.fork_rng(devices=()):
        torch.default_generator.manual_seed(0)
        network = MVSSM(config, backbone=bool(held.heads))
    return network, take(network, held, file)


def _depth(decoder: State) -> int:
    return len({key.removeprefix(LAYER).split(".")[0] for key in decoder if key.startswith(LAYER)})


def _parts(names: Iterable[str]) -> tuple[str, ...]:
    """What tensors belong to, each once: "backbone", "layers.attention" of all layers."""
    split = (name.removeprefix("decoder.").split(".") for name in names)
    return tuple(sorted({".".join(["layers", *words[2:3]]) if words[0] == "layers" else words[0] for words in split}))
