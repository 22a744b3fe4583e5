"""The list of models: registered by a decorator beside their definition, listed without importing torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import InputError
from engine.models.card import ModelCard

if TYPE_CHECKING:
    from torch import nn

    from engine.models.lifter import Lifter

WEIGHTS = Path(__file__).parents[2] / "assets" / "weights"

Builder = Callable[[], "nn.Module"]


@dataclass(frozen=True)
class ModelEntry:
    """A model that can be built by name; `card` is its shipped card, or a bare one when it is untrained.

    across_rates: trained at every frame rate and with irregular sampling, not at one rate.
    analytic: its weights follow from a formula as it is built; there is nothing to train.
    """

    name: str
    system: str
    summary: str
    causal: bool
    follows_rate: str
    build: Builder
    across_rates: bool = False
    analytic: bool = False

    @property
    def weights(self) -> Path:
        return WEIGHTS / f"{self.name}.safetensors"

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
) -> Callable[[Builder], Builder]:
    """Decorator of a function that builds the network (and may import torch when called)."""

    def add(build: Builder) -> Builder:
        _ENTRIES[name] = ModelEntry(name, system, summary, causal, follows_rate, build, across_rates, analytic)
        return build

    return add


def list_models() -> list[ModelEntry]:
    """Every registered model, in order of registration."""
    import engine.models.presets  # noqa: F401  registers on import

    return list(_ENTRIES.values())


def find_model(name: str) -> ModelEntry:
    """The entry of that name; InputError lists the known names otherwise."""
    for entry in list_models():
        if entry.name == name:
            return entry
    known = ", ".join(_ENTRIES)
    raise InputError(f"There is no model named {name!r}; choose one of {known}.")


def model_card(name: str) -> ModelCard:
    return find_model(name).card


def build(name: str) -> nn.Module:
    """The bare network with fresh weights."""
    return find_model(name).build()


def load_model(name: str, device: str = "cpu") -> Lifter:
    """The model with its shipped weights, ready to lift; untrained ones get fresh weights (seed 0) and say so."""
    from engine.models.lifter import Lifter

    return Lifter.load(find_model(name), device)
