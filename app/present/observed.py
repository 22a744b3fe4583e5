"""What the models that are on observe. No Qt."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from app.state.settings import Settings
from engine.models.card import OBSERVATIONS
from engine.models.families import model_card
from engine.stress.stress import Stress

KEYPOINTS, TRACKERS, VIEWS = (OBSERVATIONS[kind] for kind in ("keypoints", "trackers", "views"))


def observed(settings: Settings) -> frozenset[str]:
    """The classes of observation, by their names; keypoints where no model is on."""
    return frozenset({_observation(slot.choice.name) for slot in settings.slots if slot.on} or {KEYPOINTS})


@cache
def _observation(model: str) -> str:
    return model_card(model).observation


def applies(stress: Stress, kinds: Collection[str]) -> bool:
    """Tell whether a stress degrades any of these classes of observation."""
    return any(kind in stress.applies_to for kind in kinds)
