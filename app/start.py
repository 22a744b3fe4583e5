"""Entry of the console script."""

from __future__ import annotations

from engine.cli.quiet import quiet_start


def main() -> None:
    """Run the command line."""
    with quiet_start():
        from typer.main import get_command

        from app.cli import app

        command = get_command(app)
    command()
