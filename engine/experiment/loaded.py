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
class WithVariants(Model, Protocol):
    """A model whose answer can be had otherwise; `engine.models.model.Model` is one."""

    def with_seen_hands(self) -> Model: ...
    def with_flip_averaging(self) -> WithVariants: ...


def as_chosen(model: Model, choice: ModelChoice) -> Model:
    """The loaded model as a choice wants it; weights are shared. Raises InputError where that is not for it."""
    if choice.bare == choice:
        return model
    if not isinstance(model, WithVariants):
        raise InputError(f"{choice.name} gives one answer alone; leave it as predicted.")
    if choice.flip:
        model = model.with_flip_averaging()
    return model.with_seen_hands() if choice.hands == "seen" else model


class LoadedModels:
    """Models by `ModelChoice.key`, loaded when they are first asked for. Belongs to one thread."""

    def __init__(self, load: Callable[[str, str], Model] = load) -> None:
        self._load = load
        self._models: dict[str, Model] = {}

    def __call__(self, choice: ModelChoice) -> Model:
        """The model of a choice. Raises InputError."""
        if choice.key not in self._models:
            loaded = self._load(choice.name, choice.device) if choice.bare == choice else self(choice.bare)
            self._models[choice.key] = as_chosen(loaded, choice)
        return self._models[choice.key]
