"""The checkpoints that MotionBERT's authors released. Their names of tensors are this package's.

Lifting networks, and a trunk with the head of actions or of meshes (specification baselines.md, section 1.3).
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from engine.models.checkpoint_layout import Layout, Recognised, depth_of
from engine.models.labels import NTU_60
from engine.models.motionbert.config import ActionConfig, MeshConfig, MotionBERTConfig
from engine.models.motionbert.encodings import encoding_of

if TYPE_CHECKING:
    from engine.models.checkpoint import State
    from engine.models.motionbert.network import MotionBERT

SYSTEM = "MotionBERT"
HEADS = 8
HEADS_NOTE = "The file does not say how many heads its attention has; 8, as in the released models, is assumed."
CROPPED_NOTE = (
    "It is given the square around the person, over the whole clip, twice as large as the box of all keypoints, as in "
    "the released configurations."
)
ACTION_HZ = 60.0
ACTION_NOTE = (
    "In training every clip, however long, was stretched to 243 frames, and a second person was there or empty; here "
    "it sees 243 frames at 60 Hz, 4 s, of one person."
)
LABELS_NOTE = "Its classes are named as NTU RGB+D's 60, in that order."
MESH_NOTE = (
    "SMPL's ten shape numbers are left out, as they go with its licensed body; the pose is worn on the mannequin, as "
    "tall as the person. Its trained frame rate is assumed, as Human3.6M's."
)


def _read(state: State, heads: State) -> Recognised:
    trunk = _trunk(state)
    means = {key.rpartition(".")[0]: value for key, value in heads.items() if key.endswith("running_mean")}
    counts = {f"{norm}.num_batches_tracked": mean.new_zeros(()).long() for norm, mean in means.items()}
    whole = {key: value for key, value in state.items() if not key.startswith("head.")} | heads | counts
    if "head.head_pose.weight" in heads:
        mesh = MeshConfig(trunk, hidden=heads["head.fc1.weight"].shape[0])
        return Recognised(SYSTEM, asdict(mesh), whole, (HEADS_NOTE, CROPPED_NOTE, MESH_NOTE), predicts="body")
    if "head.fc2.weight" in heads:
        hidden, classes = heads["head.fc1.weight"].shape[0], heads["head.fc2.weight"].shape[0]
        known = classes == len(NTU_60)
        return Recognised(
            SYSTEM,
            asdict(ActionConfig(classes, trunk, hidden)),
            whole,
            (HEADS_NOTE, CROPPED_NOTE, ACTION_NOTE, *([LABELS_NOTE] if known else [])),
            predicts="scores",
            labels=NTU_60 if known else tuple(f"class {number + 1}" for number in range(classes)),
            rate_hz=ACTION_HZ,
        )
    return Recognised(SYSTEM, asdict(trunk), state, (HEADS_NOTE,))


def _trunk(state: State) -> MotionBERTConfig:
    triple, width = state["blocks_st.0.attn_s.qkv.weight"].shape
    inner, _ = state["blocks_st.0.mlp_s.fc1.weight"].shape
    if triple != 3 * width or inner % width or width % HEADS:
        raise ValueError(width)
    return MotionBERTConfig(
        width=width,
        depth=depth_of(state, "blocks_st"),
        mlp_ratio=inner // width,
        heads=HEADS,
        representation=state["pre_logits.fc.weight"].shape[0],
        max_frames=state["temp_embed"].shape[1],
    )


def _build(config: dict[str, Any]) -> MotionBERT:
    from engine.models.motionbert.heads import MotionBERTAction, MotionBERTMesh
    from engine.models.motionbert.network import MotionBERT

    if "trunk" not in config:
        return MotionBERT(MotionBERTConfig(**config))
    config = {**config, "trunk": MotionBERTConfig(**config["trunk"])}
    return MotionBERTAction(ActionConfig(**config)) if "classes" in config else MotionBERTMesh(MeshConfig(**config))


LAYOUT = Layout("joints_embed.weight", _read, _build, encoding_of)
