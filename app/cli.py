"""The command line: the engine's commands, the window and `render`.

Heavy imports (the window, vispy) happen inside the commands that need them.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from engine.cli import evaluate, information
from engine.cli.app import GROUPS, HELP, Commands, make_app
from engine.cli.console import err, out, print_assumed, progress_bar
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
    numbers,
    takes,
)
from engine.errors import InputError

WINDOW = "open"
OFFSCREEN_FOLDER = Path("out")


class WindowCommands(Commands):
    """`kinestate FILE` is `kinestate open FILE`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        known = {*self.commands, "--help", "--version"}
        return super().parse_args(ctx, args if args and args[0] in known else [WINDOW, *args])


def open_window(
    file: Annotated[Path | None, typer.Argument(help="Motion file or session to open.")] = None,
    offscreen: Annotated[bool, typer.Option("--offscreen", help="Draw the demo to out/ instead.")] = False,
) -> None:
    """The window; without a display the demo is drawn to out/demo.png, and out/demo.json holds its figures."""
    if offscreen or not _has_display():
        from app.render.offscreen_demo import run_demo
        from engine.models.devices import set_inference_threads

        set_inference_threads()

        if not offscreen:
            err.print("There is no display, so the demo is drawn off-screen.")
        run_demo(OFFSCREEN_FOLDER, say=out.print, clip=str(file) if file else None)
        return
    from app.main import run_app

    raise typer.Exit(run_app(None if file is None else str(file)))


@takes(CLIP, MODELS, ANSWER, VIEW, RATE, RESAMPLE, STRESS, READING, SESSION)
def render(
    given: Given,
    output: Annotated[Path, typer.Option("--out", help="Video (.mp4) or picture (.png) to write.")],
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT in pixels.")] = "1280x720",
    view: Annotated[str, typer.Option(help="three-quarter, front, side or top.")] = "three-quarter",
    theme: Annotated[str, typer.Option(help="dark or light.")] = "dark",
    apart: Annotated[float, typer.Option(min=0, max=10, help="Metres between people, to see them side by side.")] = 0.0,
    grid: Annotated[bool, typer.Option("--grid", help="Each model with the truth in a view of its own.")] = False,
    fps: Annotated[float, typer.Option(min=1, max=240, help="Pictures per second of the video.")] = 30.0,
    speed: Annotated[float, typer.Option(min=0.01, max=100, help="Of the motion in the video.")] = 1.0,
    frame: Annotated[int | None, typer.Option(min=0, help="Frame of the picture; else the middle one.")] = None,
    figure: Annotated[
        Literal["skeleton", "body", "both"],
        typer.Option(help="People as skeleton, body or both, where they have a body."),
    ] = "body",
) -> None:
    """A video or picture of truth and predictions in 3D, their error below."""
    from engine.experiment.run import run

    kind = output.suffix.lower()
    if kind not in (".mp4", ".png"):
        raise InputError(f"{output.name}: the ending says neither .mp4 nor .png; choose one of them.")
    shape = numbers(size, "x", "--size", "WIDTHxHEIGHT such as 1280x720", least=64, most=8192)
    experiment = experiment_of(given, need_model=False)
    with progress_bar() as say:
        from app.render.film import Look, write_film, write_picture
        from app.render.session_colours import colours_of

        look = Look(shape, view, theme, apart, grid, colours_of(given["session"], experiment), figure)
        results = run(
            experiment,
            models=load_models(experiment),
            progress=lambda share, text: say(0.3 * share, text),
            dressed=figure != "skeleton",
        )
        if kind == ".png":
            write_picture(results, output, look, frame)
            note = ""
        else:

            def drawn(share: float, text: str) -> None:
                say(0.3 + 0.7 * share, text)

            note = write_film(results, output, look, fps, drawn, speed=speed).note
    out.print(f"wrote {output}")
    print_assumed({results.clip_name: results.assumed})
    if note:
        err.print(note, soft_wrap=True)


def doctor() -> None:
    """Versions, devices, the GL renderer, and what is missing and why."""
    information.print_installation([("GL renderer", _gl_renderer())])


def _has_display() -> bool:
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def _gl_renderer() -> str:
    try:
        from app.view3d.egl import gl_renderer

        return str(gl_renderer())
    except Exception as error:  # no EGL, no driver, a driver that fails: all of it is the finding
        return f"none off-screen ({type(error).__name__}: {error})"


app = make_app(
    evaluate.COMMANDS,
    {"render": render},
    *GROUPS,
    {"doctor": doctor},
    cls=WindowCommands,
    help=f"{HELP}\n\n`kinestate [FILE]` opens the window.",
)
app.command(WINDOW, hidden=True)(open_window)


def main() -> None:
    """Run the console script."""
    app()
