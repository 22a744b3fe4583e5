"""Models that are loaded, each once."""

from __future__ import annotations

from collections.abc import Callable

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


class LoadedModels:
    """Models by `ModelChoice.key`, loaded when they are first asked for. Belongs to one thread."""

    def __init__(self, load: Callable[[str, str], Model] = load) -> None:
        self._load = load
        self._models: dict[str, Model] = {}

    def __call__(self, choice: ModelChoice) -> Model:
        """The model of a choice. Raises InputError."""
        if choice.key not in self._models:
            self._models[choice.key] = self._load(choice.name, choice.device)
        return self._models[choice.key]
