"""The linear toy by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.models.card import ModelCard
from engine.models.registry import Family, ModelEntry

if TYPE_CHECKING:
    from engine.models.toy.network import LinearToy


def _build() -> LinearToy:
    from engine.models.toy.network import LinearToy

    return LinearToy()


_CARD = ModelCard(
    name="linear_toy",
    system="Linear toy",
    summary="low-passes of the 2D input with a closed form; shows that Δ is passed on rightly, and does not lift",
    causal=True,
    follows_rate="Δ follows the frame rate exactly.",
    analytic=True,
)

TOY = Family(systems=("Linear toy",), entries=(ModelEntry(_CARD, _build),))
