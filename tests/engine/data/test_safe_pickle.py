"""The safe unpickler: all plain data comes back, and nothing that a file names is ever run."""

import collections
import io
import os
import pickle
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from engine.untrusted.pickled import Inert
from engine.untrusted.safe_npz import Npz
from engine.untrusted.safe_pickle import load_pickle, loads

HERE = Path("some.pkl")

ARRAYS = [
    np.arange(6.0).reshape(2, 3),
    np.asfortranarray(np.arange(6).reshape(2, 3)),
    np.array(["a", "bcd"]),
    np.array([b"a", b"bcd"]),
    np.array([{"a": 1}, None, [2]], dtype=object),
    np.array({"a": np.arange(3)}, dtype=object),
    np.array(5),
    np.arange(3, dtype=">f4"),
    np.array([True, False]),
    np.zeros((0, 3)),
    np.float32(2.5),
    np.bool_(True),
    np.str_("ab"),
]


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("array", ARRAYS, ids=lambda a: f"{a.dtype}{a.shape}")
def test_arrays_of_every_protocol(array, protocol):
    back = loads(pickle.dumps(array, protocol=protocol), HERE)
    if array.dtype == object:
        assert str(back.tolist()).replace("Array", "array") == str(array.tolist())
    else:
        np.testing.assert_array_equal(back, array)
        assert np.shape(back) == array.shape


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=20,
)


@given(value=plain, protocol=st.integers(0, 5))
def test_plain_containers_of_every_protocol(value, protocol):
    assert loads(pickle.dumps(value, protocol=protocol), HERE) == value


@pytest.mark.parametrize("protocol", range(6))
def test_other_containers(protocol):
    value = {
        "set": {1, 2}, "frozen": frozenset([1]), "complex": 2 + 1j, "bytes": bytearray(b"\xff"), "none": b"",
        "ordered": collections.OrderedDict(b=1, a=2), "default": collections.defaultdict(list, {"a": [1]}),
    }  # fmt: skip
    assert loads(pickle.dumps(value, protocol=protocol), HERE) == value


