"""The table of formats that motion is written in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Literal

from engine.errors import InputError
from engine.export.motion.motion import Motion, Written
from engine.progress import Progress

Writer = Callable[[Motion, Path, Progress], Written]


@dataclass(frozen=True)
class Format:
    """One format.

    needs   "joints" or "body": the part of a motion that it holds
    single  whether a file holds one frame; several frames are then several files
    module  in this package; its function `write` is the writer, imported when something is written
    about   a few words for a list
    """

    name: str
    suffix: str
    needs: Literal["joints", "body"]
    module: str
    about: str
    single: bool = False

    def write(self, motion: Motion, path: Path, progress: Progress | None = None) -> Written:
        """Write a motion, whose `body` is there where the format needs it.

        Raises InputError for a file that cannot be written, and whatever `progress` raises; nothing is left then.
        """
        writer: Writer = import_module(f"{__package__}.{self.module}").write
        return writer(motion, path, progress or (lambda share, text: None))


FORMATS = {
    format.name: format
    for format in (
        Format("glb", ".glb", "body", "gltf", "glTF, an animated mesh with its bones"),
        Format("bvh", ".bvh", "body", "bvh", "BVH, a skeleton's rotations"),
        Format("amass", ".npz", "body", "amass", "AMASS npz, a body's rotations"),
        Format("obj", ".obj", "body", "obj", "OBJ, the mesh of a frame", single=True),
        Format("ply", ".ply", "body", "ply", "PLY, the mesh of a frame", single=True),
        Format("trc", ".trc", "joints", "trc", "TRC, joint positions"),
        Format("c3d", ".c3d", "joints", "c3d_points", "C3D, joint positions"),
        Format("csv", ".csv", "joints", "comma_separated", "CSV, joint positions"),
    )
}
"""By name, in the order in which they are listed."""


def format_of(name: str | None, path: Path) -> Format:
    """The format of a name, or of a file's ending where there is no name. Raises InputError."""
    if name is None:
        found = next((f for f in FORMATS.values() if f.suffix == path.suffix.lower()), None)
        if found is None:
            known = ", ".join(f.suffix for f in FORMATS.values())
            raise InputError(f"{path.name}: the ending is none of {known}; choose one of them, or name a format.")
        return found
    if name not in FORMATS:
        raise InputError(f"There is no format {name!r}; choose one of {', '.join(FORMATS)}.")
    return FORMATS[name]
