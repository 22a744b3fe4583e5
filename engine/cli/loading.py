"""Models of an experiment, loaded for a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.cli.console import err

if TYPE_CHECKING:
    from engine.experiment.loaded import LoadedModels
    from engine.experiment.settings import Experiment


def load_models(experiment: Experiment) -> LoadedModels:
    """The experiment's models, loaded; names are checked first, untrained ones are pointed out. Raises InputError."""
    from engine.experiment.loaded import LoadedModels
    from engine.models.devices import set_inference_threads
    from engine.models.families import find_model

    for entry in {choice.name: find_model(choice.name) for choice in experiment.models}.values():
        if not entry.usable:
            err.print(
                f"[yellow]{entry.name} is not trained:[/] its weights are random, its figures meaningless.",
                soft_wrap=True,
            )
    set_inference_threads()
    models = LoadedModels()
    for choice in experiment.models:
        models(choice)
    return models
