"""The list of families, and every model by name. Torch is imported when a network is built, not when it is listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import InputError
from engine.models.card import ModelCard
from engine.models.hummuss.presets import HUMMUSS
from engine.models.imported import imported_models
from engine.models.motionbert.presets import MOTIONBERT
from engine.models.mv_ssm.presets import MV_SSM
from engine.models.registry import Family, ModelEntry, added
from engine.models.sasmamba.presets import SASMAMBA
from engine.models.ssd_poser.presets import SSD_POSER
from engine.models.stampose.presets import STAMPOSE
from engine.models.toy.presets import TOY

if TYPE_CHECKING:
    from engine.models.network import Network

FAMILIES: tuple[Family, ...] = (HUMMUSS, MOTIONBERT, MV_SSM, STAMPOSE, SASMAMBA, SSD_POSER, TOY)
"""Checkpoints are tried in this order: STAMPose's also hold what marks those of SasMamba."""


def list_models() -> list[ModelEntry]:
    """Every model: the families', those that were added, and then the imported ones."""
    own = [*(entry for family in FAMILIES for entry in family.entries), *added()]
    return [*own, *imported_models(FAMILIES, taken={entry.name for entry in own})]


def find_model(name: str) -> ModelEntry:
    """The entry of that name; InputError lists the known names otherwise."""
    entries = list_models()
    for entry in entries:
        if entry.name == name:
            return entry
    known = ", ".join(entry.name for entry in entries)
    raise InputError(f"There is no model named {name!r}; choose one of {known}.")


def model_card(name: str) -> ModelCard:
    return find_model(name).card


def build(name: str) -> Network:
    """The bare network with fresh weights."""
    return find_model(name).build()
