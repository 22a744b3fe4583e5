"""Commands that leave a part out and see what it costs: `ablate length` and the others of `COMMANDS`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.console import out, progress_bar, write_json
from engine.cli.loading import load_models
from engine.cli.options import (
    CLIP,
    MOST_THREADS,
    READING,
    VIEW,
    Given,
    Json,
    experiment_of,
    names,
    takes,
    whole_numbers,
)
from engine.models.defaults import BEHIND_DETECTORS, LIVE, OF_VIEWS


def ablate_length(
    data: Annotated[Path, typer.Option(help="Folder that holds the splits train, val and test.")],
    folder: Annotated[Path, typer.Option("--out", help="Folder of the runs; what was stopped goes on in it.")],
    lengths: Annotated[str, typer.Option(help="Frames of a window.")] = "41,96,144,196",
    steps: Annotated[int, typer.Option(min=1, help="Of each run.")] = 2_000,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads of the networks.")] = 1,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    bfloat16: Annotated[
        bool, typer.Option(help="Matrix products in bfloat16; some processors are faster without.")
    ] = True,
) -> None:
    """SSD-Poser on windows of several lengths: ssd_poser_small trained on each, measured and drawn.

    Every run is shown as many frames in as many steps.
    """
    from engine.report.length_ablation import ablate_length as run_ablation
    from engine.report.length_ablation import length_table

    found = run_ablation(
        data, folder, whole_numbers(lengths, "--lengths", "41,96,144,196"),
        steps=steps, threads=threads, seed=seed, bfloat16=bfloat16,
    )  # fmt: skip
    typer.echo(length_table(found))
    out.print(f"wrote {folder / 'lengths.svg'} and lengths.json beside it", soft_wrap=True)


@takes(CLIP, VIEW, READING)
def ablate_decoder(
    given: Given,
    output: Annotated[Path, typer.Option("--out", help="SVG, PDF or PNG to write.")],
    model: Annotated[
        str, typer.Option("--model", "--models", help="With and without it.")
    ] = "ssd_poser_small,ssd_poser_small_plain",
    joint: Annotated[str, typer.Option(help="The joint whose acceleration is taken apart.")] = "left ankle",
) -> None:
    """SSD-Poser with and without its frequency-aware decoder: jitter over a clip, and the spectrum of a joint."""
    from engine.experiment.prepared import recording_of
    from engine.experiment.run import run
    from engine.export.chart import check_ending, save_chart
    from engine.motion.clip import rate_hz
    from engine.report.decoder_chart import decoder_chart, smoothness_of

    check_ending(output)
    experiment = experiment_of(given | {"model": model})
    with progress_bar() as say:
        recording, models = recording_of(experiment), load_models(experiment)
        step = max(1, round(rate_hz(recording.times) / models(experiment.models[0]).card.rate_hz))
        experiment = experiment.with_input(subsample=step)
        results = run(experiment, recording=recording, models=models, progress=say, dressed=True)
    found = smoothness_of(results, joint)
    save_chart(decoder_chart(found, f"{results.clip_name}, {results.input_hz:.4g} Hz", joint), output)
    for each in found:
        out.print(f"{each.label}: jitter {each.jitter.mean():.2f} · 10² m/s³", markup=False)
    out.print(f"wrote {output}", soft_wrap=True)


def ablate_views(
    data: Annotated[Path, typer.Option(help="Folder that holds the split test, or a cache of motions (.npz).")],
    models: Annotated[
        str, typer.Option("--model", "--models", help="Models of several views.")
    ] = "mv_ssm_keypoints,mv_ssm_keypoints_mean,mv_ssm_keypoints_scan",
    runs: Annotated[
        str | None, typer.Option(help="Folders of their runs, in order, instead of shipped weights.")
    ] = None,
    views: Annotated[str, typer.Option(help="Numbers of cameras.")] = "2,3,4,5,8",
    conditions: Annotated[str | None, typer.Option(help="Which of them, by name; else all.")] = None,
    rigs: Annotated[int, typer.Option(min=1, help="Rigs for each number of cameras.")] = 60,
    frames: Annotated[int, typer.Option(min=1, help="Frames that each of them sees, at 60 Hz.")] = 20,
    threads: Annotated[int, typer.Option(min=1, max=MOST_THREADS, help="CPU threads.")] = 1,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    prior: Annotated[
        str | None, typer.Option(help="A lifting model: also triangulation that is drawn to its poses of every view.")
    ] = None,
    json_file: Json = None,
    picture: Annotated[
        Path | None, typer.Option(help="Draw the errors over the number of views to this SVG, PDF or PNG.")
    ] = None,
) -> None:
    """Models of several views beside triangulation, on people and random rigs that training never saw.

    Where "measured" is among several conditions, what each of the others costs is told as well.
    """
    from engine.export.chart import check_ending, save_chart
    from engine.report.view_comparison import compare_views, comparison_json, view_tables
    from engine.report.view_losses import loss_table, view_chart

    if picture is not None:
        check_ending(picture)
    with progress_bar() as say:
        found = compare_views(
            data, names(models), [Path(run) for run in names(runs or "")],
            views=whole_numbers(views, "--views", "2,3,4"), conditions=names(conditions or "") or None,
            rigs=rigs, frames=frames, threads=threads, seed=seed, prior=prior, progress=say,
        )  # fmt: skip
    typer.echo(view_tables(found))
    if losses := loss_table(found):
        typer.echo(f"\n{losses}")
    if picture is not None:
        save_chart(view_chart(found), picture)
        out.print(f"wrote {picture}", soft_wrap=True)
    if json_file is not None:
        write_json(json_file, comparison_json(found))


def ablate_people(
    data: Annotated[Path, typer.Option(help="Folder that holds the split test, or a cache of motions (.npz).")],
    models: Annotated[str, typer.Option("--model", "--models", help="Models of several views.")] = ",".join(OF_VIEWS),
    people: Annotated[str, typer.Option(help="Numbers of people, side by side.")] = "1,2,3",
    cameras: Annotated[str, typer.Option(help="Numbers of cameras, in a ring.")] = "3,4,5",
    scenes: Annotated[int, typer.Option(min=1, help="For each of both.")] = 10,
    frames: Annotated[int, typer.Option(min=2, help="Of each scene, at 60 Hz.")] = 120,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    json_file: Json = None,
) -> None:
    """Several people whom the cameras of a rig see at once, through the measured errors of a detector.

    Told are how often everybody is found, how often an id moves to another person, and the errors of everybody.
    """
    from engine.models.devices import set_inference_threads
    from engine.models.loading import load_model
    from engine.report.people_ablation import ablate_people as run_ablation
    from engine.report.people_ablation import people_table

    set_inference_threads()
    loaded = [load_model(name) for name in names(models)]
    with progress_bar() as say:
        found = run_ablation(
            data, loaded, people=whole_numbers(people, "--people", "1,2,3"),
            cameras=whole_numbers(cameras, "--cameras", "3,4,5"), scenes=scenes, frames=frames, seed=seed, progress=say,
        )  # fmt: skip
    typer.echo(people_table(found))
    if json_file is not None:
        write_json(json_file, {"rows": [row.to_json() for row in found]})


def ablate_room(
    model: Annotated[str, typer.Option(help="A lifting model.")] = LIVE,
    detector: Annotated[
        str | None, typer.Option(help="Paint people, and find them by this one; else keypoints with 1 % of noise.")
    ] = None,
    clips: Annotated[str, typer.Option(help="Built-in clips, or files.")] = "walk,turn,wave",
    seconds: Annotated[float, typer.Option(min=1, max=600, help="Of each of them, at 30 Hz.")] = 5.0,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    json_file: Json = None,
) -> None:
    """Cameras that lean, and that nobody calibrated: taken to be level, estimated from the people, or given."""
    from engine.detector.library import chosen
    from engine.models.devices import set_inference_threads
    from engine.models.loading import load_model
    from engine.report.room_ablation import ablate_room as run_ablation
    from engine.report.room_ablation import room_table

    if detector is not None:
        chosen(detector)
    set_inference_threads()
    with progress_bar() as say:
        found = run_ablation(load_model(model), detector, clips=names(clips), seconds=seconds, seed=seed, progress=say)
    typer.echo(f"{model}, {detector or 'noise of 1 %'}:\n\n{room_table(found)}")
    if json_file is not None:
        write_json(json_file, {"model": model, "detector": detector, "rows": [row.to_json() for row in found]})


def ablate_chain(
    recording: Annotated[
        Path | None, typer.Option(help="Folder that holds `calibration` and `videos` of four cameras.")
    ] = None,
    models: Annotated[
        str, typer.Option("--model", "--models", help="Lifting models; frames come late to the first causal one.")
    ] = ",".join(BEHIND_DETECTORS),
    detectors: Annotated[str, typer.Option("--detector", "--detectors", help="Which of them.")] = "heavy,full,lite",
    clips: Annotated[str, typer.Option(help="Built-in clips, or files, that are painted.")] = "walk,turn,wave,squat",
    views: Annotated[str, typer.Option(help="From where each of them is seen.")] = "front,front-left,right",
    seconds: Annotated[float, typer.Option(min=1, max=600, help="Of each of them, at 30 Hz.")] = 6.0,
    flip: Annotated[bool, typer.Option("--flip", help="Each model flip averaged as well, in rows of its own.")] = False,
    page: Annotated[
        Path | None, typer.Option(help="Markdown file whose tables of the chain are made anew, between their marks.")
    ] = None,
    json_file: Json = None,
) -> None:
    """The chain from picture to pose: models behind each detector beside the same models on true keypoints.

    On painted people, and on a recording of several cameras whose truth is what they agree on by the detector heavy.
    Keypoints are kept in the cache folder.
    """
    from engine.detector.library import chosen
    from engine.experiment.loaded import LoadedModels
    from engine.experiment.settings import ModelChoice
    from engine.models.devices import set_inference_threads
    from engine.report.chain.run import run_chain
    from engine.report.chain.tables import TABLES
    from engine.report.results_page import filled
    from engine.writing import save_text

    wanted = chosen(detectors)
    text = None if page is None else page.read_text(encoding="utf-8")
    set_inference_threads()
    choices = [ModelChoice(name=name) for name in names(models)]
    choices += [ModelChoice(name=choice.name, flip=True) for choice in choices if flip]
    load = LoadedModels()
    loaded = {choice.variant: load(choice) for choice in choices}
    with progress_bar() as say:
        found = run_chain(
            loaded, wanted, recording, clips=names(clips), views=names(views), seconds=seconds, progress=say
        )
    for table in TABLES.values():
        typer.echo(f"{table(found)}\n")
    if page is not None and text is not None:
        save_text(filled(text, {name: partial(table, found) for name, table in TABLES.items()}), page)
        out.print(f"wrote {page}", soft_wrap=True)
    if json_file is not None:
        write_json(json_file, found.to_json())


COMMANDS: dict[str, Callable[..., None]] = {
    "length": ablate_length,
    "decoder": ablate_decoder,
    "views": ablate_views,
    "people": ablate_people,
    "room": ablate_room,
    "chain": ablate_chain,
}
