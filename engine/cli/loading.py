"""The clip and the models of an experiment, opened for a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.console import progress_bar, warn
from engine.progress import watched

if TYPE_CHECKING:
    from engine.experiment.loaded import LoadedModels
    from engine.experiment.settings import Experiment


@contextmanager
def opening(experiment: Experiment) -> Iterator[None]:
    """Show how far listing or opening its clip is: a video goes through the detector."""
    said = f"opening {Path(experiment.file.path).name}"
    with progress_bar() as say, watched(share=lambda share: say(share, said)):
        yield


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
