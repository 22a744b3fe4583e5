"""Arrays out of what a model's pickle holds: arrays, sparse matrices, and records of chumpy objects.

The published SMPL files were written with chumpy, an array library of differentiable expressions: an array is a `Ch`
whose state holds it as `x`, a choice of its entries a `Select`. The records come from `engine.untrusted.safe_pickle`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.untrusted.pickled import Inert
from engine.untrusted.sparse import Sparse

DEEPEST = 8


class ChumpyError(ValueError):
    """Something that is no array of numbers; the message goes after the field's name."""


def plain(value: Any, shape: Sequence[int | None], depth: int = 0) -> NDArray[Any]:
    """The array of real numbers in a value; a sparse matrix only where its shape is as given, without any None.

    Raises ChumpyError.
    """
    if isinstance(value, Inert):
        return _record(value, depth)
    if isinstance(value, Sparse):
        if tuple(value.shape) != tuple(shape):  # a few bytes may say that it is gigantic
            raise ChumpyError(f"is a sparse matrix of the shape {tuple(value.shape)}, which is not expected")
        value = value.toarray()
    if isinstance(value, np.ndarray) and value.dtype == object and value.ndim == 0:
        return plain(value.item(), shape, depth + 1) if depth < DEEPEST else _refuse()
    if not isinstance(value, np.ndarray | list | tuple | int | float | np.generic):
        return _refuse()
    try:
        found = np.asarray(value)
    except ValueError:
        return _refuse()
    return found if found.dtype.kind in "fiu" else _refuse()


def _record(record: Inert, depth: int) -> NDArray[Any]:
    state = record.state
    if depth >= DEEPEST or not isinstance(state, dict):
        return _refuse()
    kind = record.name.rsplit(".", 1)[-1]
    if kind == "Ch" and "x" in state:
        return plain(state["x"], (), depth + 1)
    if kind == "Select" and "a" in state and "idxs" in state:
        return _selected(state, depth)
    raise ChumpyError(f"is the chumpy expression {kind[:40]}, of which only the formula is in the file")


def _selected(state: dict[str, Any], depth: int) -> NDArray[Any]:
    """Entries of another array by their indices, in a shape of their own."""
    source = plain(state["a"], (), depth + 1).ravel()
    index = plain(state["idxs"], (), depth + 1).ravel()
    if index.dtype.kind not in "iu" or (len(index) and not 0 <= index.min() <= index.max() < len(source)):
        raise ChumpyError("chooses entries that are not there")
    shape = state.get("preferred_shape")
    chosen = source[index]
    if shape is None:
        return chosen
    sizes = tuple(int(n) for n in plain(shape, (), depth + 1).ravel())
    if min(sizes, default=0) < 0 or int(np.prod([float(n) for n in sizes])) != len(chosen):
        raise ChumpyError("chooses entries that do not fit their shape")
    return chosen.reshape(sizes)


def _refuse() -> NDArray[Any]:
    raise ChumpyError("holds no array of numbers")
