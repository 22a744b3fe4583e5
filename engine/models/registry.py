"""The list of models: registered by a decorator beside their definition, listed without importing torch."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import InputError, file_error
from engine.models.card import ModelCard
from engine.paths import WEIGHTS, user_data

if TYPE_CHECKING:
    from torch import nn

    from engine.models.lifting.lifter import Lifter

IMPORTED_VARIABLE = "KINESTATE_MODELS"

Builder = Callable[[], "nn.Module"]


@dataclass(frozen=True)
class ModelEntry:
    """A model that can be built by name; `card` is its shipped card, or a bare one when it is untrained.

    across_rates: trained at every frame rate and with irregular sampling, not at one rate.
    analytic: its weights follow from a formula as it is built; there is nothing to train.
    has_delta: as in `ModelCard`.
    imported: the file of its weights, where those were imported.
    """

    name: str
    system: str
    summary: str
    causal: bool
    follows_rate: str
    build: Builder
    across_rates: bool = False
    analytic: bool = False
    has_delta: bool = True
    imported: Path | None = None

    @property
    def weights(self) -> Path:
        return self.imported or WEIGHTS / f"{self.name}.safetensors"

    @property
    def trained(self) -> bool:
        return self.weights.exists()

    @property
    def usable(self) -> bool:
        """As `ModelCard.usable`."""
        return self.trained or self.analytic

    @property
    def card(self) -> ModelCard:
        file = self.weights.with_suffix(".json")
        if self.trained and file.exists():
            return ModelCard.model_validate_json(file.read_text())
        return self.bare_card()

    def bare_card(self) -> ModelCard:
        return ModelCard(
            name=self.name,
            system=self.system,
            summary=self.summary,
            causal=self.causal,
            follows_rate=self.follows_rate,
            has_delta=self.has_delta,
            analytic=self.analytic,
        )


_ENTRIES: dict[str, ModelEntry] = {}


def register(
    name: str,
    *,
    system: str,
    summary: str,
    causal: bool,
    follows_rate: str,
    across_rates: bool = False,
    analytic: bool = False,
    has_delta: bool = True,
) -> Callable[[Builder], Builder]:
    """Decorator of a function that builds the network (and may import torch when called)."""

    def add(build: Builder) -> Builder:
        _ENTRIES[name] = ModelEntry(
            name, system, summary, causal, follows_rate, build, across_rates, analytic, has_delta
        )
        return build

    return add


def list_models() -> list[ModelEntry]:
    """Every registered model, in order of registration, and then the imported ones."""
    import engine.models.presets  # noqa: F401  registers on import

    return [*_ENTRIES.values(), *_imported()]


def imported_folder() -> Path:
    """Where imported models live: the folder that KINESTATE_MODELS names, or the person's own data folder."""
    return Path(os.environ.get(IMPORTED_VARIABLE) or user_data() / "models")


def _imported() -> Iterator[ModelEntry]:
    """Models of `imported_folder`; files that are no card of one, or that take another's name, are passed over."""
    for file in sorted(imported_folder().glob("*.json")):
        weights = file.with_suffix(".safetensors")
        try:
            card = ModelCard.model_validate_json(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if card.name == file.stem and card.imported_from and card.name not in _ENTRIES and weights.exists():
            yield ModelEntry(
                card.name, card.system, card.summary, card.causal, card.follows_rate,
                build=partial(_imported_network, card), imported=weights,
            )  # fmt: skip


def _imported_network(card: ModelCard) -> nn.Module:
    from engine.models.import_weights import network_of

    try:
        return network_of(card.system, card.config)
    except (TypeError, ValueError, KeyError) as error:
        raise file_error(
            imported_folder() / f"{card.name}.json", "config", "describes no network", "import the weights again",
            detail=str(error),
        ) from None  # fmt: skip


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


def build(name: str) -> nn.Module:
    """The bare network with fresh weights."""
    return find_model(name).build()


def load_model(name: str, device: str = "cpu") -> Lifter:
    """The model with its shipped weights, ready to lift; untrained ones get fresh weights (seed 0) and say so."""
    from engine.models.lifting.lifter import Lifter

    return Lifter.load(find_model(name), device)