def test_python_2_arrays():
    body = np.array([1.5, -2.0]).tobytes()
    data = (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tU\x01btR(K\x01(K\x02tcnumpy\ndtype\n"
        b"(U\x02f8K\x00K\x01tR(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x10" + body + b"tb."
    )
    np.testing.assert_array_equal(loads(data, HERE), [1.5, -2.0])


def test_what_the_smpl_files_hold():
    matrix = scipy.sparse.csc_matrix(np.eye(3))
    data = pickle.dumps({"J_regressor": matrix}, protocol=2).replace(b"scipy.sparse._csc", b"scipy.sparse.csc")
    np.testing.assert_array_equal(loads(data, HERE)["J_regressor"].toarray(), np.eye(3))

    chumpy = b"\x80\x02cchumpy.ch\nCh\n)\x81}X\x01\x00\x00\x00xK\x07sb."  # an object with the state {"x": 7}
    back = loads(chumpy, HERE)
    assert isinstance(back, Inert)
    assert (back.name, back.state) == ("chumpy.ch.Ch", {"x": 7})


# -- What must not happen ---------------------------------------------------------------------------


class Calls:
    """Pickles as a call of `function(*args)`."""

    def __init__(self, function, *args, state=None):
        self.call = (function, args) if state is None else (function, args, state)

    def __reduce__(self):
        return self.call


@pytest.fixture
def marker(tmp_path, monkeypatch):
    """A file that comes into being if anything of the pickle runs."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path / "ran"
    assert not (tmp_path / "ran").exists()


def evil(marker: Path) -> dict[str, object]:
    code = f"open({str(marker)!r}, 'w')"
    return {
        "system": Calls(os.system, f"touch {marker}"),
        "eval": Calls(eval, code),
        "exec": Calls(exec, code),
        "open": Calls(open, str(marker), "w"),
        "getattr": Calls(getattr, "", "upper"),
        "import": Calls(__import__, "os"),
        "np.load": Calls(np.load, str(marker), None, True),
        "np.save": Calls(np.save, str(marker), 1),
        "tofile": Calls(np.ndarray.tofile, np.zeros(3), str(marker)),
        "memmap": Calls(np.memmap, str(marker), "uint8", "w+", 0, 10),
        "path": Calls(Path.touch, marker),
        "in a list": [1, {"deep": (Calls(eval, code),)}],
        "in an array": np.array([Calls(eval, code)], dtype=object),
        "in a call": Calls(list, [Calls(eval, code)]),
        "in a state": Calls(list, state=Calls(eval, code)),
        "in a dict": {"key": Calls(os.getpid)},
        "function as value": os.system,
        "class as value": Path,
        "lambda of numpy": np.vectorize,
    }


@pytest.mark.parametrize("name", evil(Path("x")))
@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_nothing_runs(marker, name, protocol):
    data = pickle.dumps(evil(marker)[name], protocol=protocol)
    with pytest.raises(InputError, match=r"some\.pkl: pickle asks for \S+\.\S+, which is refused"):
        loads(data, HERE)


@pytest.mark.parametrize("name", ["system", "in an array", "in a list"])
def test_nothing_runs_from_an_npz(marker, name):
    path = marker.with_name("x.npz")
    np.savez(path, a=np.array([evil(marker)[name]], dtype=object))
    with pytest.raises(InputError, match=r"x\.npz: pickle asks for"):
        Npz(path)["a"]


def test_the_refused_name_is_given():
    with pytest.raises(InputError, match=r"asks for (posix|nt)\.system"):
        loads(pickle.dumps(os.system), HERE)


def op(module: str, name: str) -> bytes:
    return b"c" + f"{module}\n{name}\n".encode()


def dtype(code: str) -> bytes:
    return op("numpy", "dtype") + f"(S'{code}'\nK\x00K\x01tR".encode()


EMPTY = op("numpy.core.multiarray", "_reconstruct") + b"(" + op("numpy", "ndarray") + b"(K\x00tS'b'\ntR"
HUGE = b"(J\xff\xff\xff\x7ft"  # the shape (2147483647,)
EIGHT = b"S'AAAAAAAA'\n"

HAND_MADE = {
    "dotted name": b"\x80\x04\x8c\x05numpy\x8c\x10ndarray.tofile\x93.",
    "module attribute": op("numpy", "os") + b".",
    "old instance": b"(S'touch ran'\nios\nsystem\n.",
    "old object": b"(" + op("os", "system") + b"S'touch ran'\no.",
    "new object": op("subprocess", "Popen") + b"(S'touch ran'\nt\x81.",
    "persistent id": b"Psystem\n.",
    "extension": b"\x82\x01.",
    "state of a class": op("numpy", "ndarray") + b"N}S'__setstate__'\n" + op("builtins", "list") + b"s\x86b.",
    "state of a function": op("_codecs", "encode") + b"N}S'__defaults__'\n(K\x01ts\x86b.",
    "array of another class": EMPTY.replace(op("numpy", "ndarray"), op("builtins", "list")) + b".",
    "huge array": EMPTY + b"(K\x01" + HUGE + dtype("f8") + b"\x89S''\ntb.",
    "object array of bytes": EMPTY + b"(K\x01(K\x01t" + dtype("O8") + b"\x89" + EIGHT + b"tb.",
    "state given twice": EMPTY + 2 * (b"(K\x01(K\x01t" + dtype("f8") + b"\x89" + EIGHT + b"tb") + b".",
    "dtype with fields": dtype("V8") + b".",
    "dtype with flags": dtype("f8") + b"(K\x03S'|'\nN(S'a'\nt}S'a'\n(" + dtype("O8") + b"K\x00tsK\x08K\x01K\x00tb.",
    "scalar of an object": op("numpy.core.multiarray", "scalar") + b"(" + dtype("O8") + EIGHT + b"tR.",
    "short buffer": op("numpy.core.numeric", "_frombuffer") + b"(" + EIGHT + dtype("f8") + HUGE + b"S'C'\ntR.",
    "cut off": b"\x80\x04\x95\xff\x00\x00\x00\x00\x00\x00\x00]",
    "nothing on the stack": b".",
}


@pytest.mark.parametrize("name", HAND_MADE)
def test_hand_made_programs_are_refused(marker, name):
    with pytest.raises(InputError, match=r"some\.pkl: pickle (asks for|is damaged)"):
        loads(HAND_MADE[name], HERE)


def test_the_stand_ins_stay_as_they_are():
    """A pickle that tried to change them must not have changed what the next one meets."""
    for data in HAND_MADE.values():
        with pytest.raises(InputError):
            loads(data, HERE)
    np.testing.assert_array_equal(loads(pickle.dumps(np.arange(3)), HERE), np.arange(3))


def test_five_bytes_cannot_ask_for_gigabytes():
    tracemalloc.start()
    try:
        assert loads(b"\x80\x04Nr\xff\xff\xff\x7f.", HERE) is None  # memo entry 2147483647
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_sparse_matrix_that_lies_about_its_indices():
    matrix = scipy.sparse.csc_matrix(np.eye(3))
    matrix.indices[:] = 1_000_000
    with pytest.raises(InputError, match="is damaged"):
        loads(pickle.dumps(matrix), HERE)


@settings(max_examples=300)
@given(data=st.binary(max_size=200))
def test_random_bytes(data):
    _only_input_error(data)


@settings(max_examples=300)
@given(data=st.data())
def test_mutated_pickles(data):
    value = {"a": np.arange(4.0), "b": [np.float32(1), "text"], "c": np.array([{1: 2}], dtype=object)}
    whole = bytearray(pickle.dumps(value, protocol=data.draw(st.integers(0, 5))))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    _only_input_error(bytes(whole[: data.draw(st.integers(1, len(whole)))]))


def _only_input_error(data: bytes) -> None:
    try:
        loads(data, HERE)
    except InputError as error:
        assert "\n" not in str(error)


def test_a_file_and_its_size(tmp_path, monkeypatch):
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps([1, 2]))
    assert load_pickle(path) == [1, 2]
    path.write_bytes(b"")
    with pytest.raises(InputError, match=r"a\.pkl: file is empty"):
        load_pickle(path)


# -- npz --------------------------------------------------------------------------------------------


def test_npz_is_what_numpy_reads(tmp_path):
    arrays = {f"a{i}": a for i, a in enumerate(ARRAYS) if isinstance(a, np.ndarray) and a.dtype != object}
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "a.npz", **arrays)
        found = Npz(tmp_path / "a.npz")
        assert set(found) == set(arrays)
        for name, array in arrays.items():
            np.testing.assert_array_equal(found[name], array)


def member(shape: tuple[int, ...], body: bytes, descr: str = "<f8") -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": descr, "fortran_order": False, "shape": shape})
    return stream.getvalue() + body


@pytest.mark.parametrize(
    "content",
    [
        member((10**12,), b""),
        member((3,), bytes(23)),
        member((10**9, 0), bytes(8)),
        member((10**18,), b"", "<U0"),
        b"\x93NUMPY\x01\x00\x10\x00{'descr': (((((((",
        b"not an array",
        b"",
    ],
)
def test_members_that_lie(tmp_path, content):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.npy", content)
    with pytest.raises(InputError, match=r"a\.npz: a is damaged"):
        Npz(tmp_path / "a.npz")["a"]


def test_a_bomb_is_refused_by_its_unpacked_size(tmp_path, monkeypatch):
    from engine.untrusted.limits import LIMITS

    np.savez_compressed(tmp_path / "a.npz", a=np.zeros(10**6))
    monkeypatch.setattr(LIMITS, "binary", 10**6)
    with pytest.raises(InputError, match=r"a\.npz: size is 7\.63 MiB, above the limit of 0\.95 MiB"):
        Npz(tmp_path / "a.npz")
