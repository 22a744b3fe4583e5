"""Stand-ins for everything that a pickle may name: each does one harmless thing with what it has checked.

No argument is handed to `str`, `==`, `hash` or to compiled code before its type is known: it may be a list that stands
for 2^60 entries. NumPy's own `__setstate__` of a dtype is not used: it takes flags from the file that C code then
trusts. Neither are SciPy's classes, whose C++ code trusts the indices.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.untrusted.joblib_array import JoblibArray, count_of
from engine.untrusted.sparse import Sparse

_DTYPE = re.compile(r"[<>=|]?(\?|[biufcSUO])[0-9]{0,9}")
"""Codes of dtypes whose meaning is their code alone: no fields, no metadata."""
_LARGEST_KEY = 1 << 53  # whole numbers of the same hash are all larger, and a table of those takes quadratic time
_LONGEST_KEY = 16


class Array(np.ndarray[Any, Any]):
    """An array being unpickled: its state is checked before NumPy's C code sees it, and set only once."""

    def __new__(cls) -> Array:
        return super().__new__(cls, (0,), "b")

    def __setstate__(self, state: Any) -> None:
        if self.shape != (0,) or self.dtype.char != "b":
            raise ValueError("array state is given twice")
        if type(state) is not tuple or len(state) < 4:
            raise ValueError("array state")
        shape, dtype, fortran, data = state[-4:]
        real = real_dtype(dtype)
        count = count_of(shape)
        if type(data) is str:  # Python 2 strings, read as latin-1
            data = data.encode("latin-1")
        if real.hasobject:
            good = type(data) is list and len(data) == count
        else:
            good = type(data) is bytes and len(data) == count * real.itemsize
        if not good or type(fortran) not in (bool, int):
            raise ValueError("array data does not fit its shape")
        checked: Any = (1, shape, real, bool(fortran), data)
        super().__setstate__(checked)


class DType:
    """A dtype while it is being unpickled; only its code and byte order are taken from the file."""

    def __init__(self, code: str, align: Any = False, copy: Any = True) -> None:
        if type(code) is not str or not _DTYPE.fullmatch(code):
            raise ValueError("a dtype that is not admitted")
        self.dtype = np.dtype(code)
        if self.dtype.itemsize == 0:
            raise ValueError("a dtype without size")

    def __setstate__(self, state: Any) -> None:
        if type(state) is not tuple or len(state) < 5 or type(state[1]) is not str:
            raise ValueError("dtype state")
        order, subdtype, names, fields = state[1:5]
        if not (subdtype is names is fields is None) or order not in ("<", ">", "=", "|"):
            raise ValueError("structured dtypes are not admitted")
        if order in ("<", ">"):
            self.dtype = self.dtype.newbyteorder(order)


class Inert:
    """A record of an object whose class is not admitted to run: its name, arguments and state."""

    name = ""
    args: tuple[Any, ...] = ()
    state: Any = None

    def __init__(self, *args: Any) -> None:
        self.args = args

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def parts(self) -> Collection[Any]:
        """What it holds, as `engine.untrusted.expansion` asks."""
        return self.args, self.state


class Nothing:
    """Stands for Python 2's `object` in the reconstruction of old objects."""


def check_key(key: Any) -> None:
    """Raise ValueError for a key of a table, or an entry of a set, that is no plain text or number, or a few."""
    parts = key if type(key) is tuple and len(key) <= _LONGEST_KEY else (key,)
    for part in parts:
        if type(part) is int and abs(part) >= _LARGEST_KEY:
            raise ValueError("a key that is a gigantic number")
        if not (part is None or type(part) in (str, bytes, int, bool, float, np.str_)):
            raise ValueError(f"a key that is a {type(part).__name__}")


def real_dtype(dtype: Any) -> np.dtype[Any]:
    """Return the dtype that was unpickled. Raises ValueError for anything else."""
    if isinstance(dtype, DType):
        return dtype.dtype
    raise ValueError("an array without a dtype")


def _reconstruct(kind: Any, shape: Any, code: Any) -> Array:
    if kind is not Array:
        raise ValueError("only plain arrays are admitted")
    return Array()


