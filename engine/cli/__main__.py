"""The engine's commands alone: `python -m engine.cli`."""

from engine.cli.quiet import quiet_start

if __name__ == "__main__":
    with quiet_start():
        from engine.cli.app import app
    app(prog_name="python -m engine.cli")
