"""Write the built-in clips, with the body that each one wears: python -m engine.data.builtin_clips FOLDER"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.body.library import body
from engine.body.retarget.fit import fit
from engine.data.formats.kinestate_npz import save_clip
from engine.errors import InputError
from engine.motion.clip import MotionClip
from engine.motion.generate.clips import CLIPS, clip_of

STEP = 2.0**-15
"""Quaternions are rounded to this, 0.004 degrees, which halves the files."""


def dressed(name: str) -> MotionClip:
    """A generated clip with its body, fitted to the joint positions."""
    clip = clip_of(name)
    pose = fit(clip, body()).pose
    return replace(clip, body=replace(pose, rotations=_rounded(pose.rotations)))


def main(arguments: list[str]) -> int:
    """Write every clip into the one folder given; returns the exit code."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print("Give one existing folder: python -m engine.data.builtin_clips FOLDER", file=sys.stderr)
        return 2
    for name in CLIPS:
        path = Path(arguments[0]) / f"{name}.npz"
        try:
            save_clip(path, dressed(name), single=True)
        except InputError as error:
            print(error, file=sys.stderr)
            return 2
        print(f"{path}  {path.stat().st_size / 1000:.0f} kB")
    return 0


def _rounded(rotations: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.round(rotations / STEP) * STEP)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
