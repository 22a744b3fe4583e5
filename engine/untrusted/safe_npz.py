"""npz files as data: like numpy.load, but object arrays go through the safe unpickler instead of being run.

Sizes are checked against what the zip really holds before memory is asked for.
"""

from __future__ import annotations

import lzma
import math
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError, file_error
from engine.untrusted.limits import LIMITS, check_limit, check_size, read_bytes, unreadable
from engine.untrusted.safe_pickle import loads

ZIP_ERRORS = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, NotImplementedError, RuntimeError,
    ValueError, KeyError, IndexError, MemoryError, OverflowError,
)  # fmt: skip


def npz_names(head: bytes, path: Path) -> frozenset[str]:
    """Return the names of the arrays in an npz file; empty if the file is no npz."""
    if not head.startswith(b"PK\x03\x04"):
        return frozenset()
    try:
        with zipfile.ZipFile(path) as archive:
            return frozenset(n.removesuffix(".npy") for n in archive.namelist() if n.endswith(".npy"))
    except (OSError, *ZIP_ERRORS):
        return frozenset()


class Npz(Mapping[str, NDArray[Any]]):
    """The arrays of an npz file by name, each read when it is asked for.

    Raises InputError for a file that is damaged, too large, or whose pickled members name code.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        check_size(path, LIMITS.binary)
        try:
            with zipfile.ZipFile(path) as archive:
                members = archive.infolist()
        except OSError as error:
            raise unreadable(path, error) from None
        except ZIP_ERRORS as error:
            raise self._damaged("file", error) from None
        check_limit(path, sum(m.file_size for m in members), LIMITS.binary)
        self._members = {m.filename.removesuffix(".npy"): m for m in members if m.filename.endswith(".npy")}

    def __contains__(self, name: object) -> bool:
        return name in self._members

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self._members:
            raise file_error(self.path, name, "is missing", "give a complete file")
        member = self._members[name]
        try:
            with zipfile.ZipFile(self.path) as archive:
                data = archive.read(member)
        except OSError as error:
            raise unreadable(self.path, error) from None
        except ZIP_ERRORS as error:
            raise self._damaged(name, error) from None
        return parse_npy(data, self.path, name)

    def _damaged(self, field: str, error: Exception) -> InputError:
        detail = f"{type(error).__name__}: {error}"
        return file_error(self.path, field, "is damaged", "copy or export it again", detail=detail)


def load_npy(path: Path) -> NDArray[Any]:
    """Return the array of an npy file. Raises InputError."""
    return parse_npy(read_bytes(path, LIMITS.binary), path, "content")


def parse_npy(data: bytes, path: Path, field: str) -> NDArray[Any]:
    """Return the array that the bytes of an npy file hold; path and field are named in errors. Raises InputError."""
    try:
        return _parse_npy(data, path)
    except InputError:
        raise
    except Exception as error:  # numpy evaluates the header as a Python literal: almost any error is possible
        detail = f"{type(error).__name__}: {error}"
        raise file_error(path, field, "is damaged", "copy or export it again", detail=detail) from None


def _parse_npy(data: bytes, path: Path) -> NDArray[Any]:
    stream = BytesIO(data)
    version = np.lib.format.read_magic(stream)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read_header(stream)
    body = data[stream.tell() :]
    if dtype.hasobject:
        held = loads(body, path)
        if not isinstance(held, np.ndarray) or held.shape != shape:  # never made from lists, however deep they are
            raise ValueError("its pickle is no array of the shape that it states")
        return held
    if dtype.names is not None or dtype.subdtype is not None:
        raise ValueError("an array of records")
    if len(body) != math.prod(shape) * dtype.itemsize or dtype.itemsize == 0:
        raise ValueError(f"{len(body)} bytes for an array of {shape} {dtype}")
    return np.frombuffer(body, dtype).reshape(shape, order="F" if fortran else "C")


def load_member_cached(path: Path, name: str) -> Any:
    """Return the object in a member that holds one (a dict, mostly); the last one stays in memory: do not modify it.

    Raises InputError.
    """
    check_size(path, LIMITS.binary)
    stat = path.stat()
    return _load_once(path.resolve(), name, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=1)
def _load_once(path: Path, name: str, mtime_ns: int, size: int) -> Any:
    array = Npz(path)[name]
    return array.item() if array.dtype == object and array.ndim == 0 else array
