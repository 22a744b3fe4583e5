"""Pickles as data: an unpickler that builds arrays and plain containers and never runs what a file names.

A pickle is a program that may call anything it can name. Here it can name only the stand-ins below, each of
which does one harmless thing: build an array from bytes, a list, a sparse matrix, or an inert record of a
chumpy object (the SMPL model files hold some). Everything else raises InputError with the name refused.
NumPy's own `__setstate__` of a dtype is not used: it takes flags from the file that C code then trusts.

A file made on purpose to waste time or memory is bounded only by its size.
"""

from __future__ import annotations

import math
import mmap
import pickle
from collections.abc import Callable
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import IO, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError, file_error
from engine.untrusted.joblib_array import JoblibArray, read_array
from engine.untrusted.limits import LIMITS, check_size, unreadable

_PLAIN_KINDS = "biufcSUO"  # dtypes whose meaning is their code alone: no fields, no metadata


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
        return _Unpickler(stream, path).load()
    except InputError:
        raise
    except (Exception, RecursionError) as error:
        detail = f"{type(error).__name__}: {error}"
        raise file_error(
            path, "pickle", "is damaged or not a pickle", "copy or export it again", detail=detail
        ) from None


class _Array(np.ndarray[Any, Any]):
    """An array being unpickled: its state is checked before NumPy's C code sees it, and set only once."""

    def __new__(cls) -> _Array:
        return super().__new__(cls, (0,), "b")

    def __setstate__(self, state: Any) -> None:
        if self.shape != (0,) or self.dtype.char != "b":
            raise ValueError("array state is given twice")
        shape, dtype, fortran, data = state[-4:]
        real = _real_dtype(dtype)
        count = _count(shape)
        if isinstance(data, str):  # Python 2 strings, read as latin-1
            data = data.encode("latin-1")
        if real.hasobject:
            good = type(data) is list and len(data) == count
        else:
            good = type(data) is bytes and len(data) == count * real.itemsize
        if not good:
            raise ValueError("array data does not fit its shape")
        checked: Any = (1, shape, real, bool(fortran), data)
        super().__setstate__(checked)


class _DType:
    """A dtype while it is being unpickled; only its code and byte order are taken from the file."""

    def __init__(self, code: str, align: Any = False, copy: Any = True) -> None:
        self.dtype = np.dtype(str(code))
        if self.dtype.kind not in _PLAIN_KINDS or self.dtype.itemsize == 0:
            raise ValueError(f"dtype {code!r} is not admitted")

    def __setstate__(self, state: Any) -> None:
        order, subdtype, names, fields = state[1:5]
        if (subdtype, names, fields) != (None, None, None) or order not in ("<", ">", "=", "|"):
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


class _SparseState:
    """Mixed into SciPy's sparse matrices: the state is checked before SciPy's C++ code sees it."""

    def __setstate__(self, state: Any) -> None:
        from scipy.sparse import coo_array, coo_matrix

        shape = state.get("_shape")
        _count(shape)
        data = np.array(state["data"])
        matrix: Any = self
        if isinstance(self, coo_matrix | coo_array):
            index = state["coords"] if "coords" in state else (state["row"], state["col"])
            matrix.__init__((data, tuple(np.array(i) for i in index)), shape=shape)
        else:
            matrix.__init__((data, np.array(state["indices"]), np.array(state["indptr"])), shape=shape)
            matrix.check_format(full_check=True)


class _Object:
    """Stands for Python 2's `object` in the reconstruction of old objects."""


def _real_dtype(dtype: Any) -> np.dtype[Any]:
    if isinstance(dtype, _DType):
        return dtype.dtype
    raise ValueError("an array without a dtype")


def _count(shape: Any) -> int:
    if type(shape) is not tuple or not all(type(n) is int and n >= 0 for n in shape) or len(shape) > 32:
        raise ValueError(f"array shape {shape!r}")
    return math.prod(shape)


def _reconstruct(kind: Any, shape: Any, code: Any) -> _Array:
    if kind is not _Array:
        raise ValueError("only plain arrays are admitted")
    return _Array()


def _frombuffer(data: Any, dtype: Any, shape: Any, order: Any) -> NDArray[Any]:
    if not isinstance(data, bytes | bytearray) or len(data) != _count(shape) * _real_dtype(dtype).itemsize:
        raise ValueError("array data does not fit its shape")
    return np.frombuffer(bytes(data), _real_dtype(dtype)).reshape(shape, order="F" if order == "F" else "C")


