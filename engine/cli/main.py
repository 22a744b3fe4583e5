"""The command line: every command builds an experiment, runs it with the functions the window uses, and prints.

Heavy imports (torch, the window) happen inside the commands that need them.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from typer.core import TyperGroup

from engine import __version__
from engine.cli.console import (
    err,
    mean_of,
    out,
    print_clips,
    print_models,
    print_pairs,
    print_results,
    print_sweep,
    progress_bar,
    settings_of,
    write_json,
)
from engine.cli.options import (
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
    numbers,
    takes,
    variation,
    whole_numbers,
)
from engine.errors import InputError, file_error

if TYPE_CHECKING:
    from engine.experiment.pipeline import LiftingModel
    from engine.experiment.results import Results
    from engine.experiment.settings import Experiment
    from engine.models.card import ModelCard
    from engine.models.registry import ModelEntry

WINDOW = "open"
OFFSCREEN_FOLDER = Path("out")


class Commands(TyperGroup):
    """`kinestate FILE` is `kinestate open FILE`; an InputError is one sentence on stderr and exit code 2."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        known = {*self.commands, "--help", "--version", "--install-completion", "--show-completion"}
        return super().parse_args(ctx, args if args and args[0] in known else [WINDOW, *args])

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except InputError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(2) from None


app = typer.Typer(cls=Commands, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
check_app = typer.Typer(help="Check a promise on your own clip.", no_args_is_help=True)
app.add_typer(check_app, name="check")
bench_app = typer.Typer(help="Measure speed on this machine.", no_args_is_help=True)
app.add_typer(bench_app, name="bench")


def main() -> None:
    """Entry point of the console script."""
    app()


Json = Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")]


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Kinestate: a workbench for human-motion models built on state space models.

    `kinestate [FILE]` opens the window.
    """


# -- the window -----------------------------------------------------------------------------------------------


@app.command(WINDOW, hidden=True)
def open_window(
    file: Annotated[Path | None, typer.Argument(help="Motion file or session to open.")] = None,
    offscreen: Annotated[bool, typer.Option("--offscreen", help="Draw the demo to out/ instead.")] = False,
) -> None:
    """The window; without a display the demo is drawn to out/demo.png, and out/demo.json holds its figures."""
    if offscreen or not _has_display():
        from app.render.offscreen_demo import run_demo

        if not offscreen:
            err.print("There is no display, so the demo is drawn off-screen.")
        run_demo(OFFSCREEN_FOLDER, say=out.print, clip=str(file) if file else None)
        return
    from app.main import run_app

    raise typer.Exit(run_app(None if file is None else str(file)))


def _has_display() -> bool:
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


# -- figures --------------------------------------------------------------------------------------------------


@app.command("eval")
@takes(CLIP, MODELS, VIEW, RATE, RESAMPLE, STRESS, READING, SESSION)
def evaluate(given: Given, json_file: Json = None) -> None:
    """Measure models on a clip; on a folder or archive, each clip and the mean over frames."""
    from engine.experiment.pipeline import open_source, run, sources

    experiment = experiment_of(given)
    found = sources(experiment)
    models = _load(experiment)
    results: list[Results] = []
    failed: dict[str, str] = {}
    with progress_bar() as say:
        for number, source in enumerate(found):
            say(number / len(found), source.name)
            try:
                results.append(run(experiment, clip=open_source(source, experiment), models=models))
            except InputError as error:
                if len(found) == 1:
                    raise
                failed[source.name] = str(error)
    for text in failed.values():
        err.print(f"[yellow]left out:[/] {escape(text)}", soft_wrap=True)
    if not results:
        raise InputError(next(iter(failed.values())))
    if len(found) == 1:
        print_results(results[0])
        figures = results[0].to_json()
    else:
        mean = mean_of(results)
        print_clips(results, mean)
        figures = {"clips": [r.to_json() for r in results], "mean": mean, "failed": failed}
    if json_file is not None:
        write_json(json_file, figures | {"settings": settings_of(experiment)})


@app.command()
@takes(CLIP, MODELS, VIEW, STRESS, READING, SESSION)
def sweep(
    given: Given,
    data: Annotated[Path | None, typer.Option(help="Folder that holds splits (train, val, test).")] = None,
    split: Annotated[str, typer.Option(help="Which split of --data: a folder or archive of that name.")] = "test",
    rates: Annotated[
        str | None, typer.Option(help="Keep one frame in each of these, of the trained rate; else 1,2,4,8,16.")
    ] = None,
    vary: Annotated[
        str | None, typer.Option(help="Vary a stress: drop, jitter, mask, limbs, bar or noise; at rate 1 or --rates.")
    ] = None,
    levels: Annotated[str | None, typer.Option(help="Levels of what is varied, such as 0,0.1,0.3.")] = None,
    json_file: Json = None,
    picture: Annotated[Path | None, typer.Option(help="Draw the table to this PNG.")] = None,
) -> None:
    """The rate table: frame rates × (Δ as trained, Δ rescaled, input resampled to the trained rate).

    With --vary drop or --vary jitter, irregular sampling: Δ per frame, nominal Δ, input resampled.
    """
    from engine.experiment.sweep import sweep as run_sweep

    if data is not None:
        given["clip"] = str(_split(data, split))
    if levels is not None and vary is None:
        raise InputError("--levels says how much, but not of what; name it with --vary.")
    field, chosen = variation(vary, levels) if vary is not None else (None, None)
    experiment = experiment_of(given)
    loaded = _load(experiment)
    with progress_bar() as say:
        table = run_sweep(
            experiment,
            rates=whole_numbers(rates or ("1" if vary else "1,2,4,8,16"), "--rates", "1,2,4,8,16"),
            vary=field,
            levels=chosen,
            progress=say,
            models=loaded,
        )
    print_sweep(table)
    for text in table.failed.values():
        err.print(f"[yellow]left out:[/] {escape(text)}", soft_wrap=True)
    if json_file is not None:
        write_json(json_file, table.to_json() | {"settings": settings_of(experiment)})
    if picture is not None:
        from engine.export.curves import sweep_picture
        from engine.export.picture import save_png

        save_png(sweep_picture(table), picture)
        out.print(f"wrote {picture}")


@app.command()
@takes(CLIP, MODELS, VIEW, RATE, RESAMPLE, STRESS, READING, SESSION)
def render(
    given: Given,
    output: Annotated[Path, typer.Option("--out", help="Video (.mp4) or picture (.png) to write.")],
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT in pixels.")] = "1280x720",
    view: Annotated[str, typer.Option(help="three-quarter, front, side or top.")] = "three-quarter",
    theme: Annotated[str, typer.Option(help="dark or light.")] = "dark",
    apart: Annotated[float, typer.Option(min=0, max=10, help="Metres between people, to see them side by side.")] = 0.0,
    grid: Annotated[bool, typer.Option("--grid", help="Each model with the truth in a view of its own.")] = False,
    fps: Annotated[float, typer.Option(min=1, max=240, help="Of the video; the motion keeps its own time.")] = 30.0,
    frame: Annotated[int | None, typer.Option(min=0, help="Frame of the picture; else the middle one.")] = None,
) -> None:
    """A video or picture of truth and predictions in 3D, their error below."""
    from engine.experiment.pipeline import run

    kind = output.suffix.lower()
    if kind not in (".mp4", ".png"):
        raise InputError(f"{output.name}: the ending says neither .mp4 nor .png; choose one of them.")
    shape = numbers(size, "x", "--size", "WIDTHxHEIGHT such as 1280x720", least=64)
    experiment = experiment_of(given, need_model=False)
    with progress_bar() as say:
        from app.render.film import Look, write_film, write_picture

        look = Look(shape, view, theme, apart, grid)
        results = run(experiment, models=_load(experiment), progress=lambda share, text: say(0.3 * share, text))
        if kind == ".png":
            write_picture(results, output, look, frame)
        else:
            write_film(results, output, look, fps, progress=lambda share, text: say(0.3 + 0.7 * share, text))
    out.print(f"wrote {output}")


@check_app.command("streaming")
@takes(CLIP, VIEW, RATE, STRESS, READING, SESSION)
def check_streaming(
    given: Given,
    model: Annotated[str, typer.Option(help="A causal model.")],
    json_file: Json = None,
) -> None:
    """Whole clip, frame by frame and in random chunks: the same numbers? Exit code 1 if not."""
    from engine.experiment.pipeline import degrade, load_clip, observe, person_height
    from engine.experiment.streaming_check import TOLERANCE_M
    from engine.experiment.streaming_check import check_streaming as run_check
    from engine.models.registry import find_model, load_model

    experiment = experiment_of(given | {"model": model})
    if not find_model(model).causal:
        raise InputError(
            f"{model} is bidirectional: it needs frames that have not happened yet and cannot be streamed; "
            "choose a causal model."
        )
    observation = observe(load_clip(experiment), experiment.camera, experiment.frames)
    with progress_bar() as say:
        found = run_check(
            load_model(model),
            degrade(observation.keypoints, experiment.input),
            height_m=person_height(observation, experiment.height_m)[0],
            delta=experiment.delta,
            seed=experiment.input.seed,
            progress=say,
        )
    out.print(f"{found.model} on {found.clip}, {found.frames} frames")
    out.print(f"  frame by frame    {found.frame_by_frame_m:.2e} m from the whole-clip prediction")
    out.print(f"  {len(found.chunks)} random chunks  {found.chunked_m:.2e} m")
    out.print(f"  {'equal' if found.passed else 'NOT equal'} within {TOLERANCE_M:g} m")
    if json_file is not None:
        write_json(json_file, found.to_json() | {"settings": settings_of(experiment)})
    if not found.passed:
        raise typer.Exit(1)


@bench_app.command("streaming")
def bench_streaming(
    contexts: Annotated[str, typer.Option(help="Frames of the past.")] = "27,81,243,729,2187",
    batches: Annotated[str | None, typer.Option(help="Streams at once; else 1, and on a GPU 1 and 32.")] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads; else every core up to eight.")] = None,
    models: Annotated[
        str, typer.Option(help="A causal HumMUSS and a causal MotionBERT.")
    ] = "hummuss_16m_causal,motionbert_lite_causal",
    json_file: Json = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the times to this PNG.")] = None,
) -> None:
    """What a streamed frame costs as its past grows: an SSM's step, a transformer's cache, a window run again."""
    from engine.bench.streaming import bench_streaming as run_bench
    from engine.export.streaming_report import streaming_markdown, streaming_picture

    names = models.split(",")
    if len(names) != 2:
        raise InputError(f"--models {models!r} cannot be used; give a causal HumMUSS, a comma and a causal MotionBERT.")
    with progress_bar() as say:
        found = run_bench(
            contexts=whole_numbers(contexts, "--contexts", "27,243"),
            batches=whole_numbers(batches or ("1" if device == "cpu" else "1,32"), "--batches", "1,32"),
            device=device,
            threads=threads,
            presets=(names[0].strip(), names[1].strip()),
            progress=say,
        )
    typer.echo(streaming_markdown(found))
    if json_file is not None:
        write_json(json_file, found.to_json())
    if plot is not None:
        from engine.export.picture import save_png

        save_png(streaming_picture(found), plot)
        out.print(f"wrote {plot}")


@app.command()
def train(
    model: Annotated[str, typer.Option(help="Which model to train.")],
    data: Annotated[Path, typer.Option(help="Folder that holds the splits train and val.")],
    folder: Annotated[Path, typer.Option("--out", help="The run's folder; a run that was stopped goes on in it.")],
    steps: Annotated[int, typer.Option(min=1)] = 10_000,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads of the network.")] = 1,
    workers: Annotated[int, typer.Option(min=0, help="Processes that prepare batches.")] = 0,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    continue_shipped: Annotated[
        bool, typer.Option("--continue-shipped", help="Go on from the shipped weights.")
    ] = False,
    start_from: Annotated[str | None, typer.Option(help="Start from another model's shipped weights.")] = None,
    learning_rate: Annotated[float, typer.Option(min=0, help="Of the plateau.")] = 3e-3,
    bfloat16: Annotated[
        bool, typer.Option(help="Matrix products in bfloat16; some processors are faster without.")
    ] = True,
) -> None:
    """Train a model: on one CPU or, under torchrun, on many GPUs and machines."""
    from engine.training.run import run_training

    run_training(
        model, data, folder,
        steps=steps, threads=threads, workers=workers, seed=seed,
        continue_shipped=continue_shipped, start_from=start_from,
        learning_rate=learning_rate, bfloat16=bfloat16,
    )  # fmt: skip


@app.command()
def ship(
    model: Annotated[str, typer.Option(help="Which model the run trained.")],
    run: Annotated[Path, typer.Option(help="The run's folder.")],
    data: Annotated[Path, typer.Option(help="Folder that holds the splits val and test.")],
) -> None:
    """Make a run's weights the shipped ones: safetensors, a card with measured figures, a checkpoint to go on from."""
    from engine.report.grading import grade
    from engine.training.ship import ship as ship_run

    ship_run(run, model)
    with progress_bar() as say:
        card = grade(model, data, progress=say)
    typer.echo(card.model_dump_json(indent=2))


@app.command("import-weights")
def import_weights(
    file: Annotated[Path, typer.Argument(help="Checkpoint of MotionBERT, SasMamba or PoseMamba.")],
    name: Annotated[str | None, typer.Option("--as", help="Name of the model; else that of the file.")] = None,
    folder: Annotated[Path | None, typer.Option("--out", help="Folder, instead of your own folder of models.")] = None,
) -> None:
    """Make a released checkpoint a model beside the others. What a file names is never run."""
    from engine.models.import_weights import import_weights as run_import
    from engine.models.registry import imported_folder

    done = run_import(file, name, folder)
    card = done.card
    own = ", ".join(f"{key} {value}" for key, value in card.config.items() if isinstance(value, int))
    print_pairs([
        ("model", f"{card.name} ({card.system})"),
        ("file", f"{file.name}: {', '.join(done.found)}"),
        ("sizes", f"those of {done.preset}" if done.preset else f"of no model here: {own}"),
        ("parameters", f"{card.params:,}, of which modules hold {card.params_module_held:,}"),
        ("written", str(done.weights)),
    ])  # fmt: skip
    for note in card.notes:
        out.print(f"- {escape(note)}", soft_wrap=True)
    if done.weights.parent != imported_folder():
        out.print(f"It is listed where KINESTATE_MODELS names {escape(str(done.weights.parent))}.", soft_wrap=True)


# -- what there is --------------------------------------------------------------------------------------------


@app.command()
def models(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Every model, trained or not."""
    from engine.models.registry import list_models

    cards = [_sized_card(entry) for entry in list_models()]
    if as_json:
        typer.echo(json.dumps([_card_row(card) for card in cards], indent=2, ensure_ascii=False))
    else:
        print_models(cards)


def _card_row(card: ModelCard) -> dict[str, Any]:
    return {
        "name": card.name,
        "system": card.system,
        "params": card.params,
        "params_module_held": card.params_module_held,
        "macs": card.macs_per_frame,
        "published_macs": card.published_macs,
        "trained": card.trained,
        "trained_hz": card.trained_hz,
        "trained_frames": card.trained_frames,
        "streaming": card.causal,
        "follows_rate": card.follows_rate,
        "summary": card.summary,
    }


def _sized_card(entry: ModelEntry) -> ModelCard:
    """The model's card; an untrained one's sizes are counted on a network built for it."""
    if entry.trained:
        return entry.card
    from engine.models.counting import count

    return entry.card.model_copy(update=asdict(count(entry.build())))


@app.command()
@takes(READING)
def info(given: Given, file: Annotated[str, typer.Argument(help="Motion file, folder or archive.")]) -> None:
    """What a file holds, and what its reader found and assumed."""
    from engine.data.file_card import file_card
    from engine.experiment.pipeline import sources

    experiment = experiment_of(given | {"clip": file}, need_model=False)
    found = sources(experiment)
    if len(found) > 1:
        out.print(f"{len(found)} clips; choose one with --select for its card:")
        for source in found:
            out.print(f"  {source.name}  ({source.format.name})", markup=False)
        return
    card = file_card(found[0].open(rate_hz=experiment.rate_hz, unit=experiment.unit, up=experiment.up))
    print_pairs(card)


@app.command()
def doctor() -> None:
    """Versions, devices, the GL renderer, and what is missing and why."""
    from engine.report import installation as checks

    print_pairs(checks.software())
    out.print()
    print_pairs(checks.devices())
    print_pairs([*checks.kernels(), ("GL renderer", _gl_renderer())])
    out.print("\nSMPL files were looked for in")
    print_pairs(checks.smpl())


def _gl_renderer() -> str:
    try:
        from app.view3d.egl import gl_renderer

        return str(gl_renderer())
    except Exception as error:  # no EGL, no driver, a driver that fails: all of it is the finding
        return f"none off-screen ({type(error).__name__}: {error})"


# -- what commands need -------------------------------------------------------------------------------------


def _split(folder: Path, split: str) -> Path:
    from engine.data.registry import ARCHIVE_SUFFIXES

    for place in (folder / split, *(folder / f"{split}{suffix}" for suffix in ARCHIVE_SUFFIXES)):
        if place.exists():
            return place
    raise file_error(folder, f"split {split}", "is neither a folder nor an archive in it", "check --data and --split")


def _load(experiment: Experiment) -> dict[str, LiftingModel]:
    """The experiment's models by `ModelChoice.key`; names are checked first, untrained ones are pointed out."""
    from engine.experiment.pipeline import load
    from engine.models.registry import find_model

    choices = {choice.key: choice for choice in experiment.models}
    for entry in {choice.name: find_model(choice.name) for choice in choices.values()}.values():
        if not entry.usable:
            err.print(
                f"[yellow]{entry.name} is not trained:[/] its weights are random, its figures meaningless.",
                soft_wrap=True,
            )
    return {key: load(choice.name, choice.device) for key, choice in choices.items()}
