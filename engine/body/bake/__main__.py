"""Bake the bodies: python -m engine.body.bake FOLDER"""

from __future__ import annotations

import sys
from pathlib import Path

from engine.body.bake.bake import bake


def main(arguments: list[str]) -> int:
    """Write the bodies into the one folder given; returns the exit code."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print("Give one existing folder: python -m engine.body.bake FOLDER", file=sys.stderr)
        return 2
    try:
        bake(Path(arguments[0]), print)
    except ModuleNotFoundError as error:
        print(f"The bake needs the package {error.name}: pip install 'kinestate[bake]'.", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
