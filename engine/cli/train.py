"""Commands that make models: `train`, `ship` and `import-weights`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.console import out, print_pairs, progress_bar
from engine.cli.options import LARGEST_SEED, MOST_THREADS, Processes, Scheduler
from engine.errors import printable


def train(
    model: Annotated[str, typer.Option(help="Which model to train.")],
    data: Annotated[Path, typer.Option(help="Folder that holds the splits train and val.")],
    folder: Annotated[Path, typer.Option("--out", help="The run's folder; a run that was stopped goes on in it.")],
    steps: Annotated[int, typer.Option(min=1, max=1_000_000_000)] = 10_000,
    threads: Annotated[int, typer.Option(min=1, max=MOST_THREADS, help="CPU threads of the network.")] = 1,
    workers: Annotated[int, typer.Option(min=0, max=MOST_THREADS, help="Processes that prepare batches.")] = 0,
    seed: Annotated[int, typer.Option(min=0, max=LARGEST_SEED)] = 0,
    continue_shipped: Annotated[
        bool, typer.Option("--continue-shipped", help="Go on from the shipped weights.")
    ] = False,
    start_from: Annotated[
        str | None,
        typer.Option(help="Start from another model's shipped weights, or from two half as wide, as in A,B."),
    ] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option(min=0, help="Of the plateau; else 3e-3, 2e-3 for views, 1e-3 for meshes, 3e-4 for trackers."),
    ] = None,
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


def ship(
    model: Annotated[str, typer.Option(help="Which model the run trained.")],
    run: Annotated[Path, typer.Option(help="The run's folder.")],
    data: Annotated[Path, typer.Option(help="Folder that holds the splits val and test.")],
    processes: Processes = 1,
    scheduler: Scheduler = None,
    pages: Annotated[
        list[Path] | None, typer.Option("--page", help="Markdown file whose tables of the models are made anew.")
    ] = None,
) -> None:
    """Make a run's weights the shipped ones: safetensors, a card with measured figures, a checkpoint to go on from."""
    from engine.experiment.spread import spread_over
    from engine.models.devices import set_inference_threads
    from engine.report.grading import grade
    from engine.report.results_page import remake
    from engine.training.ship import ship as ship_run

    for page in pages or ():
        page.read_bytes()  # one that is not there is said before the hour of grading
    set_inference_threads()
    ship_run(run, model)
    with spread_over(processes or 1, scheduler) as spread, progress_bar() as say:
        card = grade(model, data, progress=say, spread=spread)
    for page in pages or ():
        remake(page)
    typer.echo(printable(card.model_dump_json(indent=2)))


def import_weights(
    file: Annotated[Path, typer.Argument(help="Checkpoint of MotionBERT, SasMamba, PoseMamba, STAMPose or MVGFormer.")],
    name: Annotated[str | None, typer.Option("--as", help="Name of the model; else that of the file.")] = None,
    folder: Annotated[Path | None, typer.Option("--out", help="Folder, instead of your own folder of models.")] = None,
) -> None:
    """Make a released checkpoint a model beside the others. What a file names is never run."""
    from engine.models.card import OBSERVATIONS
    from engine.models.import_weights import import_weights as run_import
    from engine.models.imported import imported_folder

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
        out.print(f"- {note}", soft_wrap=True)
    if done.weights.parent != imported_folder() and card.observes in OBSERVATIONS:
        out.print(f"It is listed where KINESTATE_MODELS names {done.weights.parent}.", soft_wrap=True)


COMMANDS: dict[str, Callable[..., None]] = {"train": train, "ship": ship, "import-weights": import_weights}
