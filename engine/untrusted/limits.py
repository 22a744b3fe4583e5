"""Checks before a file is read: it exists, may be read, is not empty and not too large."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path

from engine.errors import InputError, file_error

GIB = 1 << 30
HEAD_BYTES = 4096


@dataclass
class Limits:
    """Sizes in bytes above which a file is refused before it is read; assign to `LIMITS` to change them.

    text      formats that are parsed as text (BVH, ASF/AMC, JSON): parsing needs about ten times their size
    binary    npz (unpacked) and pickle files
    unpacked  everything that one archive holds
    members   number of files in an archive or folder
    """

    text: int = 1 * GIB
    binary: int = 4 * GIB
    unpacked: int = 8 * GIB
    members: int = 50_000


LIMITS = Limits()


def check_size(path: Path, limit: int) -> int:
    """Return the file's size in bytes; raises InputError if it is missing, a folder, empty or above the limit."""
    try:
        found = path.stat()
    except FileNotFoundError:
        raise file_error(path, "file", "does not exist", "check the path") from None
    except PermissionError:
        raise _forbidden(path) from None
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it
        raise file_error(path, "path", "cannot be opened", "check it", detail=str(error)) from None
    if stat.S_ISDIR(found.st_mode):
        raise file_error(path, "this", "is a folder", "give a motion file")
    if not stat.S_ISREG(found.st_mode):
        raise file_error(path, "this", "is not a plain file", "give a motion file")
    size = found.st_size
    if size == 0:
        raise file_error(path, "file", "is empty", "give a file with motion in it")
    check_limit(path, size, limit)
    return size


def check_limit(path: Path, size: int, limit: int) -> None:
    """Raise InputError, naming both sizes, if `size` bytes are more than `limit`."""
    if size > limit:
        raise file_error(
            path,
            "size",
            f"is {_readable(size)}, above the limit of {_readable(limit)}",
            "cut it or raise the limit",
        )


def read_bytes(path: Path, limit: int) -> bytes:
    """Read the whole file, if it is no larger than `limit` bytes. Raises InputError."""
    check_size(path, limit)
    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from None


def read_head(path: Path) -> bytes:
    """Read the first 4096 bytes, whatever the file's size. Raises InputError."""
    check_size(path, limit=1 << 62)
    try:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError as error:
        raise unreadable(path, error) from None


def unreadable(path: Path, error: OSError) -> InputError:
    """Return the InputError for an operating system's error on opening or reading a file."""
    if isinstance(error, PermissionError):
        return _forbidden(path)
    return file_error(path, "file", "cannot be read", "check the disk or copy the file", detail=str(error))


def _forbidden(path: Path) -> InputError:
    return file_error(path, "file", "may not be read by you", "ask for permission or copy it")


def _readable(size: int) -> str:
    return f"{size / GIB:.2f} GiB" if size >= GIB // 10 else f"{size / 2**20:.2f} MiB"
