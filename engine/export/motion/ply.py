"""PLY of a frame's mesh: metres, the program's axes, stated in comments."""

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
    file = cast(bytes, mesh.export(file_type="ply", vertex_normal=False))
    magic, format, *rest = file.split(b"\n", 2)
    said = (f"comment {line}".encode("ascii", "replace") for line in comments)
    return b"\n".join([magic, format, *said, *rest])
