"""The engine's commands alone: `python -m engine.cli`."""

from engine.cli.app import app

if __name__ == "__main__":
    app(prog_name="python -m engine.cli")
