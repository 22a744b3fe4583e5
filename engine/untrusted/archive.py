"""Safe unpacking of archives (.tar, .tar.xz, .tar.gz, .tar.bz2, .zip).

Only plain files whose names stay inside the target folder are written; a link, a device or a name such as
../x refuses the whole archive, as does a total above the limits. What lies between the files counts as well: a tar's
headers may say anything, and tarfile reads a long one whole.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import stat
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

from engine.errors import InputError, file_error
from engine.progress import passing
from engine.untrusted.limits import LIMITS, check_limit, check_size, unreadable

_WAYS = {b"\xfd7zXZ\x00": lzma.open, b"\x1f\x8b": gzip.open, b"BZh": bz2.open}
_TAR = tuple(_WAYS)
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_BLOCK = 64 << 10  # bytes read at once, and the longest header of a tar
_HEADERS = 32 << 20  # bytes of a tar that are no content, beyond two blocks of 512 and some names for each file
_HEADERS_PER_FILE = 4096
_BROKEN = (
    tarfile.TarError, zipfile.BadZipFile, lzma.LZMAError, zlib.error, EOFError, ValueError,
    NotImplementedError, RuntimeError, IndexError, KeyError,
)  # fmt: skip


def is_archive(head: bytes, path: Path) -> bool:
    """Tell whether a file that begins with `head` is an archive; an npz or a PyTorch file, though a zip, is not."""
    if head.startswith(_TAR) or head[257:262] == b"ustar":
        return True
    if not head.startswith(_ZIP):
        return False
    from engine.untrusted.safe_npz import npz_names  # here, so that the registry does not wait for NumPy
    from engine.untrusted.torch_file import is_torch_file

    return not npz_names(head, path) and not is_torch_file(head, path)


def unpack(path: Path, folder: Path) -> None:
    """Write the archive's files into an empty folder. Raises InputError."""
    check_size(path, LIMITS.unpacked)
    target = _Target(path, folder)
    try:
        with path.open("rb") as file:
            zipped = file.read(4) in _ZIP
        (_unzip if zipped else _untar)(path, target)
    except InputError:
        raise
    except PermissionError as error:
        raise unreadable(path, error) from None
    except OSError as error:
        raise file_error(path, "archive", "cannot be unpacked", "unpack it by hand", detail=str(error)) from None
    except _BROKEN as error:
        raise file_error(path, "archive", "is damaged", "fetch it again", detail=str(error)) from None


class _Target:
    """The folder that an archive is written into; keeps count of files and bytes."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.path, self.folder = path, folder
        self.files = self.bytes = 0

    def count(self) -> None:
        """Count a file or folder. Raises InputError where there are too many."""
        self.files += 1
        if self.files > LIMITS.members:
            raise file_error(self.path, "archive", f"holds more than {LIMITS.members} files", "split it")

    def write(self, name: str, size: int, content: IO[bytes]) -> None:
        self.bytes += size
        check_limit(self.path, self.bytes, LIMITS.unpacked)
        member = PurePosixPath(name)
        if member.is_absolute() or not member.parts or {"..", "\\", ":"} & {*member.parts, *name}:
            raise self.refused(name, "would be written outside of its folder")
        place = self.folder / member
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as file:
            shutil.copyfileobj(content, file, _BLOCK)

    def refused(self, name: str, why: str) -> InputError:
        return file_error(self.path, f"member {name[:80]!r}", why, "make an archive of plain files")


def _untar(path: Path, target: _Target) -> None:
    with _opened(path) as plain, tarfile.open(fileobj=cast(Any, _Counted(plain, target)), mode="r:") as tar:
        for member in tar:
            target.count()
            if member.isdir():
                continue
            if member.issparse():
                raise target.refused(member.name, "is a file with holes")
            content = tar.extractfile(member) if member.isreg() else None
            if content is None:
                raise target.refused(member.name, "is a link or a device")
            target.write(member.name, member.size, content)


def _opened(path: Path) -> IO[bytes]:
    """The tar of an archive, unpacked as it is read."""
    with path.open("rb") as file:
        head = file.read(6)
    opened: Any = next((way for start, way in _WAYS.items() if head.startswith(start)), Path.open)
    return opened(path, "rb")


class _Counted:
    """A tar as tarfile reads it, in pieces that are never large; what is no content is counted."""

    def __init__(self, plain: IO[bytes], target: _Target) -> None:
        self.plain, self.target, self.read_bytes = plain, target, 0

    def read(self, size: int) -> bytes:
        if size > _BLOCK:
            raise file_error(self.target.path, "archive", "has a gigantic header", "make an archive of plain files")
        passing()
        found = self.plain.read(size)
        self.read_bytes += len(found)
        if self.read_bytes > self.target.bytes + _HEADERS + _HEADERS_PER_FILE * self.target.files:
            raise file_error(self.target.path, "archive", "is headers mostly", "make an archive of plain files")
        return found

    def seek(self, place: int) -> int:
        check_limit(self.target.path, place, LIMITS.unpacked + _HEADERS)
        return self.plain.seek(place)

    def tell(self) -> int:
        return self.plain.tell()


def _unzip(path: Path, target: _Target) -> None:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            target.count()
            passing()
            if member.is_dir():
                continue
            if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG):
                raise target.refused(member.filename, "is a link or a device")
            with archive.open(member) as content:
                target.write(member.filename, member.file_size, content)
