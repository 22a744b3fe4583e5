"""Pickles as data: an unpickler that builds arrays and plain containers and never runs what a file names.

A pickle is a program that may call anything it can name. Here it can name only the stand-ins of
`engine.untrusted.pickled`, each of which does one harmless thing: build an array from bytes, a list, a sparse matrix,
or an inert record of a chumpy object (the SMPL model files hold some). Everything else raises InputError with the name
refused. What is built is bounded by the size of the file, also once shared parts are expanded.
"""

from __future__ import annotations

import mmap
import pickle
import struct
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import IO, Any, ClassVar

import numpy as np

from engine.errors import InputError, file_error
from engine.untrusted.expansion import ExpansionError, check_expansion
from engine.untrusted.joblib_array import JoblibArray, read_array
from engine.untrusted.limits import LIMITS, check_size, unreadable
from engine.untrusted.pickled import CALLED, GLOBALS, Array, DType, Inert, check_key, inert, new_object, real_dtype
from engine.untrusted.sparse import FORMS, Sparse, sparse

_BUILT_BYTES = 64 << 20
_BUILT_PER_BYTE = 4  # what calls may build beyond that, for each byte of the file


def load_pickle(path: Path) -> Any:
    """Load the content of a pickle file (Python 2 or 3) as containers and NumPy arrays. Raises InputError."""
    path = Path(path)
    check_size(path, LIMITS.binary)
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
            return _load(view, path)
    except OSError as error:
        raise unreadable(path, error) from None


def load_pickle_cached(path: Path) -> Any:
    """Load as load_pickle does, but the last file stays in memory (for files of many sequences): do not modify it."""
    path = Path(path)
    check_size(path, LIMITS.binary)
    stat = path.stat()
    return _load_once(path.resolve(), stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=1)
def _load_once(path: Path, mtime_ns: int, size: int) -> Any:
    return load_pickle(path)


def loads(data: bytes, path: Path) -> Any:
    """Load the content of a pickle that lies in `data`; `path` is named in errors. Raises InputError."""
    return _load(BytesIO(data), path)


def looks_like_pickle(head: bytes) -> bool:
    """Tell whether a file that begins with `head` is a pickle of protocol 0 to 5 that holds a container."""
    return (head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05") or head[:3] in (
        b"(dp",
        b"(lp",
        b"}q\x00",
        b"]q\x00",
    )


