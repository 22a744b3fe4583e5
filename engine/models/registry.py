"""Entries: what is known of a model before torch is there. `engine.models.families` lists them.

A model from outside of this package is one `ModelEntry` given to `add`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from engine.models.card import ModelCard
from engine.models.checkpoint_layout import Layout
from engine.models.lifting.encodings import encoding_of
from engine.paths import WEIGHTS

if TYPE_CHECKING:
    from engine.models.encoding import Decoder, Encoder
    from engine.models.network import Network


Varied = Literal["plain", "some", "as they come"]
"""How varied training's windows are (`engine.training.variety.VARIETIES`)."""


@dataclass(frozen=True)
class ModelEntry:
    """A model that can be built by name.

    bare_card    its card before it is trained
    build        the network with fresh weights; imports torch when it is called
    encoding     what stands before and behind the network of such a card
    given        the file of its weights, where they are not among the shipped ones
    across_rates whether it is trained at every frame rate and with irregular sampling, not at one rate
    variety      how often also on people in any posture, from any camera, as a detector has them
                 (`engine.training.variety.VARIETIES`)
    """

    bare_card: ModelCard
    build: Callable[[], Network]
    encoding: Callable[[ModelCard], tuple[Encoder, Decoder]] = encoding_of
    given: Path | None = None
    across_rates: bool = False
    variety: Varied = "plain"

    @property
    def name(self) -> str:
        return self.bare_card.name

    @property
    def weights(self) -> Path:
        return self.given or WEIGHTS / f"{self.name}.safetensors"

    @property
    def trained(self) -> bool:
        return self.weights.exists()

    @property
    def usable(self) -> bool:
        """As `ModelCard.usable`."""
        return self.trained or self.bare_card.analytic

    @property
    def card(self) -> ModelCard:
        """The card beside its weights, or the bare one where it is untrained."""
        file = self.weights.with_suffix(".json")
        if self.trained and file.exists():
            return ModelCard.model_validate_json(file.read_text(encoding="utf-8"))
        return self.bare_card


@dataclass(frozen=True)
class Family:
    """Models that share a network.

    systems  the names of the systems among them
    layout   of released checkpoints, where there are any
    """

    systems: tuple[str, ...]
    entries: tuple[ModelEntry, ...]
    layout: Layout | None = None


_added: dict[str, ModelEntry] = {}


def add(entry: ModelEntry) -> None:
    """List a model from outside of this package, in place of one that was added under the same name."""
    _added[entry.name] = entry


def added() -> list[ModelEntry]:
    """Every model that was added, in order."""
    return list(_added.values())
