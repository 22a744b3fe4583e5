"""The file of a body: SMPL's arrays and what Kinestate adds to them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.motion.skeleton import SMPL_24
from engine.writing import written_beside

STEP = {"shapedirs": 2e-5, "posedirs": 5e-5}
"""Kept as float16, rounded to so many metres, which packs well."""


def write(path: Path, arrays: dict[str, NDArray[np.floating]], faces: NDArray[np.int64], names: tuple[str, ...],
          about: str) -> int:  # fmt: skip
    """Write a body; returns the file's size in bytes. The same arrays make the same bytes."""
    kept = {key: _packed(array, STEP.get(key)) for key, array in arrays.items()}
    with written_beside(path) as part:
        np.savez_compressed(
            part,
            f=faces.astype(np.int32),
            kintree_table=np.array([SMPL_24.parents, range(len(SMPL_24))], np.int64),
            control_names=np.array(names),
            about=np.array(about),
            **kept,  # type: ignore[arg-type]
        )
    return path.stat().st_size


def _packed(array: NDArray[np.floating], step: float | None) -> NDArray[np.floating]:
    return array.astype(np.float32) if step is None else (np.round(array / step) * step).astype(np.float16)
