"""Wavefront OBJ of a frame's mesh: metres, the program's axes, stated in comments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from engine.export.motion.mesh import write_meshes
from engine.export.motion.motion import Motion, Written
from engine.progress import Progress

if TYPE_CHECKING:
    from trimesh import Trimesh


def write(motion: Motion, path: Path, progress: Progress) -> Written:
    """Write the mesh of each frame, as `mesh.write_meshes`."""
    return write_meshes(motion, path, progress, _encode)


def _encode(mesh: Trimesh, comments: list[str]) -> bytes:
    text = cast(str, mesh.export(file_type="obj", include_normals=False, include_color=False, digits=6, header=None))
    return "".join([*(f"# {line}\n" for line in comments), text, "\n"]).encode("utf-8", "backslashreplace")
