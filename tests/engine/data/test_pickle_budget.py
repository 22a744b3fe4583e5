"""A few bytes of a pickle never stand for much more: in memory, in entries, or in the time that a table takes."""

import io
import os
import pickle
import time
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse

from engine.data.registry import expand
from engine.errors import InputError
from engine.untrusted.safe_npz import Npz
from engine.untrusted.safe_pickle import loads

HERE = Path("some.pkl")
DOUBLINGS = 60


def doubled(start: bytes, twice: bytes) -> bytes:
    """A program that names the value on the stack twice, in another, so often that it stands for 2^60 of it."""
    body = start
    for k in range(DOUBLINGS):
        body += b"q" + bytes([k]) + twice.replace(b"#", bytes([k]))
    return body


LISTS = doubled(b"]K\x01a", b"0](h#h#e")
TUPLES = doubled(b"K\x01\x85", b"h#\x86")
DTYPE = b"cnumpy\ndtype\n"


def called(name: bytes, *arguments: bytes) -> bytes:
    return b"c" + name + b"\n(" + b"".join(arguments) + b"tR"


BOMBS = {
    "lists": LISTS,
    "tuples": TUPLES,
    "key": b"}" + TUPLES + b"K\x01s",
    "keys": b"}(" + TUPLES + b"K\x01u",
    "key of a dict": b"(" + TUPLES + b"K\x01d",
    "in a set": b"\x8f(" + TUPLES + b"\x90",
    "in a frozenset": b"(" + TUPLES + b"\x91",
    "given to set": called(b"builtins\nset", b"(", TUPLES, b"l"),
    "given to dict": called(b"collections\nOrderedDict", b"(", TUPLES, b"K\x01\x86l"),
    "given to list": called(b"builtins\nlist", LISTS),
    "encoded": called(b"_codecs\nencode", LISTS),
    "codec": called(b"_codecs\nencode", b"X\x01\x00\x00\x00a", LISTS),
    "code of a dtype": called(b"numpy\ndtype", LISTS),
    "state of a dtype": called(b"numpy\ndtype", b"X\x02\x00\x00\x00f8") + b"(K\x03" + LISTS + b"NNNtb",
    "subdtype": called(b"numpy\ndtype", b"X\x02\x00\x00\x00f8") + b"(K\x03X\x01\x00\x00\x00<" + TUPLES + b"NNtb",
    "parts of a complex": called(b"builtins\ncomplex", LISTS),
    "state of a record": b"cchumpy.ch\nCh\n)\x81" + LISTS + b"b",
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_stands_for_gigabytes_is_refused(name):
    data = b"\x80\x02" + BOMBS[name] + b"."
    assert len(data) < 700
    start = time.process_time()
    with pytest.raises(InputError, match=r"some\.pkl: pickle (stands for more than|is damaged)"):
        loads(data, HERE)
    assert time.process_time() - start < 1


def test_what_is_shared_a_little_stays():
    row = list(range(50))
    assert loads(pickle.dumps([row] * 1000), HERE) == [row] * 1000
    names = ["S1"] * 100_000
    assert loads(pickle.dumps({"camera_name": names}), HERE) == {"camera_name": names}


def test_depth_and_circles():
    deep = []
    for _ in range(200):
        deep = [deep]
    with pytest.raises(InputError, match="more than 100 levels deep"):
        loads(pickle.dumps(deep), HERE)
    circle: list[object] = []
    circle.append(circle)
    with pytest.raises(InputError, match="holds itself"):
        loads(pickle.dumps(circle), HERE)


def test_an_object_array_of_lists_is_not_unrolled(tmp_path):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "|O", "fortran_order": False, "shape": ()})
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("data.npy", stream.getvalue() + b"\x80\x02" + LISTS + b".")
        archive.writestr("list.npy", stream.getvalue() + pickle.dumps([[1, 2], [3, 4]]))
    for name in ("data", "list"):
        with pytest.raises(InputError, match=r"a\.npz: (pickle stands for|list is damaged)"):
            Npz(tmp_path / "a.npz")[name]


def peak_of(data: bytes) -> int:
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=r"some\.pkl: pickle is damaged"):
            loads(data, HERE)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_copies_of_one_text_are_counted():
    text = b"B" + (1 << 20).to_bytes(4, "little") + bytes(1 << 20) + b"q\x00"
    copies = b"cbuiltins\nbytearray\nq\x01(" + b"h\x01h\x00\x85R" * 5000
    assert peak_of(b"\x80\x04" + text + copies + b"l.") < 256 << 20
    assert peak_of(b"\x80\x05\x96" + (1 << 40).to_bytes(8, "little") + b"abc.") < 1 << 20


def test_keys_of_one_hash():
    keys = [k * (2**61 - 1) for k in range(1, 20_000)]
    start = time.process_time()
    with pytest.raises(InputError, match="is damaged"):
        loads(pickle.dumps(dict.fromkeys([0, 1])).replace(b"K\x01", pickle.dumps(keys[5], 2)[2:-1]), HERE)
    assert time.process_time() - start < 1


SPARSE = scipy.sparse.csr_matrix(np.arange(6.0).reshape(2, 3))


@pytest.mark.parametrize("form", ["csr", "csc", "coo"])
@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("kind", ["matrix", "array"])
def test_sparse_matrices_are_what_scipy_makes_of_them(form, protocol, kind):
    made = getattr(scipy.sparse, f"{form}_{kind}")(SPARSE)
    np.testing.assert_array_equal(loads(pickle.dumps(made, protocol), HERE).toarray(), SPARSE.toarray())


def test_entries_of_one_place_are_added():
    made = scipy.sparse.coo_matrix(([1.0, 2.0], ([0, 0], [1, 1])), (2, 2))
    np.testing.assert_array_equal(loads(pickle.dumps(made), HERE).toarray(), made.toarray())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("indptr", [0, 2**30, 5]), ("indptr", [0, 3]), ("indptr", [-1, 3, 5]), ("indptr", [0, 6, 5]),
        ("indices", [1, 2, 0, 1, -3]), ("indices", [1, 2, 0, 1, 3]), ("indices", [1]),
        ("data", [1.0]), ("_shape", (2**40, 3)), ("_shape", (2,)), ("_shape", None), ("data", [[1.0]] * 5),
        ("data", ["a"] * 5), ("indptr", [0.0, 3.0, 5.0]), ("data", "text"), ("indptr", None),
    ],
)  # fmt: skip
def test_sparse_matrices_that_lie(field, value):
    lying = SPARSE.copy()
    lying.__dict__[field] = np.array(value) if isinstance(value, list) else value
    with pytest.raises(InputError, match="is damaged"):
        loads(pickle.dumps(lying, 2), HERE)


def test_a_sparse_matrix_is_never_called_and_set_once():
    name = b"cscipy.sparse._csr\ncsr_matrix\n"
    state = pickle.dumps(SPARSE.__dict__, 2)[2:-1]
    for program in (name + b"(K\x02K\x02tR.", name + b")\x81" + state + b"b" + state + b"b."):
        with pytest.raises(InputError, match="is damaged"):
            loads(b"\x80\x02" + program, HERE)


def test_a_pipe_in_a_folder_of_frames_is_not_waited_for(tmp_path):
    for name in ("video_0001_keypoints.json", "walk.bvh", "index.csv", "35.asf"):
        os.mkfifo(tmp_path / name)
    with pytest.raises(InputError, match="holds no motion"):
        expand(tmp_path)
