"""The commands of the detector of people: `detector`, `detector setup` and `detector describe`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.console import out, print_pairs, progress_bar, write_json
from engine.cli.options import Json


def setup(
    which: Annotated[
        str | None, typer.Option(help="Of full, lite, heavy, separated by commas; else all that can be fetched here.")
    ] = None,
    source: Annotated[
        Path | None, typer.Option("--from", help="The package's file, fetched elsewhere, instead of a network.")
    ] = None,
) -> None:
    """Fetch the detector of people with pip or npm (Apache-2.0, up to 41 MB), and convert it once."""
    from engine.detector import library, setting_up

    names = setting_up.within_reach() if which is None else library.chosen(which)
    if setting_up.missing(names):
        with progress_bar() as say:
            if source is None:
                setting_up.set_up(names, say)
            else:
                setting_up.set_up_from(source, names, say)
    out.print(f"The detector is set up: {', '.join(library.installed())}.")


def describe(file: Annotated[Path, typer.Argument(help="An .onnx file: RTMPose, RTMO or YOLO-pose.")]) -> None:
    """Say what an ONNX file of your own is taken for."""
    from engine.detector.own import layout

    out.print(layout.describe(file), soft_wrap=True)


def show(
    context: typer.Context,
    measure: Annotated[bool, typer.Option("--measure", help="Time them on this machine.")] = False,
    json_file: Json = None,
) -> None:
    """The detector of people: what is set up, how large it is, and with --measure how fast."""
    if context.invoked_subcommand is not None:
        return
    from engine.detector.report import about, rows_of

    found = about(measure=measure)
    print_pairs(rows_of(found))
    if json_file is not None:
        write_json(json_file, found)


def make() -> typer.Typer:
    """Make the group `detector`, which is a command by itself, too."""
    made = typer.Typer(help="Set up and show the detector of people.", invoke_without_command=True)
    made.callback()(show)
    made.command("setup")(setup)
    made.command("describe")(describe)
    return made
