"""Commands of the papers' ablations: `ablate length`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from engine.cli.console import out
from engine.cli.options import whole_numbers


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
    out.print(f"wrote {escape(str(folder / 'lengths.svg'))} and lengths.json beside it", soft_wrap=True)


COMMANDS: dict[str, Callable[..., None]] = {"length": ablate_length}
