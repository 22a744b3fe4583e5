"""Files that appear whole or not at all: written beside their place, brought to the disk, renamed onto it.

Whatever ends a run before that, a full disk or a kill, leaves the file that was there as it was. What a killed run
left behind is cleared when the next one writes into the same folder.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import stat
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

from engine.errors import InputError, file_error

_NUMBERS = count()
_PREFIX = f"kinestate-{zlib.crc32(platform.node().encode()):08x}-"
"""Of unfinished files (after a dot) and scratch folders of this machine; the process and a number follow."""


@contextmanager
def written_beside(
    path: str | Path, *, what: str = "file", check: Callable[[Path], object] | None = None
) -> Iterator[Path]:
    """Yield a place to write to, of the same ending; when the block is done it becomes `path`, with the rights of that.

    what   it is called in errors
    check  looks at what was written, and raises OSError where it cannot be used
    Folders above are made. Raises InputError for an OSError of the block or of this.
    """
    path = Path(path)
    part: Path | None = None
    try:
        target = _target(path)
        if target is None:  # a pipe or a device: what is written to it is gone
            yield path
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        clear_leftovers(target.parent, f".{_PREFIX}")
        part = target.with_name(f".{_PREFIX}{os.getpid()}-{next(_NUMBERS)}{target.suffix[:20]}")
        yield part
        _to_disk(part)
        if check is not None:
            check(part)
        if target.exists():
            part.chmod(stat.S_IMODE(target.stat().st_mode))
        part.replace(target)
    except (OSError, UnicodeError) as error:
        raise _unwritable(path, error, what) from None
    finally:
        if part is not None:
            with suppress(OSError):
                part.unlink(missing_ok=True)


def save_bytes(data: bytes, path: str | Path) -> None:
    """Write a file and the folders above it, whole or not at all. Raises InputError."""
    with written_beside(path) as part:
        part.write_bytes(data)


def save_text(text: str, path: str | Path) -> None:
    """Write text as UTF-8, whole or not at all; bytes of a name that are no text become escapes. Raises InputError."""
    save_bytes(text.encode("utf-8", "backslashreplace"), path)


def save_json(content: Any, path: str | Path) -> None:
    """Write JSON as UTF-8, whole or not at all. Raises InputError, and ValueError for numbers that are not finite."""
    save_text(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n", path)


def scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """Make a folder that goes with this object; those that killed runs left are cleared. Raises InputError."""
    place = Path(tempfile.gettempdir())
    clear_leftovers(place, _PREFIX)
    try:
        return tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-", ignore_cleanup_errors=True)
    except OSError as error:
        raise _unwritable(place, error) from None


def clear_leftovers(folder: Path, prefix: str) -> None:
    """Remove what runs of this machine that are no longer there left in a folder."""
    name = re.compile(rf"{re.escape(prefix)}(\d{{1,9}})-.*")
    try:
        left = [(entry.path, found[1]) for entry in os.scandir(folder) if (found := name.fullmatch(entry.name))]
    except OSError:
        return
    for path, process in left:
        if not _runs(int(process)):
            with suppress(OSError):
                shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)


def _target(path: Path) -> Path | None:
    """The file itself where a link leads to it; None for what is no file. Raises OSError for a name that cannot be."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(f"{path} is a folder")
        return Path(os.path.realpath(path)) if stat.S_ISREG(mode) else None
    except FileNotFoundError:
        pass
    except ValueError as error:  # a NUL in it
        raise OSError(str(error)) from None
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def _to_disk(part: Path) -> None:
    """Have the system write what it holds back: a full disk may show only now."""
    with part.open("rb") as file, suppress(NotImplementedError):
        os.fsync(file.fileno())


def _runs(process: int) -> bool:
    if process == os.getpid():
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _unwritable(path: Path, error: Exception, what: str = "folder") -> InputError:
    return file_error(path, what, "cannot be written", "choose another folder", detail=str(error))
