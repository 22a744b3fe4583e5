"""Matrices and cells of MATLAB's files of level 5 (`save -v6`, `-v7`), as MathWorks' "MAT-File Format" has them.

Nothing in a file is run, nothing is taken at its word: sizes are those of the bytes that are there.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import file_error
from engine.untrusted.limits import check_limit, read_bytes

HEADER, VERSION = 128, slice(124, 128)
LEVEL_5 = {b"\x00\x01IM": "<", b"\x01\x00MI": ">"}
NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
MATRIX, COMPRESSED = 14, 15
CELL, NUMERIC = 1, range(6, 16)
COMPLEX = 0x0800
MOST_BYTES = 1 << 28
"""Of a file, and of what it unpacks to."""
DEEPEST = 8
_REMEDY = "save it again with MATLAB's -v7, or give another file"

Held = NDArray[np.generic] | NDArray[np.object_] | None


def read_mat(path: Path) -> dict[str, Held]:
    """Variables by name: arrays, of dtype object for cells; None for what is neither numbers nor cells.

    Raises InputError for any other file.
    """
    content = read_bytes(path, MOST_BYTES)
    order = LEVEL_5.get(content[VERSION])
    if order is None:
        raise file_error(path, "file", "is no MATLAB file of level 5", _REMEDY)
    found, room = {}, MOST_BYTES
    try:
        for kind, data in _elements(content[HEADER:], order):
            unpacked = zlib.decompressobj().decompress(data, room + 1) if kind == COMPRESSED else data
            room -= len(unpacked)
            if room < 0:
                break
            for inner, matrix in _elements(unpacked, order) if kind == COMPRESSED else [(kind, data)]:
                if inner == MATRIX:
                    name, value = _matrix(matrix, order, 0)
                    found[name] = value
    except (ArithmeticError, LookupError, TypeError, ValueError, struct.error, zlib.error) as error:
        raise file_error(path, "file", "is damaged", _REMEDY, detail=str(error)) from None
    check_limit(path, MOST_BYTES - room, MOST_BYTES)
    return found


def _elements(content: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """Data elements one after the other, type and bytes. Raises ValueError for one that is cut off."""
    place = 0
    while place + 8 <= len(content):
        kind, size = struct.unpack_from(f"{order}II", content, place)
        if kind >> 16:  # a small one: size and type in four bytes, and up to four of data
            kind, size = kind & 0xFFFF, kind >> 16
            start, after = place + 4, place + 8
            if size > 4:
                raise ValueError(f"a small element of {size} bytes")
        else:
            start = place + 8
            after = start + size + (0 if kind == COMPRESSED else -size % 8)
        if start + size > len(content):
            raise ValueError(f"an element ends {start + size - len(content)} bytes after the file")
        yield kind, content[start : start + size]
        place = after


def _matrix(content: bytes, order: str, depth: int) -> tuple[str, Held]:
    """Name and value of a matrix. Raises ValueError, TypeError and LookupError."""
    if not content:
        return "", np.zeros((0, 0))
    if depth > DEEPEST:
        raise ValueError(f"cells are more than {DEEPEST} deep")
    (_, flags), (_, dimensions), (_, name), *parts = _elements(content, order)
    word = struct.unpack_from(f"{order}I", flags)[0]
    shape = tuple(np.frombuffer(dimensions, f"{order}i4").tolist())
    count, kind = math.prod(shape), word & 0xFF
    if min(shape, default=-1) < 0 or len(shape) > DEEPEST:
        raise ValueError(f"a matrix of {shape}")
    text = name.decode("ascii", "replace")
    if kind == CELL:
        if count != len(parts) or any(part != MATRIX for part, _ in parts):
            raise ValueError(f"{len(parts)} entries in a cell of {shape}")
        cell = np.empty(count, object)
        for number, (_, data) in enumerate(parts):
            cell[number] = _matrix(data, order, depth + 1)[1]
        return text, cell.reshape(shape, order="F")
    if kind not in NUMERIC or word & COMPLEX:
        return text, None
    numbers = np.frombuffer(parts[0][1], order + NUMBERS[parts[0][0]]) if parts else np.zeros(0)
    return text, numbers.reshape(shape, order="F")