def _scalar(dtype: Any, data: Any = b"") -> Any:
    data = data.encode("latin-1") if isinstance(data, str) else data
    real = _real_dtype(dtype)
    if real.hasobject or not isinstance(data, bytes) or len(data) != real.itemsize:
        raise ValueError("scalar data does not fit its dtype")
    return np.frombuffer(data, real)[0]


def _encode(text: Any, codec: Any = "latin1") -> bytes:
    if codec not in ("latin1", "latin-1"):
        raise ValueError(f"codec {codec!r}")
    return str(text).encode("latin-1")


def _bytes(*args: Any) -> bytes:
    if not args:
        return b""
    if len(args) == 1 and isinstance(args[0], bytes):
        return args[0]
    return _encode(*args)


def _bytearray(*args: Any) -> bytearray:
    return bytearray(_bytes(*args))


def _plain_dict(*args: Any) -> dict[Any, Any]:
    """Build ordered and default dicts: Python 2 gives a list of items, 3 sets them later; a factory is dropped."""
    return dict(args[-1]) if args and isinstance(args[-1], list) else {}


def _reconstruct_object(kind: Any, base: Any, state: Any) -> Any:
    if isinstance(kind, type) and issubclass(kind, Inert | _SparseState):
        return object.__new__(kind)
    raise ValueError("only known objects are admitted")


_NUMPY: dict[str, Callable[..., Any]] = {
    "_reconstruct": _reconstruct,
    "scalar": _scalar,
    "_frombuffer": _frombuffer,
}
_GLOBALS: dict[tuple[str, str], Callable[..., Any]] = {
    **{(f"numpy.{core}.multiarray", n): _NUMPY[n] for core in ("core", "_core") for n in ("_reconstruct", "scalar")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _frombuffer for core in ("core", "_core")},
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _DType,
    ("joblib.numpy_pickle", "NumpyArrayWrapper"): JoblibArray,
    ("_codecs", "encode"): _encode,
    ("collections", "OrderedDict"): _plain_dict,
    ("collections", "defaultdict"): _plain_dict,
    **{
        ("copy_reg", "_reconstructor"): _reconstruct_object,
        ("copyreg", "_reconstructor"): _reconstruct_object,
    },
}
for _module in ("builtins", "__builtin__"):
    _GLOBALS |= {(_module, kind.__name__): kind for kind in (list, dict, set, frozenset, tuple, complex)}
    _GLOBALS |= {(_module, "bytes"): _bytes, (_module, "bytearray"): _bytearray, (_module, "object"): _Object}
_SPARSE = {f"{kind}_{form}" for kind in ("csc", "csr", "coo") for form in ("matrix", "array")}


class _Unpickler(pickle._Unpickler):
    """Python's own unpickler: unlike C's its memo is a dict, so five bytes cannot ask for gigabytes."""

    dispatch: ClassVar[dict[int, Any]] = dict(pickle._Unpickler.dispatch)

    def __init__(self, stream: IO[bytes] | mmap.mmap, path: Path) -> None:
        super().__init__(stream, encoding="latin-1")
        self.path = path

    def find_class(self, module: str, name: str) -> Any:
        known = _GLOBALS.get((module, name))
        if known is not None:
            return known
        if module.startswith("scipy.sparse") and name in _SPARSE:
            return _sparse(name)
        if module.split(".")[0] == "chumpy":
            return _inert(f"{module}.{name}")
        raise file_error(
            self.path, "pickle", f"asks for {module}.{name}, which is refused because it could run code",
            "give a file that holds arrays and plain containers only",
        )  # fmt: skip

    def load_build(self) -> None:
        """Give an object its state; unlike the standard opcode never to a class or a function."""
        stack: list[Any] = self.stack  # type: ignore[attr-defined]
        state = stack.pop()
        if type(stack[-1]) is JoblibArray:  # its bytes come next
            stack[-1] = read_array(state, _real_dtype(state.get("dtype")), self.read)  # type: ignore[attr-defined]
            return
        if not isinstance(stack[-1], _Array | _DType | Inert | _SparseState):
            raise ValueError(f"state for a {type(stack[-1]).__name__}")
        stack[-1].__setstate__(state)

    dispatch[pickle.BUILD[0]] = load_build


@lru_cache
def _sparse(name: str) -> type:
    import scipy.sparse

    return type(name, (_SparseState, getattr(scipy.sparse, name)), {})


@lru_cache(maxsize=256)
def _inert(name: str) -> type[Inert]:
    return type(name.rsplit(".", 1)[-1], (Inert,), {"name": name})