def _frombuffer(data: Any, dtype: Any, shape: Any, order: Any) -> NDArray[Any]:
    real = real_dtype(dtype)
    if type(data) not in (bytes, bytearray) or real.hasobject or len(data) != count_of(shape) * real.itemsize:
        raise ValueError("array data does not fit its shape")
    fortran = type(order) is str and order == "F"
    return np.frombuffer(bytes(data), real).reshape(shape, order="F" if fortran else "C")


def _scalar(dtype: Any, data: Any = b"") -> Any:
    data = data.encode("latin-1") if type(data) is str else data
    real = real_dtype(dtype)
    if real.hasobject or type(data) is not bytes or len(data) != real.itemsize:
        raise ValueError("scalar data does not fit its dtype")
    return np.frombuffer(data, real)[0]


def _encode(text: Any, codec: Any = "latin1") -> bytes:
    if type(text) is not str or type(codec) is not str or codec not in ("latin1", "latin-1"):
        raise ValueError("what is encoded is no text")
    return text.encode("latin-1")


def _bytes(*args: Any) -> bytes:
    if not args:
        return b""
    return args[0] if len(args) == 1 and type(args[0]) is bytes else _encode(*args)


def _bytearray(*args: Any) -> bytearray:
    return bytearray(_bytes(*args))


def _items(*args: Any) -> Collection[Any]:
    if len(args) > 1 or (args and type(args[0]) not in (list, tuple, set, frozenset)):
        raise ValueError("entries that are no list")
    return args[0] if args else ()


def _keys(*args: Any) -> Collection[Any]:
    found = _items(*args)
    for key in found:
        check_key(key)
    return found


def _list(*args: Any) -> list[Any]:
    return list(_items(*args))


def _tuple(*args: Any) -> tuple[Any, ...]:
    return tuple(_items(*args))


def _set(*args: Any) -> set[Any]:
    return set(_keys(*args))


def _frozenset(*args: Any) -> frozenset[Any]:
    return frozenset(_keys(*args))


def _complex(*args: Any) -> complex:
    if len(args) > 2 or any(type(part) not in (int, float) for part in args):
        raise ValueError("parts of a complex number")
    return complex(*args)


def _dict(*args: Any) -> dict[Any, Any]:
    """Build any dict: Python 2 gives a list of items, 3 sets them later; the factory of a default dict is dropped."""
    items = args[-1] if args and type(args[-1]) is list else []
    if not all(type(item) in (list, tuple) and len(item) == 2 for item in items):
        raise ValueError("items of a table")
    _keys([key for key, _ in items])
    return dict(items)


def _reconstruct_object(kind: Any, base: Any, state: Any) -> Any:
    return new_object(kind)


def new_object(kind: Any) -> Any:
    """Return a record without state. Raises ValueError for what is no class of one."""
    if isinstance(kind, type) and issubclass(kind, Inert | Sparse | JoblibArray):
        return object.__new__(kind)
    raise ValueError("only known objects are admitted")


@lru_cache(maxsize=256)
def inert(name: str) -> type[Inert]:
    """The class of the records of that name."""
    return type(name.rsplit(".", 1)[-1], (Inert,), {"name": name})


_CORES = ("core", "_core")
GLOBALS: dict[tuple[str, str], Callable[..., Any]] = {
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _reconstruct for core in _CORES},
    **{(f"numpy.{core}.multiarray", "scalar"): _scalar for core in _CORES},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _frombuffer for core in _CORES},
    ("numpy", "ndarray"): Array,
    ("numpy", "dtype"): DType,
    ("joblib.numpy_pickle", "NumpyArrayWrapper"): JoblibArray,
    ("_codecs", "encode"): _encode,
    ("collections", "OrderedDict"): _dict,
    ("collections", "defaultdict"): _dict,
    ("copy_reg", "_reconstructor"): _reconstruct_object,
    ("copyreg", "_reconstructor"): _reconstruct_object,
    **{
        (module, name): stand_in
        for module in ("builtins", "__builtin__")
        for name, stand_in in {
            "list": _list, "dict": _dict, "set": _set, "frozenset": _frozenset, "tuple": _tuple, "complex": _complex,
            "bytes": _bytes, "bytearray": _bytearray, "object": Nothing,
        }.items()
    },
}  # fmt: skip
"""What a pickle may name; `engine.untrusted.sparse` and `inert` are further."""

CALLED = frozenset(GLOBALS.values()) - {Array, JoblibArray, Nothing}
"""What a pickle may call; records of `inert` are further."""
