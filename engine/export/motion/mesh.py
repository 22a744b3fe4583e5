"""The mesh of each frame, for formats whose files hold one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.body.library import body
from engine.export.motion.motion import METRES, Motion, Written, lines, statement
from engine.kinds import as_mesh
from engine.progress import Progress
from engine.writing import save_bytes

if TYPE_CHECKING:
    from trimesh import Trimesh

Encode = Callable[["Trimesh", list[str]], bytes]
"""A mesh and comment lines as a file."""


def write_meshes(motion: Motion, path: Path, progress: Progress, encode: Encode) -> Written:
    """Write a file for each frame: `path` for one, numbered ones beside it (walk.0000.obj) for several."""
    from trimesh import Trimesh

    assert motion.body is not None
    faces, count = body(motion.body.body).faces, len(motion)
    digits = max(4, len(str(count - 1)))
    paths = []
    for frame in range(count):
        progress(frame / count, f"frame {frame + 1} of {count}")
        one = motion.take(np.array([frame]))
        mesh = Trimesh(as_mesh(one.body, 0), faces, process=False)
        target = path if count == 1 else path.with_name(f"{path.stem}.{frame:0{digits}}{path.suffix}")
        save_bytes(encode(mesh, lines(statement(one, unit=METRES))), target)
        paths.append(target)
    return Written(tuple(paths), motion.notes)
