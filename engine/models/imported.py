"""Models of the person's own folder, which `engine.models.import_weights` fills."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import file_error
from engine.models.card import OBSERVATIONS, ModelCard
from engine.models.checkpoint_layout import Layout
from engine.models.lifting.encodings import encoding_of
from engine.models.registry import Family, ModelEntry
from engine.paths import user_data

if TYPE_CHECKING:
    from engine.models.network import Network

IMPORTED_VARIABLE = "KINESTATE_MODELS"


def imported_folder() -> Path:
    """The folder that KINESTATE_MODELS names, or the person's own data folder."""
    return Path(os.environ.get(IMPORTED_VARIABLE) or user_data() / "models")


def imported_models(families: Sequence[Family], *, taken: Collection[str]) -> Iterator[ModelEntry]:
    """Models of `imported_folder`; cards of pictures, those whose name is taken, and other files are passed over."""
    for file in sorted(imported_folder().glob("*.json")):
        weights = file.with_suffix(".safetensors")
        try:
            card = ModelCard.model_validate_json(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        mine = card.name == file.stem and card.imported_from and card.observes in OBSERVATIONS
        if mine and card.name not in taken and weights.exists():
            layout = next((family.layout for family in families if card.system in family.systems), None)
            encoding = layout.encoding if layout else encoding_of
            yield ModelEntry(card, build=partial(_network, card, file, layout), encoding=encoding, given=weights)


def _network(card: ModelCard, file: Path, layout: Layout | None) -> Network:
    try:
        if layout is None:
            raise ValueError(f"no released checkpoints of {card.system} are known")
        return layout.build(card.config)
    except (TypeError, ValueError, KeyError) as error:
        raise file_error(
            file, "config", "describes no network", "import the weights again", detail=str(error)
        ) from None
