"""Sparse constants of TFLite, written out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.detector.tflite.flat import Record

_DENSE = 0
_INDEX_TYPES = {1: np.int32, 2: np.uint16, 3: np.uint8}
"""Of a union SparseIndexVector, by its kind."""


def written_out(values: NDArray[Any], shape: tuple[int, ...], sparsity: Record) -> NDArray[Any]:
    """Return the whole array of values that are not zero.

    values    (N,) in storage order
    sparsity  SparsityParameters of TFLite's schema: levels in traversal order, each all of its places ("dense")
              or those that its index names ("CSR": segments and indices). Blocks are not known.
    """
    if len(sparsity.array(1)):
        raise ValueError("sparse blocks are not known")
    order = [int(axis) for axis in sparsity.array(0)]
    places: list[NDArray[np.intp]] = []
    count = 1
    for level in sparsity.records(2):
        parents, index = _level(level, count)
        places = [place[parents] for place in places] + [index]
        count = len(index)
    whole = np.zeros(shape, values.dtype)
    whole[tuple(places[order.index(axis)] for axis in range(len(shape)))] = values
    return whole


def _level(level: Record, count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """For each node of a level its parent among `count`, and its place along the level's axis."""
    if level.number(0, size=1) == _DENSE:
        size = level.number(1)
        return np.repeat(np.arange(count), size), np.tile(np.arange(size), count)
    segments, indices = _numbers(level, 2), _numbers(level, 4)
    return np.repeat(np.arange(count), np.diff(segments)), indices


def _numbers(level: Record, field: int) -> NDArray[np.intp]:
    vector = level.record(field + 1)
    assert vector is not None
    return vector.array(0, _INDEX_TYPES[level.number(field, size=1)]).astype(np.intp)
