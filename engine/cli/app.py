"""The command line of the engine, and its assembly from groups of commands.

Heavy imports (torch, NumPy) happen inside the commands that need them. One net is around every command: whatever it
raises ends as one sentence on stderr.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from engine import __version__
from engine.cli import (
    ablate,
    bench,
    body,
    calibrate,
    check,
    detector,
    evaluate,
    export,
    information,
    live,
    rig,
    train,
)
from engine.errors import InputError, printable
from engine.progress import Cancelled

Group = Mapping[str, Callable[..., None]]
"""Functions by the name of their command."""

HELP = "Kinestate: a workbench for human-motion models built on state space models."


TRACEBACK = "KINESTATE_TRACEBACK"
"""Variable that, set, lets unexpected errors through."""
INTERRUPTED = 130
_CLICK_ERROR = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")


class Commands(TyperGroup):
    """An error is one sentence on stderr: exit code 2 for what a person can repair, 1 for what nobody expected."""

    def main(self, *args: Any, **options: Any) -> Any:
        for stream in (sys.stdout, sys.stderr):  # a name that the terminal's encoding lacks is no reason to stop
            with suppress(AttributeError, ValueError):
                stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        return super().main(*args, **options)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except InputError as error:
            _end(str(error), 2)
        except (KeyboardInterrupt, Cancelled):
            _end("Stopped.", INTERRUPTED)
        except MemoryError:
            _end("There is not enough memory for this; give a shorter clip, or a smaller size or number.", 2)
        except OSError as error:
            name = Path(os.fsdecode(error.filename)).name if error.filename is not None else "A file"
            _end(f"{name}: cannot be read or written ({error.strerror or error}); check the path and the disk.", 2)
        except Exception as error:
            if isinstance(error, _CLICK_ERROR) or os.environ.get(TRACEBACK):
                raise
            said = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            where = traceback.extract_tb(error.__traceback__)[-1]
            _end(
                f"This is a fault of the program ({said}, {Path(where.filename).name} line {where.lineno}); "
                f"please report it, with what {TRACEBACK}=1 adds.",
                1,
            )


def _end(text: str, code: int) -> NoReturn:
    typer.echo(printable(text), err=True)
    raise typer.Exit(code)


def make_app(*groups: Group, cls: type[Commands] = Commands, help: str = HELP) -> typer.Typer:
    """Make a command line of these groups in this order, then those with subcommands.

    A name that comes twice is the later command, in the place of the first.
    """
    made = typer.Typer(
        cls=cls, help=help, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich"
    )
    made.callback()(_root)
    for name, command in {name: command for group in groups for name, command in group.items()}.items():
        made.command(name)(command)
    made.add_typer(_subcommands(check.COMMANDS, "Check a promise on your own clip."), name="check")
    made.add_typer(_subcommands(bench.COMMANDS, "Measure speed on this machine."), name="bench")
    calibration = "Read, make and refine calibrations of several cameras."
    made.add_typer(_subcommands(calibrate.COMMANDS, calibration), name="calibrate")
    made.add_typer(detector.make(), name="detector")
    made.add_typer(
        _subcommands(ablate.COMMANDS, "Leave a part out, as papers do, and see what it costs."), name="ablate"
    )
    return made


def _subcommands(group: Group, help: str) -> typer.Typer:
    made = typer.Typer(help=help, no_args_is_help=True)
    made.callback()(lambda: None)  # one subcommand stays a subcommand
    for name, command in group.items():
        made.command(name)(command)
    return made


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    pass


GROUPS = (
    evaluate.COMMANDS,
    rig.COMMANDS,
    body.COMMANDS,
    live.COMMANDS,
    export.COMMANDS,
    train.COMMANDS,
    information.COMMANDS,
)
"""The engine's own commands."""
app = make_app(*GROUPS)
