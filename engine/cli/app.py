"""The command line of the engine, and its assembly from groups of commands.

Heavy imports (torch, NumPy) happen inside the commands that need them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from engine import __version__
from engine.cli import ablate, bench, body, check, evaluate, export, information, live, train
from engine.errors import InputError

Group = Mapping[str, Callable[..., None]]
"""Functions by the name of their command."""

HELP = "Kinestate: a workbench for human-motion models built on state space models."


class Commands(TyperGroup):
    """An InputError is one sentence on stderr and exit code 2."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except InputError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(2) from None


def make_app(*groups: Group, cls: type[Commands] = Commands, help: str = HELP) -> typer.Typer:
    """Make a command line of these groups in this order, then `check`, `bench` and `ablate`."""
    made = typer.Typer(
        cls=cls, help=help, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich"
    )
    made.callback()(_root)
    for group in groups:
        for name, command in group.items():
            made.command(name)(command)
    made.add_typer(_subcommands(check.COMMANDS, "Check a promise on your own clip."), name="check")
    made.add_typer(_subcommands(bench.COMMANDS, "Measure speed on this machine."), name="bench")
    made.add_typer(_subcommands(ablate.COMMANDS, "Repeat a paper's ablation on the small networks."), name="ablate")
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


app = make_app(evaluate.COMMANDS, body.COMMANDS, live.COMMANDS, export.COMMANDS, train.COMMANDS, information.COMMANDS)
