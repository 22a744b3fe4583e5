"""PyTorch's files (torch.save) as arrays and plain containers: a zip of a pickle and of its tensors' bytes.

Read without PyTorch. Tensors become arrays of their own; where one would lie is checked before NumPy sees it.
"""

from __future__ import annotations

import math
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError, file_error
from engine.untrusted.expansion import check_expansion
from engine.untrusted.limits import LIMITS, check_limit, check_size, unreadable
from engine.untrusted.safe_npz import ZIP_ERRORS
from engine.untrusted.safe_pickle import Unpickler

_KINDS = {
    "FloatStorage": "<f4", "DoubleStorage": "<f8", "HalfStorage": "<f2", "LongStorage": "<i8", "IntStorage": "<i4",
    "ShortStorage": "<i2", "CharStorage": "|i1", "ByteStorage": "|u1", "BoolStorage": "|b1",
}  # fmt: skip
_PICKLE = "/data.pkl"
_LONGEST_PICKLE = 256 << 20
_MOST_AXES = 16


def is_torch_file(head: bytes, path: Path) -> bool:
    """Tell whether this is a file of torch.save in its present form, a zip."""
    return head.startswith(b"PK\x03\x04") and bool(_names(path))


def torch_file_mentions(path: Path, word: bytes) -> bool:
    """Tell whether the pickle of a PyTorch file holds a word."""
    names = _names(path)
    try:
        with zipfile.ZipFile(path) as archive:
            return bool(names) and word in archive.open(names[0]).read(_LONGEST_PICKLE)
    except (OSError, *ZIP_ERRORS):
        return False


def load_torch_file(path: Path) -> Any:
    """Return what a PyTorch file holds. Raises InputError."""
    path = Path(path)
    size = check_size(path, LIMITS.binary)
    names = _names(path)
    if not names:
        raise file_error(path, "file", "is no PyTorch file", "save it again")
    try:
        with zipfile.ZipFile(path) as archive:
            check_limit(path, sum(member.file_size for member in archive.infolist()), LIMITS.binary)
            found = _TorchUnpickler(archive, names[0], path, size).load()
        check_expansion(found, size)
        return found
    except InputError:
        raise
    except OSError as error:
        raise unreadable(path, error) from None
    except (Exception, RecursionError) as error:
        detail = f"{type(error).__name__}: {error}"
        raise file_error(path, "file", "is damaged", "copy or save it again", detail=detail) from None


def _names(path: Path) -> list[str]:
    """Return the members that are pickles of PyTorch: <name>/data.pkl beside <name>/version."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (OSError, *ZIP_ERRORS):
        return []
    return [name for name in names if name.endswith(_PICKLE) and f"{name.removesuffix(_PICKLE)}/version" in names]


class _Kind:
    """Stands for a class of storages."""

    def __init__(self, code: str) -> None:
        self.dtype = np.dtype(code)


def _rebuild_tensor(*_: Any) -> None:
    """Stands for the function that makes tensors of storages."""


class _TorchUnpickler(Unpickler):
    """Knows storages and tensors besides what any pickle may hold."""

    def __init__(self, archive: zipfile.ZipFile, name: str, path: Path, size: int) -> None:
        super().__init__(BytesIO(archive.open(name).read(_LONGEST_PICKLE)), path, size)
        self.archive, self.stem = archive, name.removesuffix(_PICKLE)
        self.storages: dict[str, NDArray[Any]] = {}

    def find_class(self, module: str, name: str) -> Any:
        if module == "torch" and name in _KINDS:
            return _Kind(_KINDS[name])
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        return super().find_class(module, name)

    def persistent_load(self, pid: Any) -> NDArray[Any]:
        """Return a storage as an array (N,). Raises ValueError."""
        if type(pid) is not tuple or len(pid) < 5 or pid[0] != "storage" or not isinstance(pid[1], _Kind):
            raise ValueError("a reference to no storage")
        key = pid[2]
        if type(key) is not str or not key.isdecimal():
            raise ValueError(f"storage {key!r}")
        if key not in self.storages:
            data = self.archive.read(f"{self.stem}/data/{key}")
            if len(data) % pid[1].dtype.itemsize:
                raise ValueError("a storage that is cut off")
            self.storages[key] = np.frombuffer(data, pid[1].dtype)
        return self.storages[key]

    def _instantiate(self, kind: Any, args: Any) -> None:
        if kind is not _rebuild_tensor:
            super()._instantiate(kind, args)
            return
        self.append(self._built(tensor(*args[:4])))  # type: ignore[attr-defined]


def tensor(storage: Any, offset: Any, size: Any, stride: Any) -> NDArray[Any]:
    """Return the array that lies in a storage at an offset with these sizes and strides. Raises ValueError."""
    numbers = (offset, *size, *stride) if type(size) is tuple and type(stride) is tuple else (None,)
    if not isinstance(storage, np.ndarray) or any(type(n) is not int or n < 0 for n in numbers):
        raise ValueError("a tensor without sizes")
    if len(size) != len(stride) or len(size) > _MOST_AXES or math.prod(size) > len(storage):
        raise ValueError("a tensor larger than its storage")
    if math.prod(size) == 0:
        return np.empty(size, storage.dtype)
    if offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True)) >= len(storage):
        raise ValueError("a tensor beyond its storage")
    item = storage.itemsize
    return np.lib.stride_tricks.as_strided(storage[offset:], size, [step * item for step in stride]).copy()
