"""The models of one worker. No Qt."""

from __future__ import annotations

from collections.abc import Callable

from engine.experiment.pipeline import LiftingModel
from engine.experiment.settings import ModelChoice


class OwnModels:
    """Models by `ModelChoice.key`, loaded when they are first asked for; load(name, device) gives one.

    A `Lifter` belongs to one thread, so each worker has models of its own.
    """

    def __init__(self, load: Callable[[str, str], LiftingModel]) -> None:
        self._load = load
        self.loaded: dict[str, LiftingModel] = {}

    def get(self, choice: ModelChoice, announce: Callable[[str], object] = lambda _: None) -> LiftingModel:
        """The model; `announce` is told in words that it is being loaded, and may raise."""
        if choice.key not in self.loaded:
            announce(f"loading {choice.name}")
            self.loaded[choice.key] = self._load(choice.name, choice.device)
        return self.loaded[choice.key]
