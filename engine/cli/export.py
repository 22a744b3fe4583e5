"""Command that writes motion for other programs: `export`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.console import err, out, progress_bar
from engine.cli.loading import load_models
from engine.cli.options import (
    ANSWER,
    CLIP,
    MODELS,
    RATE,
    READING,
    RESAMPLE,
    SESSION,
    STRESS,
    VIEW,
    Given,
    experiment_of,
    takes,
)
from engine.errors import InputError

if TYPE_CHECKING:
    from engine.export.motion.motion import Motion


@takes(CLIP, MODELS, ANSWER, VIEW, RATE, RESAMPLE, STRESS, READING, SESSION)
def export(
    given: Given,
    output: Annotated[Path, typer.Option("--out", "-o", help="File to write; several people get their names in it.")],
    format: Annotated[
        str | None, typer.Option(help="glb, bvh, amass, obj, ply, trc, c3d or csv; else by the file's ending.")
    ] = None,
    body: Annotated[bool, typer.Option("--body", help="Fit a body to what gives joints alone, and write it.")] = False,
    frame: Annotated[
        int | None, typer.Option(min=0, help="One frame alone; of a mesh the middle one, unless --frames are given.")
    ] = None,
) -> None:
    """The motion as glTF, BVH, AMASS npz, mesh or markers: the truth or, with --model, what models predict.

    `truth` may stand among the models' names.
    """
    from engine.experiment.loaded import LoadedModels
    from engine.experiment.prepared import recording_of
    from engine.experiment.run import run
    from engine.export.motion.chosen import TRUTH, dressed, needs_body, prediction_of, truth_of
    from engine.export.motion.formats import format_of

    chosen = format_of(format, output)
    names = [name.strip() for name in (given.get("model") or "").split(",") if name.strip()]
    models = [name for name in names if name != TRUTH]
    experiment = experiment_of(given | {"model": ",".join(models) or None}, need_model=False)
    with_truth = TRUTH in names or not experiment.models
    with progress_bar() as say:
        recording = recording_of(experiment)
        loaded = load_models(experiment) if experiment.models else LoadedModels()  # the truth needs no torch
        truth_body = with_truth and needs_body(chosen, TRUTH, joints_only=False, fit=body)
        bodies = [
            needs_body(chosen, choice.label, joints_only=loaded(choice).card.predicts == "joints", fit=body)
            for choice in experiment.models
        ]
        results = run(
            experiment, recording=recording, models=loaded, progress=lambda share, text: say(0.4 * share, text)
        )
        motions: list[Motion] = []
        if with_truth:
            worn = dressed(recording, lambda share, text: say(0.4 + 0.2 * share, text)) if truth_body else None
            motions.append(truth_of(results, recording, experiment.file.frames, worn=worn))
        motions += [prediction_of(results, recording, k, body=wanted) for k, wanted in enumerate(bodies)]
        written = []
        for k, motion in enumerate(motions):
            if chosen.single and given["frames"] is None and frame is None:
                frame = len(motion) // 2
            one = motion if frame is None else _frame(motion, frame)
            target = output if len(motions) == 1 else beside(output, motion.what)

            def report(share: float, text: str, k: int = k) -> None:
                say(0.6 + 0.4 * (k + share) / len(motions), text)

            written.append(chosen.write(one, target, report))
    for found in written:
        shown = found.paths if len(found.paths) < 4 else (found.paths[0], "…", found.paths[-1])
        out.print(f"wrote {', '.join(map(str, shown))}", soft_wrap=True)
    for note in dict.fromkeys(note for found in written for note in found.notes):
        err.print(note, soft_wrap=True)


def beside(path: Path, what: str) -> Path:
    """The file of one of several people: walk.glb of hummuss_small is walk-hummuss_small.glb."""
    return path.with_name(f"{path.stem}-{re.sub(r'[^A-Za-z0-9_.-]+', '-', what)}{path.suffix}")


def _frame(motion: Motion, frame: int) -> Motion:
    """One frame of a motion. Raises InputError."""
    if frame >= len(motion):
        raise InputError(f"{motion.name}: frame {frame} is not in its {len(motion)} frames; choose another.")
    return motion.take(slice(frame, frame + 1))


COMMANDS: dict[str, Callable[..., None]] = {"export": export}
