"""Damage to files: bytes, pieces, numbers and words of text; in a zip or a tar also inside its members."""

from __future__ import annotations

import io
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable

from numpy.random import Generator
from seeds import tarred, zipped

TEXT = (".json", ".bvh", ".asf", ".amc", ".trc", ".skeleton")
WORDS = [
    b"0", b"-1", b"1e400", b"-1e308", b"nan", b"NaN", b"Infinity", b"1e-320", b"9" * 40, b"9" * 400, b"0.5", b"null",
    b"true", b'""', b"[]", b"{}", b"[[]]", b'"\\u001b[31m"', b'"\\ud800"', b"{", b"}", b"[", b"]", b'"', b"\x1b[2J",
    b"\xff", b"JOINT", b"End Site", b"MOTION", b"Frames:", b"CHANNELS 9", b"[" * 2000, b"-0", b"1/0",
]  # fmt: skip
BYTES = [0, 1, 0x7F, 0x80, 0xFF, ord("."), ord("("), ord("t"), ord("R"), ord("b"), ord("s"), ord("u"), ord("q")]

Damage = Callable[[bytearray, Generator], None]


def mutated(data: bytes, name: str, generator: Generator) -> bytes:
    """Return the file with one to six damages."""
    suffix = name[name.index(".") :]
    if suffix in (".npz", ".zip", ".tar.gz") and generator.random() < 0.8:
        return _inside(data, suffix, generator)
    return _damaged(data, suffix in TEXT, generator)


def _damaged(data: bytes, text: bool, generator: Generator) -> bytes:
    found = bytearray(data)
    both: list[Damage] = [_bytes, _cut, _twice, _swap]
    ways = [_word, _word, _word, _digit, *both] if text else [_bytes, _run, *both]
    for _ in range(int(generator.integers(1, 7))):
        if not found:
            break
        ways[int(generator.integers(len(ways)))](found, generator)
    return bytes(found)


def _inside(data: bytes, suffix: str, generator: Generator) -> bytes:
    """Damage members, and pack them again with sums that are right."""
    stream, members = io.BytesIO(data), {}
    if suffix == ".tar.gz":
        with tarfile.open(fileobj=stream) as archive:
            members = {one.name: archive.extractfile(one).read() for one in archive if one.isreg()}  # type: ignore[union-attr]
    else:
        with zipfile.ZipFile(stream) as archive:
            members = {one: archive.read(one) for one in archive.namelist()}
    names = sorted(members)
    for name in generator.choice(names, size=int(generator.integers(1, min(3, len(names)) + 1)), replace=False):
        members[str(name)] = _damaged(members[str(name)], str(name).endswith(TEXT), generator)
    if generator.random() < 0.1:
        members.pop(str(generator.choice(names)))
    return tarred(members) if suffix == ".tar.gz" else zipped(members)


def _place(data: bytearray, generator: Generator) -> int:
    return int(generator.integers(len(data)))


def _bytes(data: bytearray, generator: Generator) -> None:
    for _ in range(int(generator.integers(1, 5))):
        chosen = (
            BYTES[int(generator.integers(len(BYTES)))] if generator.random() < 0.5 else int(generator.integers(256))
        )
        data[_place(data, generator)] = chosen


def _cut(data: bytearray, generator: Generator) -> None:
    first = _place(data, generator)
    if generator.random() < 0.3:
        del data[first:]
    else:
        del data[first : first + int(generator.integers(1, 64))]


def _twice(data: bytearray, generator: Generator) -> None:
    first = _place(data, generator)
    piece = data[first : first + int(generator.integers(1, 200))]
    data[first:first] = piece * int(generator.integers(1, 20))


def _swap(data: bytearray, generator: Generator) -> None:
    a, b, size = _place(data, generator), _place(data, generator), int(generator.integers(1, 40))
    piece = data[a : a + size]
    data[b : b + len(piece)] = piece


def _run(data: bytearray, generator: Generator) -> None:
    """Extreme numbers of four or eight bytes."""
    size, first = int(generator.choice([4, 8])), _place(data, generator)
    value = [b"\xff" * size, b"\0" * size, b"\xff" * (size - 1) + b"\x7f", b"\0" * (size - 2) + b"\xf0\x7f"]
    data[first : first + size] = value[int(generator.integers(4))]


def _spot(data: bytearray, generator: Generator, pattern: bytes) -> tuple[int, int]:
    spots = [found.span() for found in re.finditer(pattern, bytes(data[: 1 << 16]))]
    return spots[int(generator.integers(len(spots)))] if spots else (0, 0)


def _word(data: bytearray, generator: Generator) -> None:
    """Another word in the place of one."""
    first, last = _spot(data, generator, rb'"[^"]*"|[^\s,:\[\]{}"]+|[\[\]{}:,]')
    data[first:last] = WORDS[int(generator.integers(len(WORDS)))]


def _digit(data: bytearray, generator: Generator) -> None:
    first, last = _spot(data, generator, rb"[0-9]+")
    data[first:last] = str(zlib.crc32(bytes(data[first:last])) % 10 ** int(generator.integers(1, 12))).encode()
