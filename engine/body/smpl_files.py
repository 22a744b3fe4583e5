"""Reading of the licensed body files: SMPL and SMPL-H (.pkl, .npz) and SMPL-X (.npz).

The files are read as data: nothing in them runs, and every array is checked before it is used. SMPL-H and SMPL-X keep
their 22 joints of the body; each hand's first finger joints make up SMPL's hand joint, face and eyes go with the head.
SMPL: Loper et al. 2015; SMPL-H: Romero et al. 2017; SMPL-X: Pavlakos et al. 2019.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.body.chumpy_records import ChumpyError, plain
from engine.body.model import Body, from_smpl_axes
from engine.body.smpl_tree import BODY_FEATURES, Tree, tree_of
from engine.errors import file_error
from engine.untrusted.limits import read_head
from engine.untrusted.safe_npz import Npz
from engine.untrusted.safe_pickle import load_pickle, looks_like_pickle

Float = NDArray[np.float64]

MAX_VERTICES = 40_000
MAX_NUMBERS = 1 << 26
"""In one array: 512 MiB in double precision. The largest, SMPL-X's pose directions, has 15 million."""
SHAPES = {"SMPL-X": {400: 300, 20: 10}}
"""By model and length of the shape directions: how many are the body's; the others are the face's expressions."""
SUM_TOLERANCE = 1e-3
COMPLETE = "download the model again"


def read_body(path: Path, name: str = "") -> tuple[str, Body]:
    """The model ("SMPL", "SMPL-H" or "SMPL-X") and the body in a licensed file, under that name or the file's.

    Raises InputError, naming file and field, for one that is not of these models, is damaged, or would run code.
    """
    arrays = _Arrays(path)
    template = arrays.read("v_template", None, 3)
    count = len(template)
    if not 0 < count <= MAX_VERTICES:
        raise file_error(path, "v_template", f"has {count:,} vertices", f"give a body of at most {MAX_VERTICES:,}")
    weights = arrays.read("weights", count, None)
    tree = tree_of(path, arrays.read("kintree_table", 2, weights.shape[1], whole=True), weights.shape[1])
    if weights.min() < -SUM_TOLERANCE or np.abs(weights.sum(1) - 1).max() > SUM_TOLERANCE:
        raise file_error(path, "weights", "are not shares that add up to 1 at every vertex", COMPLETE)
    shapes = arrays.read("shapedirs", count, 3, None)
    shapes = shapes[..., : SHAPES.get(tree.model, {}).get(shapes.shape[2], shapes.shape[2])]
    body = from_smpl_axes(
        name or path.stem,
        template=template,
        faces=_faces(path, arrays, count),
        shape_directions=shapes,
        pose_directions=_pose_directions(arrays, tree, count),
        joint_regressor=tree.joints(arrays.read("J_regressor", len(tree), count)),
        weights=tree.weights(weights),
        about=_about(path, tree),
    )
    return tree.model, body


class _Arrays:
    """The arrays of one file, checked as they are asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        head = read_head(path)
        if head.startswith(b"PK"):
            self._fields: Mapping[str, Any] = Npz(path)
        elif looks_like_pickle(head) or path.suffix == ".pkl":
            self._fields = _mapping(path, load_pickle(path))
        else:
            raise file_error(path, "file", "is neither .npz nor .pkl", "give a model file of SMPL, SMPL-H or SMPL-X")

    def read(self, field: str, *shape: int | None, whole: bool = False) -> Float:
        """An array of that shape (None: any length), finite; whole: of whole numbers. Raises InputError."""
        if field not in self._fields:
            raise file_error(self.path, field, "is missing", "give a model file of SMPL, SMPL-H or SMPL-X")
        try:
            found = plain(self._fields[field], shape)
        except ChumpyError as error:
            raise file_error(self.path, field, str(error), COMPLETE) from None
        if found.size > MAX_NUMBERS:
            raise file_error(
                self.path, field, f"holds {found.size:,} numbers", f"give arrays of at most {MAX_NUMBERS:,}"
            )
        fits = len(found.shape) == len(shape) and all(n in (None, m) for n, m in zip(shape, found.shape, strict=True))
        if not fits or 0 in found.shape:
            expected = " x ".join("any" if n is None else str(n) for n in shape)
            raise file_error(self.path, field, f"has the shape {found.shape} instead of {expected}", COMPLETE)
        if not np.isfinite(found).all():
            raise file_error(self.path, field, "holds numbers that are not finite", COMPLETE)
        if whole and (found != np.round(found)).any():
            raise file_error(self.path, field, "holds fractions instead of whole numbers", COMPLETE)
        return found.astype(np.float64, copy=False)


def _mapping(path: Path, found: object) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        raise file_error(path, "pickle", "holds no named arrays", "give a model file of SMPL, SMPL-H or SMPL-X")
    return {key.decode("latin-1") if isinstance(key, bytes) else str(key): value for key, value in found.items()}


def _faces(path: Path, arrays: _Arrays, count: int) -> NDArray[np.int32]:
    faces = arrays.read("f", None, 3, whole=True)
    if faces.min() < 0 or faces.max() >= count:
        raise file_error(path, "f", f"names vertices outside of the {count:,} that there are", COMPLETE)
    return faces.astype(np.int32)


def _pose_directions(arrays: _Arrays, tree: Tree, count: int) -> Float:
    """(V, 3, 207) of the joints that are kept; none for the hands, whose joints are others in SMPL-H and SMPL-X."""
    found = arrays.read("posedirs", count, 3, 9 * (len(tree) - 1))
    if tree.model == "SMPL":
        return found
    result = np.zeros((count, 3, 207))
    result[..., :BODY_FEATURES] = found[..., :BODY_FEATURES]
    return result


def _about(path: Path, tree: Tree) -> str:
    said = f"{tree.model} from {path.name}, under the licence of its authors: for non-commercial research. "
    if tree.model != "SMPL":
        face = "face and eyes with the head; " if tree.model == "SMPL-X" else ""
        said += f"Fingers move with the hand, {face}their own pose corrections are left out. "
    return said + "Joints of other skeletons follow SMPL's joints by rule: the file has no regressor for them."
