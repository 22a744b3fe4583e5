"""The engine's commands alone: `python -m engine.cli`."""

from engine.cli.quiet import quiet_start

if __name__ == "__main__":
    with quiet_start():
        from typer.main import get_command

        from engine.cli.app import app

        command = get_command(app)
    command(prog_name="python -m engine.cli")
