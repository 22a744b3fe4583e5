"""One run of an experiment: the only place that puts its steps in sequence, doing again only what changed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from engine.experiment.loaded import LoadedModels
from engine.experiment.pipeline import (
    Model,
    Predicted,
    Scored,
    camera_of,
    clean_input,
    degrade,
    predict,
    score,
    truth_at,
)
from engine.experiment.rate import Rate, RatePolicy
from engine.experiment.results import ModelResult, Results
from engine.experiment.settings import Experiment, ModelChoice
from engine.experiment.sources import open_recording
from engine.experiment.worn import worn_body
from engine.metrics.catalogue import measure
from engine.motion.clip import rate_hz
from engine.motion.pose import BodyPose, Joints
from engine.observation.keypoints import Keypoints2D
from engine.observation.observe import Frames, observe
from engine.observation.recording import Recording, as_h36m17
from engine.observation.trial import Trial
from engine.progress import Cancel, Cancelled, Progress

Found = TypeVar("Found")
Models = Callable[[ModelChoice], Model]
"""Gives the model of a choice, loaded."""

REMEMBERED = 48
"""Values kept: enough for toggling models and for going back some changes, small beside a clip."""


class Memory:
    """What runs on one recording found, so that a change repeats only the steps behind it; the oldest is forgotten."""

    def __init__(self) -> None:
        self._recording: Recording | None = None
        self._found: OrderedDict[Hashable, object] = OrderedDict()

    def about(self, recording: Recording) -> None:
        """Forget everything that was found on another recording."""
        if recording is not self._recording:
            self._recording = recording
            self._found.clear()

    def once(self, key: Hashable, find: Callable[[], Found]) -> Found:
        """What was found under this key; `find` is called if nothing was."""
        if key not in self._found:
            self._found[key] = find()
            while len(self._found) > REMEMBERED:
                self._found.popitem(last=False)
        self._found.move_to_end(key)
        return self._found[key]  # type: ignore[return-value]


@dataclass(frozen=True, eq=False)
class Prepared:
    """What all models of an experiment have in common.

    kept   the observation as the models get it; clean: the same frames as a perfect detector sees them
    truth  at the kept frames; None where it is not known
    source the recording as it was read, and its frames that were chosen
    key    tells what is prepared apart, among those of one recording
    """

    trial: Trial[Keypoints2D]
    kept: Keypoints2D
    clean: Keypoints2D
    truth: Joints | None
    source: tuple[Recording, Frames | None]
    key: Hashable

    def given(self, model: Model, policy: RatePolicy) -> tuple[Keypoints2D, Rate]:
        """What a model gets under a rate policy, and what its Δ is multiplied by. Raises InputError."""
        return policy.given(self.kept, model.card)


def recording_of(experiment: Experiment, cancel: Cancel | None = None) -> Recording:
    """Open the experiment's recording, as it was read. Raises InputError and Cancelled."""
    source, o = experiment.source, experiment.source.overrides
    return open_recording(
        source.path, select=source.select, rate_hz=o.rate_hz, unit=o.unit, up=o.up, cancel=cancel
    ).recording


def prepare(experiment: Experiment, recording: Recording, memory: Memory | None = None) -> Prepared:
    """Everything up to the models. Raises InputError."""
    memory = memory or Memory()
    memory.about(recording)
    frames, height_m, viewpoint = experiment.source.frames, experiment.height_m, experiment.viewpoint
    seen = ("seen", viewpoint.model_dump_json(), frames, height_m)
    key = ("prepared", *seen, experiment.input.model_dump_json())

    def trial() -> Trial[Keypoints2D]:
        converted = memory.once("in the models' layout", lambda: as_h36m17(recording))
        return observe(converted, camera_of(viewpoint), frames=frames, height_m=height_m)

    def found() -> Prepared:
        observed = memory.once(seen, trial)
        keypoints = observed.observation
        kept, clean = degrade(keypoints, experiment.input), clean_input(keypoints, experiment.input)
        return Prepared(observed, kept, clean, truth_at(observed, kept), (recording, frames), key)

    return memory.once(key, found)


