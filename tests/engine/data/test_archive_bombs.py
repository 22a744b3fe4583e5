"""Archives whose headers say much more than they hold: refused before memory or disk is asked for."""

import io
import lzma
import tarfile
import tracemalloc

import pytest

from engine.errors import InputError
from engine.untrusted.archive import unpack
from engine.untrusted.limits import LIMITS


def header(kind: bytes, size: int, name: str = "a") -> bytes:
    made = tarfile.TarInfo(name)
    made.type, made.size = kind, size
    return made.tobuf(tarfile.GNU_FORMAT)


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


def record(key: str, value: bytes) -> bytes:
    length = len(key) + len(value) + 3
    while len(f"{length}") + len(key) + len(value) + 3 != length:
        length = len(f"{length}") + len(key) + len(value) + 3
    return f"{length} {key}=".encode() + value + b"\n"


LONG = record("path", b"a" * (40 << 20))
SOME = record("comment", b"a" * 60_000)
BOMBS = {
    "one long extended header": header(b"x", len(LONG)) + padded(LONG) + header(b"0", 0),
    "a long name": header(b"L", 40 << 20) + bytes(40 << 20) + header(b"0", 0),
    "many global headers": (header(b"g", len(SOME)) + padded(SOME)) * 1000 + header(b"0", 0),
    "many extended headers": (header(b"x", len(SOME)) + padded(SOME)) * 2000 + header(b"0", 0),
    "a file with holes": header(b"S", 512) + bytes(512),
    "many folders": header(b"5", 0) * 1001,
    "a file as large as a disk": header(b"0", 1 << 42),
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.slow
def test_a_tar_of_headers_is_refused(tmp_path, monkeypatch, name):
    monkeypatch.setattr(LIMITS, "members", 1000)
    path = tmp_path / "a.tar.xz"
    path.write_bytes(lzma.compress(BOMBS[name], preset=0))
    (tmp_path / "out").mkdir()
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=r"^a\.tar\.xz: .*; .*\.$"):
            unpack(path, tmp_path / "out")
        assert tracemalloc.get_traced_memory()[1] < 160 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("way", ["", "gz", "xz", "bz2"])
def test_usual_tars_of_every_form(tmp_path, form, way):
    path = tmp_path / "a.tar"
    names = ["b.bvh", "folder/" * 5 + "c.bvh", *([] if form == tarfile.USTAR_FORMAT else ["é" * 90 + "/d.bvh"])]
    with tarfile.open(path, f"w:{way}", format=form) as tar:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = 200_000
            tar.addfile(member, io.BytesIO(bytes(range(200)) * 1000))
    (tmp_path / "out").mkdir()
    unpack(path, tmp_path / "out")
    for name in names:
        assert (tmp_path / "out" / name).read_bytes() == bytes(range(200)) * 1000
