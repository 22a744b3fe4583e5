"""Commands that measure models on clips: `eval` and `sweep`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.console import (
    mean_of,
    out,
    print_clips,
    print_results,
    print_sweep,
    progress_bar,
    report_failed,
    settings_of,
    warn,
    write_json,
)
from engine.cli.loading import load_models, opening
from engine.cli.options import (
    ANSWER,
    CLIP,
    MODELS,
    MOUNT,
    RATE,
    READING,
    RESAMPLE,
    SESSION,
    STRESS,
    VIEW,
    Given,
    Json,
    Processes,
    Scheduler,
    experiment_of,
    takes,
    variation,
    whole_numbers,
)
from engine.errors import InputError, file_error

if TYPE_CHECKING:
    from engine.experiment.settings import Experiment
    from engine.experiment.spread import Spread


@takes(CLIP, MODELS, ANSWER, VIEW, MOUNT, RATE, RESAMPLE, STRESS, READING, SESSION)
def evaluate(given: Given, json_file: Json = None, processes: Processes = None, scheduler: Scheduler = None) -> None:
    """Measure models on a clip; on a folder or archive, each clip and the mean over frames."""
    from engine.experiment.clips import openers, run_each

    experiment = experiment_of(given)
    with opening(experiment):
        clips = openers(experiment)
    models = load_models(experiment)
    with _workers(processes, scheduler, len(clips), experiment) as spread, progress_bar() as say:
        found = dict(run_each(experiment, clips, models, progress=say, spread=spread))
    results = [result for _, result in sorted(found.items()) if not isinstance(result, str)]
    failed = {clips[number][0]: said for number, said in sorted(found.items()) if isinstance(said, str)}
    report_failed(failed, len(clips))
    if len(clips) == 1:
        print_results(results[0])
        figures = results[0].to_json()
    else:
        mean = mean_of(results)
        print_clips(results, mean)
        figures = {"clips": [r.to_json() for r in results], "mean": mean, "failed": failed}
    if json_file is not None:
        write_json(json_file, figures | {"settings": settings_of(experiment)})


@takes(CLIP, MODELS, ANSWER, VIEW, STRESS, READING, SESSION)
def sweep(
    given: Given,
    data: Annotated[Path | None, typer.Option(help="Folder that holds splits (train, val, test).")] = None,
    split: Annotated[str, typer.Option(help="Which split of --data: a folder or archive of that name.")] = "test",
    rates: Annotated[
        str | None, typer.Option(help="Keep one frame in each of these, of the trained rate; else 1,2,4,8,16.")
    ] = None,
    vary: Annotated[
        str | None,
        typer.Option(help="Vary a stress by its option, such as drop, mask or lost-hands; at rate 1 or --rates."),
    ] = None,
    levels: Annotated[str | None, typer.Option(help="Levels of what is varied, such as 0,0.1,0.3.")] = None,
    json_file: Json = None,
    picture: Annotated[Path | None, typer.Option(help="Draw the table to this SVG, PDF or PNG.")] = None,
    processes: Processes = None,
    scheduler: Scheduler = None,
    rows: Annotated[
        Path | None, typer.Option(help="File that gets each clip's rows as they come; a stopped sweep goes on from it.")
    ] = None,
) -> None:
    """The rate table: frame rates × (Δ as trained, Δ rescaled, input resampled to the trained rate).

    With --vary drop or --vary jitter, irregular sampling: Δ per frame, nominal Δ, input resampled.
    """
    from engine.experiment.clips import openers
    from engine.experiment.sweep import sweep as run_sweep
    from engine.export.chart import check_ending, save_chart

    if picture is not None:
        check_ending(picture)
    if data is not None:
        given["clip"] = str(_split(data, split))
    if levels is not None and vary is None:
        raise InputError("--levels says how much, but not of what; name it with --vary.")
    field, chosen = variation(vary, levels) if vary is not None else (None, None)
    experiment = experiment_of(given)
    with opening(experiment):
        clips = openers(experiment)
    loaded = load_models(experiment)
    with _workers(processes, scheduler, len(clips), experiment) as spread, progress_bar() as say:
        table = run_sweep(
            experiment,
            rates=whole_numbers(rates or ("1" if vary else "1,2,4,8,16"), "--rates", "1,2,4,8,16"),
            vary=field,
            levels=chosen,
            progress=say,
            clips=clips,
            models=loaded,
            spread=spread,
            row_file=rows,
        )
    print_sweep(table)
    for text in table.failed.values():
        warn("left out:", text)
    if json_file is not None:
        write_json(json_file, table.to_json() | {"settings": settings_of(experiment)})
    if picture is not None:
        from engine.export.sweep_chart import sweep_chart

        save_chart(sweep_chart(table), picture)
        out.print(f"wrote {picture}")


def _workers(
    processes: int | None, scheduler: str | None, clips: int, experiment: Experiment
) -> AbstractContextManager[Spread | None]:
    """What the options open, or as many processes as so many clips are worth."""
    from engine.experiment.spread import processes_for, spread_over

    if processes is None and scheduler is None:
        processes = processes_for(clips, [choice.device for choice in experiment.models])
    return spread_over(processes or 1, scheduler)


def _split(folder: Path, split: str) -> Path:
    from engine.data.registry import ARCHIVE_SUFFIXES

    for place in (folder / split, *(folder / f"{split}{suffix}" for suffix in ARCHIVE_SUFFIXES)):
        if place.exists():
            return place
    raise file_error(folder, f"split {split}", "is neither a folder nor an archive in it", "check --data and --split")


COMMANDS: dict[str, Callable[..., None]] = {"eval": evaluate, "sweep": sweep}