def run(
    experiment: Experiment,
    *,
    recording: Recording | None = None,
    models: Models | None = None,
    memory: Memory | None = None,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
    on_result: Callable[[Results], None] | None = None,
) -> Results:
    """Carry out the experiment.

    recording  spares opening it; models spares loading them; memory spares what was found before
    on_result  is called with the results so far as soon as a model is done
    Raises InputError, and Cancelled when `cancel` says so: it is asked between steps and inside a model.
    """
    models = models or LoadedModels()
    memory = memory or Memory()

    def say(fraction: float, text: str) -> None:
        if cancel is not None and cancel():
            raise Cancelled
        if progress is not None:
            progress(fraction, text)

    say(0.0, "opening the clip")
    recording = recording or recording_of(experiment, cancel)
    prepared = prepare(experiment, recording, memory)
    results = _without_models(prepared)
    count = len(experiment.models)
    for number, choice in enumerate(experiment.models):
        say(number / count, f"loading {choice.name}")
        model = models(choice)
        say(number / count, choice.label)

        def inside(fraction: float, text: str, number: int = number, choice: ModelChoice = choice) -> None:
            say((number + fraction) / count, text or choice.label)

        result = _result_of(model, choice, experiment.policy_of(choice), prepared, memory, inside, cancel)
        results = replace(results, models=(*results.models, result))
        if on_result is not None:
            on_result(results)
    if progress is not None:
        progress(1.0, "done")  # what is done is worth showing, wanted or not
    return results


def _without_models(prepared: Prepared) -> Results:
    trial, truth = prepared.trial, prepared.truth
    return Results(
        clip_name=trial.observation.name,
        source_hz=rate_hz(trial.observation.times),
        input_hz=rate_hz(prepared.kept.times),
        height=trial.height,
        clean=prepared.clean,
        kept=prepared.kept,
        truth=truth,
        truth_series={} if truth is None else measure(truth, None),
    )


def _result_of(
    model: Model,
    choice: ModelChoice,
    policy: RatePolicy,
    prepared: Prepared,
    memory: Memory,
    progress: Progress,
    cancel: Cancel | None,
) -> ModelResult:
    given, rate = prepared.given(model, policy)
    # Several policies come to the same at the trained rate and where there is no Δ: those are predicted once.
    same = (choice.key, given is prepared.kept or policy.mode, _bytes(rate if model.card.has_delta else 1.0))

    def found() -> Predicted:
        return predict(model, prepared.kept, policy, prepared.trial.height, progress=progress, cancel=cancel)

    predicted = memory.once(("predicted", prepared.key, *same), found)

    def measured() -> Scored:
        body = truth_body(prepared, memory, cancel) if model.card.predicts == "body" else None
        return score(predicted, prepared.kept, prepared.truth, body, cancel)

    scored = memory.once(("scored", prepared.key, *same), measured)
    resampled_hz = model.card.resample_hz if policy.mode == "resample" and given is not prepared.kept else None
    return ModelResult(
        choice,
        model.card,
        rate,
        resampled_hz,
        predicted.pose,
        scored.placed,
        scored.series,
        scored.summary,
        scored.body,
    )


def truth_body(prepared: Prepared, memory: Memory, cancel: Cancel | None = None) -> BodyPose | None:
    """The body that the truth wears, at the kept frames; None for 2D keypoints. Raises Cancelled."""
    worn = memory.once("worn", lambda: worn_body(prepared.source[0], cancel=cancel))
    if worn is None:
        return None
    chosen = worn.take(slice(*(prepared.source[1] or (0, None))))
    return replace(chosen, times=chosen.times - chosen.times[0]).at(prepared.kept.times)


def _bytes(rate: Rate) -> bytes:
    return np.asarray(rate).tobytes()
