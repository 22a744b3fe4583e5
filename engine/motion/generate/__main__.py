"""Write the built-in clips: python -m engine.motion.generate FOLDER"""

from __future__ import annotations

import sys
from pathlib import Path

from engine.data.formats.kinestate_npz import save_clip
from engine.errors import InputError
from engine.motion.generate.clips import CLIPS, clip_of


def main(arguments: list[str]) -> int:
    """Write every clip into the one folder given; returns the exit code."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print("Give one existing folder: python -m engine.motion.generate FOLDER", file=sys.stderr)
        return 2
    for name in CLIPS:
        path = Path(arguments[0]) / f"{name}.npz"
        try:
            save_clip(path, clip_of(name), single=True)
        except InputError as error:
            print(error, file=sys.stderr)
            return 2
        print(f"{path}  {path.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
