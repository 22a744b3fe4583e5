"""The clips of a source, one after the other or spread over workers, each opened where it is run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial

from engine.errors import InputError
from engine.experiment.loaded import LoadedModels
from engine.experiment.results import Results
from engine.experiment.run import Models, run
from engine.experiment.settings import Experiment
from engine.experiment.sources import sources
from engine.experiment.spread import Spread, stopped
from engine.observation.recording import Recording
from engine.progress import Progress, watched

OPENING = 0.3
"""Share of a clip's progress that is opening it."""

Openers = list[tuple[str, Callable[[], Recording]]]


def openers(experiment: Experiment) -> Openers:
    """Name and opening of everything that its source holds. Raises InputError."""
    source = experiment.file
    options = source.overrides.of_reader()
    listed = sources(source.path, source.select, source.overrides.detector)
    return [(found.name, partial(found.open, **options)) for found in listed]


class Worker(threading.local):
    """What a worker keeps from clip to clip; a Dask worker may have several threads, and models belong to one."""

    def __init__(self) -> None:
        self.models = LoadedModels()
        self._source, self._openers = "", Openers()

    def open(self, experiment: Experiment, number: int) -> Recording:
        """A clip of the experiment's source; what that holds is listed once: an archive is unpacked for it."""
        source = experiment.source.model_dump_json()
        if source != self._source:
            self._openers = openers(experiment)
            self._source = source
        return self._openers[number][1]()


WORKER = Worker()
"""Of this process, or of this thread of it."""


def run_each(
    experiment: Experiment,
    clips: Openers,
    models: Models,
    *,
    progress: Progress | None = None,
    spread: Spread | None = None,
) -> Iterator[tuple[int, Results | str]]:
    """Each clip's number with its results, or with the sentence why there are none, as soon as they are there.

    spread runs clips at the same time, with models that each worker loads; they come in any order then.
    """
    if spread is None:
        yield from _here(experiment, clips, models, progress)
        return
    for done, (number, found) in enumerate(spread(partial(_in_worker, experiment), range(len(clips))), 1):
        if progress is not None:
            progress(done / len(clips), clips[number][0])
        yield number, found


def _here(
    experiment: Experiment, clips: Openers, models: Models, progress: Progress | None
) -> Iterator[tuple[int, Results | str]]:
    for number, (name, open_it) in enumerate(clips):

        def say(share: float, text: str, number: int = number) -> None:
            if progress is not None:
                progress((number + share) / len(clips), text)

        say(0.0, f"opening {name}")
        try:
            with watched(share=lambda share, say=say, name=name: say(OPENING * share, f"opening {name}")):  # type: ignore[misc]
                recording = open_it()
            rest = partial(_rest, say, name)
            yield number, run(experiment, recording=recording, models=models, progress=rest)
        except InputError as error:
            yield number, str(error)


def _rest(say: Progress, name: str, share: float, text: str) -> None:
    say(OPENING + (1 - OPENING) * share, f"{name}, {text}")


def _in_worker(experiment: Experiment, number: int) -> tuple[int, Results | str]:
    try:
        recording = WORKER.open(experiment, number)
        return number, run(experiment, recording=recording, models=WORKER.models, cancel=stopped)
    except InputError as error:
        return number, str(error)
