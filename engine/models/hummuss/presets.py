"""Every HumMUSS that can be built by name."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from engine.models.card import ModelCard
from engine.models.hummuss.config import ActionConfig, HumMUSSConfig, MeshConfig
from engine.models.hummuss.posed_body import encoding_of as body_encoding_of
from engine.models.label_scores import encoding_of as scores_encoding_of
from engine.models.labels import MOTIONS, NTU_60
from engine.models.registry import Family, ModelEntry, Varied

if TYPE_CHECKING:
    from engine.models.hummuss.action import HumMUSSAction
    from engine.models.hummuss.mesh import HumMUSSMesh
    from engine.models.hummuss.network import HumMUSS

SMALL = HumMUSSConfig(
    width=64, depth=3, expansion=2, states=8, representation=128, joint_embedding=True, space_step=(1e-2, 1.0)
)
BASE = replace(SMALL, width=128, depth=4, representation=256)
"""Twice the width of SMALL, so that two of those can be its halves (`engine.models.hummuss.halves`)."""
PAPER = HumMUSSConfig()
PAPER_CAUSAL = HumMUSSConfig(k_time=1, states=32, causal=True)
MESH_SMALL = MeshConfig(SMALL, hidden=256, dropout=0.0)
MESH_PAPER = MeshConfig(PAPER)
ACTION_SMALL = ActionConfig(len(MOTIONS), SMALL, hidden=64, window=120)
"""Windows of 2 s; a causal network's mean falls to 1/e in 1 s."""
ACTION_PAPER = ActionConfig(len(NTU_60), PAPER)
ROBUST = "own extension: trained on as a detector, any camera and people in any posture have it; for cameras"
SOME = (
    "own extension: trained across frame rates and irregular sampling, and to a tenth on as a detector and any camera "
    "have it"
)
FOLLOWS_RATE = "Δ of every temporal SSM follows the frame rate exactly; the spatial SSMs have no time."


def _build(config: HumMUSSConfig) -> HumMUSS:
    from engine.models.hummuss.network import HumMUSS

    return HumMUSS(config)


def _build_mesh(config: MeshConfig) -> HumMUSSMesh:
    from engine.models.hummuss.mesh import HumMUSSMesh

    return HumMUSSMesh(config)


def _build_action(config: ActionConfig) -> HumMUSSAction:
    from engine.models.hummuss.action import HumMUSSAction

    return HumMUSSAction(config)


def _entry(
    name: str, summary: str, config: HumMUSSConfig, *, across_rates: bool = False, variety: Varied = "plain"
) -> ModelEntry:
    card = ModelCard(
        name=name,
        system="HumMUSS",
        summary=summary,
        causal=config.causal,
        follows_rate=FOLLOWS_RATE,
    )
    return ModelEntry(card, partial(_build, config), across_rates=across_rates, variety=variety)


def _mesh_entry(name: str, summary: str, config: MeshConfig) -> ModelEntry:
    card = ModelCard(
        name=name,
        system="HumMUSS",
        summary=summary,
        predicts="body",
        causal=config.trunk.causal,
        follows_rate=FOLLOWS_RATE,
    )
    return ModelEntry(card, partial(_build_mesh, config), encoding=body_encoding_of)


def _action_entry(name: str, summary: str, config: ActionConfig, labels: tuple[str, ...]) -> ModelEntry:
    card = ModelCard(
        name=name,
        system="HumMUSS",
        summary=summary,
        predicts="scores",
        causal=config.trunk.causal,
        follows_rate=FOLLOWS_RATE,
        labels=labels,
    )
    return ModelEntry(card, partial(_build_action, config), encoding=scores_encoding_of)


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
            f"bidirectional, the network of hummuss_small; {SOME}",
            SMALL,
            across_rates=True,
            variety="some",
        ),
        _entry(
            "hummuss_small_anyrate_causal",
            f"causal, the network of hummuss_small_causal; {SOME}",
            replace(SMALL, causal=True),
            across_rates=True,
            variety="some",
        ),
        _entry(
            "hummuss_small_robust",
            f"bidirectional, the network of hummuss_small_anyrate; {ROBUST}",
            SMALL,
            across_rates=True,
            variety="as they come",
        ),
        _entry(
            "hummuss_small_robust_causal",
            f"causal, the network of hummuss_small_anyrate_causal; {ROBUST}",
            replace(SMALL, causal=True),
            across_rates=True,
            variety="as they come",
        ),
        _entry(
            "hummuss_base",
            f"bidirectional, for a workstation's cores; {SOME}",
            BASE,
            across_rates=True,
            variety="some",
        ),
        _entry(
            "hummuss_base_causal",
            f"causal, for a workstation's cores; streams frame by frame; {SOME}",
            replace(BASE, causal=True),
            across_rates=True,
            variety="some",
        ),
        _entry("hummuss_16m", "bidirectional, the paper's 16 M parameters (sizes reconstructed)", PAPER),
        _entry(
            "hummuss_16m_causal",
            "causal, the paper's 16 M parameters (sizes reconstructed); streams frame by frame",
            PAPER_CAUSAL,
        ),
        _mesh_entry("hummuss_mesh_small", "mesh recovery: the trunk of hummuss_small with a mesh head", MESH_SMALL),
        _mesh_entry(
            "hummuss_mesh_small_causal",
            "mesh recovery: the trunk of hummuss_small_causal with a mesh head; streams frame by frame",
            replace(MESH_SMALL, trunk=replace(SMALL, causal=True)),
        ),
        _mesh_entry(
            "hummuss_mesh_16m",
            "mesh recovery: the trunk of hummuss_16m with MotionBERT's mesh head, 34.2 M (sizes reconstructed)",
            MESH_PAPER,
        ),
        _action_entry(
            "hummuss_action_small",
            "action recognition: the trunk of hummuss_small, its mean over 2 s around each frame",
            ACTION_SMALL,
            MOTIONS,
        ),
        _action_entry(
            "hummuss_action_small_causal",
            "action recognition: the trunk of hummuss_small_causal, its mean over what came before; streams frame by "
            "frame",
            replace(ACTION_SMALL, trunk=replace(SMALL, causal=True)),
            MOTIONS,
        ),
        _action_entry(
            "hummuss_action_16m",
            "action recognition: the trunk of hummuss_16m with MotionBERT's head for NTU RGB+D 60, 34.1 M (sizes "
            "reconstructed)",
            ACTION_PAPER,
            NTU_60,
        ),
    ),
)
