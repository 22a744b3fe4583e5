"""Files of exactly the licensed models' layouts, without a person's form: written as their authors' programs do."""

from __future__ import annotations

import io
import pickle
import struct
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import scipy.sparse

from engine.motion.skeleton import SMPL_24

JOINTS = {"SMPL": 24, "SMPL-H": 52, "SMPL-X": 55}


def parents_of(model: str) -> list[int]:
    """The published trees: hands of five fingers with three joints each, before them jaw and eyes in SMPL-X."""
    if model == "SMPL":
        return list(SMPL_24.parents)
    parents = list(SMPL_24.parents[:22]) + ([15, 15, 15] if model == "SMPL-X" else [])
    for wrist in (20, 21):
        for _ in range(5):
            first = len(parents)
            parents += [wrist, first, first + 1]
    return parents


def model_arrays(model: str, *, vertices: int = 60, shapes: int = 10, seed: int = 0) -> dict[str, Any]:
    """Random arrays by the names, shapes and number types of a model's file."""
    random = np.random.default_rng(seed)
    joints = JOINTS[model]
    weights = random.uniform(size=(vertices, joints)) ** 8
    regressor = random.uniform(size=(joints, vertices)) ** 8
    parents = np.array(parents_of(model), np.int64)
    return {
        "v_template": random.normal(0, 0.3, (vertices, 3)) + (0, 0.1, 0),
        "shapedirs": 0.01 * random.normal(size=(vertices, 3, shapes)),
        "posedirs": 0.01 * random.normal(size=(vertices, 3, 9 * (joints - 1))),
        "J_regressor": regressor / regressor.sum(1, keepdims=True),
        "weights": weights / weights.sum(1, keepdims=True),
        "kintree_table": np.array([parents % 2**32, np.arange(joints)], np.uint32),  # the root's parent: 4294967295
        "f": random.integers(0, vertices, (2 * vertices, 3)).astype(np.uint32),
    }


def write_npz(path: Path, arrays: dict[str, Any]) -> Path:
    """Write an npz, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **arrays)
    return path


def write_pkl(path: Path, content: object, protocol: int = 2) -> Path:
    """Write a pickle as Python 2 did: strings are bytes, modules have their names of then."""
    stream = io.BytesIO()
    with chumpy_classes():
        _Python2Pickler(stream, protocol=protocol).dump(content)
    data = stream.getvalue()
    for new, old in ((b"numpy._core.multi", b"numpy.core.multi"), (b"scipy.sparse._csc", b"scipy.sparse.csc")):
        data = data.replace(new, old)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def as_published(arrays: dict[str, Any]) -> dict[str, Any]:
    """Arrays as SMPL's pickles hold them: chumpy objects, a sparse regressor, and fields that nobody reads."""
    shapes = arrays["shapedirs"]
    more = np.concatenate([shapes, np.zeros_like(shapes)], axis=2)
    index = np.arange(more.size).reshape(more.shape)[..., : shapes.shape[2]]
    return arrays | {
        "v_template": chumpy("ch", "Ch", x=arrays["v_template"]),
        "posedirs": chumpy("ch", "Ch", x=chumpy("ch", "Ch", x=arrays["posedirs"])),
        "shapedirs": chumpy("reordering", "Select", a=chumpy("ch", "Ch", x=more), idxs=index.ravel(),
                            preferred_shape=shapes.shape),
        "J_regressor": scipy.sparse.csc_matrix(arrays["J_regressor"]),
        "J": chumpy("ch", "MatVecMult", mtx=scipy.sparse.csc_matrix(np.eye(3))),
        "bs_style": "lbs",
        "bs_type": "lrotmin",
    }  # fmt: skip


def chumpy(module: str, kind: str, **state: Any) -> object:
    """An object of a chumpy class, which is not needed for it."""
    with chumpy_classes():
        made = getattr(sys.modules[f"chumpy.{module}"], kind)()
    made.__dict__.update(state, _dirty_vars=set(), _depends_on_deps={})
    return made


_MODULES = {"ch": ("Ch", "MatVecMult"), "reordering": ("Select",)}
_CLASSES: dict[str, types.ModuleType] = {"chumpy": types.ModuleType("chumpy")}
for _name, _kinds in _MODULES.items():
    _CLASSES[f"chumpy.{_name}"] = types.ModuleType(f"chumpy.{_name}")
    for _kind in _kinds:
        setattr(_CLASSES[f"chumpy.{_name}"], _kind, type(_kind, (), {"__module__": f"chumpy.{_name}"}))


@contextmanager
def chumpy_classes() -> Iterator[None]:
    """Modules that pickle finds chumpy's classes in."""
    sys.modules.update(_CLASSES)
    try:
        yield
    finally:
        for name in _CLASSES:
            del sys.modules[name]


class _Python2Pickler(pickle._Pickler):  # type: ignore[misc]
    dispatch: ClassVar[dict[Any, Any]] = dict(pickle._Pickler.dispatch)

    def save_string(self, given: str | bytes) -> None:
        data = given if isinstance(given, bytes) else given.encode("latin-1")
        if self.proto:
            self.write(b"T" + struct.pack("<i", len(data)) + data)
        else:
            self.write(b"S" + repr(data)[1:].encode("latin-1") + b"\n")
        self.memoize(given)

    dispatch[str] = dispatch[bytes] = save_string
