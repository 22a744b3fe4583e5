"""Models that are loaded, each once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from engine.errors import InputError
from engine.experiment.pipeline import Model
from engine.experiment.settings import ModelChoice
from engine.models.blank import blank_observation
from engine.motion.stature import ASSUMED_HEIGHT_M
from engine.observation.trial import Context


def load(name: str, device: str = "cpu") -> Model:
    """A model by name, after one short prediction: the first in a process pays for torch's start as well.

    Raises InputError for an unknown name and for a device that is not there.
    """
    from engine.models.loading import load_model

    model = load_model(name, device)
    model.forward(blank_observation(model.card), 1.0, Context(ASSUMED_HEIGHT_M))
    return model


@runtime_checkable
class WithSeenHands(Protocol):
    """A model whose answer can be bent to what was seen; `engine.models.model.Model` is one."""

    def with_seen_hands(self) -> Model: ...


def as_chosen(model: Model, choice: ModelChoice) -> Model:
    """The loaded model as a choice wants it; weights are shared. Raises InputError where that is not for it."""
    if choice.hands == "as predicted":
        return model
    if not isinstance(model, WithSeenHands):
        raise InputError(f"{choice.name} has no hands that were seen; leave them as predicted.")
    return model.with_seen_hands()


class LoadedModels:
    """Models by `ModelChoice.key`, loaded when they are first asked for. Belongs to one thread."""

    def __init__(self, load: Callable[[str, str], Model] = load) -> None:
        self._load = load
        self._models: dict[str, Model] = {}

    def __call__(self, choice: ModelChoice) -> Model:
        """The model of a choice. Raises InputError."""
        if choice.key not in self._models:
            plain = choice.model_copy(update={"hands": "as predicted"})
            loaded = self._load(choice.name, choice.device) if plain == choice else self(plain)
            self._models[choice.key] = as_chosen(loaded, choice)
        return self._models[choice.key]