def mentions(path: Path, word: bytes) -> bool:
    """Tell whether the word occurs within the first 256 MiB of a file."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
            return view.find(word, 0, 256 << 20) >= 0
    except (OSError, ValueError):
        return False


def _load(stream: IO[bytes] | mmap.mmap, path: Path) -> Any:
    try:
        stream.seek(0, 2)
        size = stream.tell()
        stream.seek(0)
        found = Unpickler(stream, path, size).load()
        check_expansion(found, size)
        return found
    except InputError:
        raise
    except ExpansionError as error:
        raise file_error(path, "pickle", str(error), "export its plain data again") from None
    except (Exception, RecursionError) as error:
        detail = f"{type(error).__name__}: {error}"
        raise file_error(
            path, "pickle", "is damaged or not a pickle", "copy or export it again", detail=detail
        ) from None


_SPARSE = {f"{form}_{kind}": form for form in FORMS for kind in ("matrix", "array")}


class Unpickler(pickle._Unpickler):
    """Python's own unpickler: unlike C's its memo is a dict, so five bytes cannot ask for gigabytes."""

    dispatch: ClassVar[dict[int, Any]] = dict(pickle._Unpickler.dispatch)
    stack: list[Any]

    def __init__(self, stream: IO[bytes] | mmap.mmap, path: Path, size: int) -> None:
        super().__init__(stream, encoding="latin-1")
        self.path = path
        self._left = _BUILT_BYTES + _BUILT_PER_BYTE * size

    def find_class(self, module: str, name: str) -> Any:
        known = GLOBALS.get((module, name))
        if known is not None:
            return known
        if module.startswith("scipy.sparse") and name in _SPARSE:
            return sparse(_SPARSE[name])
        if module.split(".")[0] == "chumpy":
            return inert(f"{module}.{name}")
        raise file_error(
            self.path, "pickle", f"asks for {module[:80]}.{name[:80]}, which is refused because it could run code",
            "give a file that holds arrays and plain containers only",
        )  # fmt: skip

    def _built(self, value: Any) -> Any:
        """The value itself, once it is counted. Raises ValueError where the file builds too much of its few bytes."""
        held = value.nbytes if isinstance(value, np.ndarray) else 8 * len(value) if hasattr(value, "__len__") else 0
        self._left -= 64 + held
        if self._left < 0:
            raise ValueError("much more is built than the file holds")
        return value

    def _instantiate(self, kind: Any, args: Any) -> None:
        """Push the result of a call; unlike the standard opcodes only of what may be called."""
        if type(args) not in (list, tuple) or not (_is(kind, Inert) or any(kind is one for one in CALLED)):
            raise ValueError(f"a call of a {type(kind).__name__}")
        self.append(self._built(kind(*args)))  # type: ignore[attr-defined]

    def load_reduce(self) -> None:
        args = self.stack.pop()
        self._instantiate(self.stack.pop(), args)

    def load_newobj(self) -> None:
        args = self.stack.pop()
        made = new_object(self.stack.pop())
        if type(args) is not tuple or (args and not isinstance(made, Inert)):
            raise ValueError("arguments of a new object")
        self.append(self._built(made))  # type: ignore[attr-defined]

    def load_build(self) -> None:
        """Give an object its state; unlike the standard opcode never to a class or a function."""
        state = self.stack.pop()
        if type(self.stack[-1]) is JoblibArray:  # its bytes come next
            if type(state) is not dict:
                raise ValueError("array state")
            dtype = real_dtype(state.get("dtype"))
            self.stack[-1] = self._built(read_array(state, dtype, self.read))  # type: ignore[attr-defined]
            return
        if not isinstance(self.stack[-1], Array | DType | Inert | Sparse):
            raise ValueError(f"state for a {type(self.stack[-1]).__name__}")
        self.stack[-1].__setstate__(state)
        self._built(self.stack[-1])

    def load_append(self) -> None:
        value = self.stack.pop()
        self._top(list).append(value)

    def load_appends(self) -> None:
        items = self.pop_mark()  # type: ignore[attr-defined]
        self._top(list).extend(items)

    def load_additems(self) -> None:
        items = self.pop_mark()  # type: ignore[attr-defined]
        for item in items:
            check_key(item)
        self._top(set).update(items)

    def load_frozenset(self) -> None:
        items = self.pop_mark()  # type: ignore[attr-defined]
        for item in items:
            check_key(item)
        self.append(frozenset(items))  # type: ignore[attr-defined]

    def load_setitem(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        check_key(key)
        self._top(dict)[key] = value

    def load_setitems(self) -> None:
        items = self.pop_mark()  # type: ignore[attr-defined]
        self._set(self._top(dict), items)

    def load_dict(self) -> None:
        items = self.pop_mark()  # type: ignore[attr-defined]
        made: dict[Any, Any] = {}
        self._set(made, items)
        self.append(made)  # type: ignore[attr-defined]

    def load_bytearray8(self) -> None:
        """Push as many bytes as there are; the standard opcode first asks for the memory that the file names."""
        (count,) = struct.unpack("<Q", self.read(8))  # type: ignore[attr-defined]
        found = self.read(count)  # type: ignore[attr-defined]
        if len(found) != count:
            raise EOFError
        self.append(self._built(bytearray(found)))  # type: ignore[attr-defined]

    def _top(self, kind: type) -> Any:
        if type(self.stack[-1]) is not kind:
            raise ValueError(f"entries for a {type(self.stack[-1]).__name__}")
        return self.stack[-1]

    def _set(self, table: dict[Any, Any], items: list[Any]) -> None:
        for key, value in zip(items[::2], items[1::2], strict=True):
            check_key(key)
            table[key] = value

    dispatch |= {
        pickle.REDUCE[0]: load_reduce,
        pickle.NEWOBJ[0]: load_newobj,
        pickle.BUILD[0]: load_build,
        pickle.APPEND[0]: load_append,
        pickle.APPENDS[0]: load_appends,
        pickle.ADDITEMS[0]: load_additems,
        pickle.FROZENSET[0]: load_frozenset,
        pickle.SETITEM[0]: load_setitem,
        pickle.SETITEMS[0]: load_setitems,
        pickle.DICT[0]: load_dict,
        pickle.BYTEARRAY8[0]: load_bytearray8,
    }
    for _refused in (
        pickle.NEWOBJ_EX,
        pickle.EXT1,
        pickle.EXT2,
        pickle.EXT4,
        pickle.NEXT_BUFFER,
        pickle.READONLY_BUFFER,
    ):
        del dispatch[_refused[0]]


def _is(kind: Any, base: type) -> bool:
    return isinstance(kind, type) and issubclass(kind, base)
