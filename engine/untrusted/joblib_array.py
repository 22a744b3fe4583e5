"""Arrays in joblib's files: a pickle in which each array's bytes follow the object that describes it.

What VIBE, WHAM and 4D-Humans write. The description is checked; nothing of joblib is imported.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray


class JoblibArray:
    """Stands for joblib's NumpyArrayWrapper while it is being unpickled."""


def count_of(shape: Any) -> int:
    """Return the number of entries of an array of that shape. Raises ValueError for what is no shape."""
    if type(shape) is not tuple or len(shape) > 32 or not all(type(n) is int and 0 <= n < 1 << 63 for n in shape):
        raise ValueError("array shape")
    return math.prod(shape)


def read_array(state: Any, dtype: np.dtype[Any], read: Callable[[int], bytes]) -> NDArray[Any]:
    """Read the array that `state` describes from the bytes that come next. Raises ValueError for any that cannot be.

    read  returns the next n bytes of the file, fewer at its end
    """
    shape, order = state.get("shape"), state.get("order")
    count = count_of(shape)
    if dtype.hasobject or dtype.itemsize == 0 or type(order) is not str or order not in ("C", "F"):
        raise ValueError("only plain arrays are admitted")
    if state.get("numpy_array_alignment_bytes") is not None:  # joblib 1.2 and later
        padding = read(1)
        read(padding[0] if padding else 0)
    size = count * dtype.itemsize
    data = read(size) if size else b""
    if len(data) != size:
        raise ValueError("array data does not fit its shape")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if order == "F" else "C")
