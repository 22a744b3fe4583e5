"""Matrices of MATLAB's files of level 5 (`save -v6`, `-v7`): arrays and cells; nothing in them is run."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.errors import file_error
from engine.untrusted.limits import check_limit, read_bytes

HEADER, VERSION = 128, slice(124, 128)
LEVEL_5 = {b"\x00\x01IM": "<", b"\x01\x00MI": ">"}
COMPRESSED = 15
MOST_BYTES = 1 << 28
"""Of a file, and of what it unpacks to."""
_PIECE = 1 << 20
_REMEDY = "save it again with MATLAB's -v7, or give another file"


def read_mat(path: Path) -> dict[str, Any]:
    """Variables by name: NumPy arrays, of dtype object for cells. Raises InputError for any other file."""
    from io import BytesIO

    from scipy.io import loadmat

    content = read_bytes(path, MOST_BYTES)
    order = LEVEL_5.get(content[VERSION])
    if order is None:
        raise file_error(path, "file", "is no MATLAB file of level 5", _REMEDY)
    with _damaged(path):
        size = _unpacked(content, order)
    check_limit(path, size, MOST_BYTES)
    with _damaged(path):
        found = loadmat(BytesIO(content), chars_as_strings=False)
    return {str(name): value for name, value in found.items() if not str(name).startswith("__")}


@contextmanager
def _damaged(path: Path) -> Iterator[None]:
    """Raise InputError for what damaged files make their reader raise."""
    from scipy.io.matlab import MatReadError

    try:
        yield
    except (MatReadError, ArithmeticError, LookupError, MemoryError, NotImplementedError, OSError, TypeError,
            ValueError, struct.error, zlib.error) as error:  # fmt: skip
        raise file_error(path, "file", "is damaged", _REMEDY, detail=str(error)) from None


def _unpacked(content: bytes, order: str) -> int:
    """How many bytes the file's elements have, unpacked, at least up to the limit. Raises zlib.error, struct.error."""
    place, total = HEADER, 0
    while place + 8 <= len(content) and total <= MOST_BYTES:
        kind, size = struct.unpack_from(f"{order}II", content, place)
        place += 8
        if kind != COMPRESSED:
            total += size
        else:
            inflater, left = zlib.decompressobj(), content[place : place + size]
            while left and total <= MOST_BYTES:
                piece = inflater.decompress(left, _PIECE)
                total += len(piece)
                left = inflater.unconsumed_tail if piece else b""
        place += size
    return total
