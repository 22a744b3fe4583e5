"""One run of an experiment: the only place that puts its steps in sequence, doing again only what changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from engine.experiment.finite import check_finite
from engine.experiment.loaded import LoadedModels
from engine.experiment.pipeline import Model, Predicted, Scored, predict, score
from engine.experiment.prepared import Memory, Prepared, prepare, recording_of
from engine.experiment.rate import Rate, RatePolicy
from engine.experiment.results import ModelResult, Results
from engine.experiment.settings import Experiment, ModelChoice
from engine.metrics.catalogue import measure
from engine.models.long_clips import long_clip_note
from engine.motion.clip import rate_hz
from engine.observation.recording import Recording
from engine.observation.stands import stands_note
from engine.progress import Cancel, Cancelled, Progress, watched

Models = Callable[[ModelChoice], Model]
"""Gives the model of a choice, loaded."""


def run(
    experiment: Experiment,
    *,
    recording: Recording | None = None,
    models: Models | None = None,
    memory: Memory | None = None,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
    on_result: Callable[[Results], None] | None = None,
    dressed: bool = False,
) -> Results:
    """Carry out the experiment.

    recording  spares opening it; models spares loading them; memory spares what was found before
    on_result  is called with the results so far as soon as a model is done
    dressed    fit a body to the truth as well
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
    with watched(cancel, lambda share: say(0.0, f"opening the clip, {share:.0%}")):
        recording = recording or recording_of(experiment)
    with watched(cancel):
        prepared = prepare(experiment, recording, memory)
    results = _without_models(prepared)
    if dressed:
        say(0.0, "fitting the body")
        results = replace(results, truth_body=prepared.truth_body(cancel))
    count = len(experiment.models)
    for number, choice in enumerate(experiment.models):
        say(number / count, f"loading {choice.name}")
        model = models(choice)
        say(number / count, choice.label)

        def inside(fraction: float, text: str, number: int = number, choice: ModelChoice = choice) -> None:
            say((number + fraction) / count, text or choice.label)

        result = _result_of(model, choice, experiment.policy_of(choice), prepared, memory, inside, cancel)
        people = prepared.people() if result.card.observes == "views" else results.people
        results = replace(results, models=(*results.models, result), people=people)
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
        rig=prepared.viewpoint.rig_text,
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
    card = model.card
    observation = prepared.observation(card, cancel, progress)
    given, rate = policy.given(observation, card)
    # Several policies come to the same at the trained rate and where there is no Δ: those are predicted once.
    same = (choice.key, given is observation or policy.mode, _bytes(rate if card.has_delta else 1.0))

    def found() -> Predicted:
        predicted = predict(model, observation, policy, prepared.context, progress=progress, cancel=cancel)
        check_finite(predicted.prediction, choice.label)
        return predicted

    predicted = memory.once(("predicted", prepared.key, *same), found)

    def measured() -> Scored:
        body = prepared.truth_body(cancel) if card.predicts == "body" else None
        return score(predicted, prepared.kept, prepared.truth, body, cancel, prepared.mount)

    scored = memory.once(("scored", prepared.key, *same), measured)
    resampled_hz = card.resample_hz if policy.mode == "resample" and given is not observation else None
    return ModelResult(
        choice,
        card,
        rate,
        resampled_hz,
        predicted.prediction,
        observation,
        scored.placed,
        scored.series,
        scored.summary,
        scored.body,
        " ".join(filter(None, (long_clip_note(card, len(given)), stands_note(scored.camera)))),
    )


def _bytes(rate: Rate) -> bytes:
    return np.asarray(rate).tobytes()
