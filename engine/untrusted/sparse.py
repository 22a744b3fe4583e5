"""Sparse matrices of a pickle: their arrays, checked, and the dense matrix that they stand for.

SciPy's own classes are not used: their C++ code trusts the indices, and a pickle can make one without any check.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.untrusted.limits import LIMITS

FORMS = ("csc", "csr", "coo")


class Sparse:
    """A matrix (R, C) in the form of its class; it gets its state once, checked."""

    form = ""
    shape: tuple[int, int] = (0, 0)

    def __init__(self) -> None:
        raise ValueError("a sparse matrix that is called")

    def __setstate__(self, state: Any) -> None:
        if type(state) is not dict or hasattr(self, "data"):
            raise ValueError("state of a sparse matrix")
        shape = state.get("_shape")
        if type(shape) is not tuple or len(shape) != 2 or not all(type(n) is int and 0 <= n < 1 << 62 for n in shape):
            raise ValueError("shape of a sparse matrix")
        data = _vector(state.get("data"), "biuf")
        if self.form == "coo":
            pair = state["coords"] if "coords" in state else (state.get("row"), state.get("col"))
            if type(pair) is not tuple or len(pair) != 2:
                raise ValueError("indices of a sparse matrix")
            rows, columns = (_vector(part, "iu") for part in pair)
        else:
            turn = 1 if self.form == "csc" else -1  # by columns, or by rows
            outer = _outer(_vector(state.get("indptr"), "iu"), shape[::-turn][0], len(data))
            columns, rows = (outer, _vector(state.get("indices"), "iu"))[::turn]
        self.shape = shape
        self.rows, self.columns = _within(rows, shape[0], len(data)), _within(columns, shape[1], len(data))
        self.data = data

    def toarray(self) -> NDArray[Any]:
        """The dense matrix (R, C); entries of one place are added. Raises ValueError for one that is too large."""
        rows, columns = self.shape
        if rows * columns * self.data.itemsize > LIMITS.binary:
            raise ValueError(f"a dense matrix of {rows} x {columns}")
        dense = np.zeros(self.shape, self.data.dtype)
        np.add.at(dense, (self.rows, self.columns), self.data)
        return dense

    def parts(self) -> Collection[Any]:
        """What it holds, as `engine.untrusted.expansion` asks."""
        return (self.data, self.rows, self.columns) if hasattr(self, "data") else ()


@lru_cache
def sparse(form: str) -> type[Sparse]:
    """The class of the matrices of a form."""
    return type(f"Sparse{form.capitalize()}", (Sparse,), {"form": form})


def _vector(value: Any, kinds: str) -> NDArray[Any]:
    if not isinstance(value, np.ndarray) or value.ndim != 1 or value.dtype.kind not in kinds:
        raise ValueError("array of a sparse matrix")
    return np.array(value)


def _outer(starts: NDArray[Any], count: int, entries: int) -> NDArray[Any]:
    """Row or column of each entry, from where each begins; starts (count + 1,)."""
    if len(starts) != count + 1 or starts[0] != 0 or starts[-1] != entries or (starts[1:] < starts[:-1]).any():
        raise ValueError("starts of a sparse matrix")
    return np.repeat(np.arange(count), np.diff(starts))


def _within(index: NDArray[Any], size: int, entries: int) -> NDArray[np.int64]:
    if len(index) != entries or (entries and not 0 <= int(index.min()) <= int(index.max()) < size):
        raise ValueError("indices of a sparse matrix")
    return index.astype(np.int64)
