"""Commands that check a promise: `check streaming`, `check replay`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.console import out, progress_bar, settings_of, write_json
from engine.cli.loading import load_models, point_out_untrained
from engine.cli.options import ANSWER, CLIP, RATE, READING, SESSION, STRESS, VIEW, Given, Json, experiment_of, takes
from engine.errors import InputError


@takes(CLIP, ANSWER, VIEW, RATE, STRESS, READING, SESSION)
def check_streaming(
    given: Given,
    model: Annotated[str, typer.Option(help="A causal model.")],
    json_file: Json = None,
) -> None:
    """Whole clip, frame by frame and in random chunks: the same numbers? Exit code 1 if not."""
    from engine.experiment.prepared import prepare, recording_of
    from engine.experiment.streaming_check import TOLERANCE_M
    from engine.experiment.streaming_check import check_streaming as run_check
    from engine.models.families import find_model

    experiment = experiment_of(given | {"model": model})
    if find_model(model).card.streams == "no":
        raise InputError(
            f"{model} is bidirectional: it needs frames that have not happened yet and cannot be streamed; "
            "choose a causal model."
        )
    prepared = prepare(experiment, recording_of(experiment))
    models = load_models(experiment)
    with progress_bar() as say:
        found = run_check(
            models(experiment.models[0]), prepared, experiment.rate, seed=experiment.input.seed, progress=say
        )
    out.print(f"{experiment.models[0].label} on {found.clip}, {found.frames} frames")
    unit = " m" if found.unit else " of probability"
    out.print(f"  frame by frame    {found.frame_by_frame_m:.2e}{unit} from the whole-clip prediction")
    out.print(f"  {len(found.chunks)} random chunks  {found.chunked_m:.2e}{unit}")
    out.print(f"  {'equal' if found.passed else 'NOT equal'} within {TOLERANCE_M:g}{unit}")
    if json_file is not None:
        write_json(json_file, found.to_json() | {"settings": settings_of(experiment)})
    if not found.passed:
        raise typer.Exit(1)


def replay(
    file: Annotated[Path, typer.Argument(help="A .jsonl that `kinestate live --record` wrote.")],
    json_file: Json = None,
) -> None:
    """A live recording, run again: the joints that were shown? Exit code 1 if not."""
    from engine.live.recording import read_recording
    from engine.live.replay_check import TOLERANCE_M, check_replay
    from engine.models.devices import set_inference_threads
    from engine.models.loading import load_model

    recording = read_recording(file)
    point_out_untrained(recording.model)
    set_inference_threads()
    model = load_model(recording.model)
    found = check_replay(file, recording, model.with_flip_averaging() if recording.flip else model)
    out.print(f"{found.model} on {file.name}, {found.frames} frames in {found.streams} streams", soft_wrap=True)
    out.print(f"  run again  {found.max_difference_m:.2e} m from what was shown")
    out.print(f"  {'equal' if found.passed else 'NOT equal'} within {TOLERANCE_M:g} m")
    if json_file is not None:
        write_json(json_file, found.to_json())
    if not found.passed:
        raise typer.Exit(1)


COMMANDS: dict[str, Callable[..., None]] = {"streaming": check_streaming, "replay": replay}
