"""Models of an experiment, loaded for a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.cli.console import warn

if TYPE_CHECKING:
    from engine.experiment.loaded import LoadedModels
    from engine.experiment.settings import Experiment


def load_models(experiment: Experiment) -> LoadedModels:
    """The experiment's models, loaded; names are checked first, untrained ones are pointed out. Raises InputError."""
    from engine.experiment.loaded import LoadedModels
    from engine.models.devices import set_inference_threads

    for name in dict.fromkeys(choice.name for choice in experiment.models):
        point_out_untrained(name)
    set_inference_threads()
    models = LoadedModels()
    for choice in experiment.models:
        models(choice)
    return models


def point_out_untrained(name: str) -> None:
    """Say so on stderr where a model has fresh weights. Raises InputError for an unknown name."""
    from engine.models.families import find_model

    if not find_model(name).usable:
        warn(f"{name} is not trained:", "its weights are random, its figures meaningless.")
