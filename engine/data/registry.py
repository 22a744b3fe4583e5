"""Motion files, folders and archives by their path, each opened by the reader that its content asks for.

Readers (`engine.data.reader`), and NumPy with them, are imported when a file is looked at.
"""

from __future__ import annotations

import contextlib
import os
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from engine.data.formats import BUILT_IN
from engine.data.index_csv import NAME as INDEX_NAME
from engine.data.index_csv import IndexRow, apply_row, find_row, index_beside, match_row, read_index
from engine.data.other_formats import refusal
from engine.data.reader import DetectingReader, Format, Reader, SequenceReader
from engine.errors import InputError, file_error
from engine.progress import Cancelled, passing
from engine.untrusted.archive import is_archive, unpack
from engine.untrusted.limits import LIMITS, check_size, read_head, unreadable
from engine.writing import scratch_folder

if TYPE_CHECKING:
    from engine.observation.recording import Recording


T = TypeVar("T")

FORMATS: list[Format] = list(BUILT_IN)
"""Every known format; the first one whose reader matches a file reads it."""
ARCHIVE_SUFFIXES = (".tar", ".tar.xz", ".tar.gz", ".tgz", ".tar.bz2", ".zip")


def add(format: Format) -> None:
    """Know one more format, after those that are known. Raises ValueError for a name that is taken."""
    if any(known.name == format.name for known in FORMATS):
        raise ValueError(f"there is a format {format.name!r} already")
    FORMATS.append(format)


def open_motion(
    path: str | Path,
    *,
    rate_hz: float | None = None,
    unit: str | None = None,
    up: str | None = None,
    select: str | None = None,
) -> Recording:
    """Open one motion file, or a folder that is one (OpenPose frames), of any known format.

    rate_hz, unit ("cm", "0.039", ...) and up ("Y", "Z") override what the file says; select names one
    sequence of a file that holds several. Raises InputError, and nothing else, for what cannot be opened.
    """
    path = Path(path)
    return _read(path, _format_of(path), rate_hz=rate_hz, unit=unit, up=up, select=select)


@dataclass(frozen=True)
class Source:
    """One thing that can be opened: a file, one sequence of a file, or a member of an archive.

    name    short, and unique within its expansion; shown in lists and tables
    member  the file below what was expanded, "07/07_01.bvh"
    origin  what the file card calls the source: the path, or "archive.tar.xz::member"
    """

    name: str
    path: Path
    member: str
    origin: str
    format: Format
    select: str | None = None
    row: IndexRow | None = None
    detector: str | None = None  # of a video, None: the usual one
    scratch: object = field(default=None, repr=False, compare=False)  # the unpacked archive lives as long as this

    def open(
        self,
        *,
        rate_hz: float | None = None,
        unit: str | None = None,
        up: str | None = None,
        joints: Mapping[str, str] | None = None,
    ) -> Recording:
        """Open it under its own name; its index row gives rate, leading frames to drop, category and subject.

        joints is a rig's joint map, as of `engine.motion.joint_maps`, instead of the one that is remembered.
        Other arguments and errors as for open_motion.
        """
        rate = self.row.fps if self.row and rate_hz is None else rate_hz

        def read() -> Recording:
            options = {"rate_hz": rate, "unit": unit, "up": up}
            return _read(self.path, self.format, select=self.select, detector=self.detector, **options)

        opened = read()
        if _took_map(self.path, opened, joints):
            opened = read()  # its height and its scale go by the joints
        opened = replace(opened, name=self.name, provenance=replace(opened.provenance, source=self.origin))
        if self.row is None:
            return opened
        row = self.row
        return _guarded(self.path, self.format, lambda: apply_row(opened, row, self.path, rate_stated=rate_hz is None))


def _took_map(path: Path, opened: Recording, joints: Mapping[str, str] | None) -> bool:
    """Take a map for the rig of a clip; whether its joints are others then. Raises InputError."""
    from engine.motion.joint_maps import use
    from engine.observation.recording import is_rig

    return is_rig(opened) and use(path, opened.skeleton.names, joints)


def expand(path: str | Path, detector: str | None = None) -> list[Source]:
    """List everything that can be opened in a file, a folder or an archive, in the order of the paths.

    detector finds the people of a video, which is a file by itself and passed over in folders and archives.
    An index.csv inside or beside a folder, beside an archive or above a file says more of it (index_csv).
    Raises InputError where there is nothing to open.
    """
    path = Path(path)
    if path.is_dir() and _format_of_folder(path) is None:
        found = list(_walk(path, path, f"{path}{os.sep}", index_beside(path)))
    elif not path.is_dir() and is_archive(read_head(path), path):
        scratch = scratch_folder()
        folder = Path(scratch.name)
        unpack(path, folder)
        rows = read_index(folder / INDEX_NAME) if (folder / INDEX_NAME).is_file() else index_beside(path)
        found = [replace(s, scratch=scratch) for s in _walk(path, folder, f"{path}::", rows)]
    else:
        row = find_row(path) if path.is_file() else None
        found = list(_sequences(path, path.name, str(path), _format_of(path), row, detector))
    if not found:
        raise file_error(path, "this", "holds no motion", f"give {_known()}")
    return _with_unique_names(found)


def _format_of(path: Path) -> Format:
    """Raise InputError for what cannot be read and for content of no known format."""
    if (found := _format_of_folder(path)) is not None:
        return found
    head = read_head(path)
    found = _match(head, path)
    if found is not None:
        return found
    if is_archive(head, path):
        raise file_error(path, "this", "is an archive", "open one of the files in it")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise file_error(path, "content", "is UTF-16 text", "save it as UTF-8")
    if (other := refusal(head, path)) is not None:
        raise other
    raise file_error(path, "content", "is of no known format", f"give {_known()}")


def _match(head: bytes, path: Path) -> Format | None:
    for known in FORMATS:
        reader = known.load()
        if _guarded(path, known, partial(reader.matches, head, path)):
            return known
    return None


def _format_of_folder(path: Path) -> Format | None:
    """Return the format of a folder that is opened as one file; None for any other folder and for a file."""
    return _match(b"", path) if path.is_dir() else None


def _known() -> str:
    return ", ".join(f.name for f in FORMATS[:-1]) + f" or {FORMATS[-1].name}"


def _reader(known: Format, detector: str | None) -> Reader:
    reader = known.load()
    return reader.through(detector) if isinstance(reader, DetectingReader) and detector is not None else reader


def _read(path: Path, known: Format, *, select: str | None, detector: str | None = None, **options: Any) -> Recording:
    if known.text and not path.is_dir():
        check_size(path, LIMITS.text)
    reader = _reader(known, detector)
    if isinstance(reader, SequenceReader):
        options["select"] = select
    elif select is not None:
        raise InputError(f"{path.name}: a {known.name} file holds one sequence, so leave out {select!r}.")

    def checked() -> Recording:
        import numpy as np

        from engine.data.sanity import check_recording

        with np.errstate(all="ignore"):  # what overflows is not finite, and refused as that
            found = reader.read(path, **options)
        check_recording(path, found)
        return _with_doubts(found)

    return _guarded(path, known, checked)


def _guarded(path: Path, known: Format, call: Callable[[], T]) -> T:
    """Return what a reader's function returns; whatever it raises becomes an InputError."""
    try:
        return call()
    except (InputError, Cancelled):
        raise
    except OSError as error:
        raise unreadable(path, error) from None
    except MemoryError:
        raise file_error(path, "content", "needs more memory than there is", "cut the file") from None
    except Exception as error:  # a reader's oversight must not take the session down
        detail = "".join(traceback.format_exception(error))
        raise file_error(path, "content", f"is not valid {known.name}", "export it again", detail=detail) from error


def _with_doubts(recording: Recording) -> Recording:
    from engine.data.doubts import with_doubts
    from engine.motion.clip import MotionClip

    return with_doubts(recording) if isinstance(recording, MotionClip) else recording


def _sequences(
    path: Path, member: str, origin: str, known: Format, row: IndexRow | None, detector: str | None = None
) -> Iterator[Source]:
    names: list[str | None] = [None]
    reader = _reader(known, detector)
    if isinstance(reader, SequenceReader):
        # A file whose list cannot be read stays one source, whose opening says why.
        with contextlib.suppress(InputError):
            names = list(_guarded(path, known, partial(reader.contents, path)))
    for name in names:
        title = path.stem if len(names) == 1 else f"{path.stem} {name}"
        yield Source(title, path, member, origin, known, name if len(names) > 1 else None, row, detector)


def _walk(given: Path, folder: Path, prefix: str, rows: Mapping[str, IndexRow]) -> Iterator[Source]:
    """Yield the sources below a folder, which stands for the folder or archive `given`."""
    looked_at = 0
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith((".", "__MACOSX")))
        frames = [f for f in folders if _format_of_folder(Path(place, f)) is not None]
        folders[:] = [f for f in folders if f not in frames]
        looked_at += len(files)
        if looked_at > LIMITS.members:
            raise file_error(given, "folder", f"holds more than {LIMITS.members} files", "choose a smaller one")
        for name in sorted([f for f in files if not f.startswith(".")] + frames):
            passing()
            path = Path(place, name)
            if path.suffix.lower() == ".asf":  # a skeleton; its motions come by themselves
                continue
            member = path.relative_to(folder).as_posix()
            try:
                known = _format_of(path)
            except InputError:
                continue  # a folder may hold anything beside motion
            if known.alone:
                continue
            yield from _sequences(path, member, prefix + member, known, match_row(rows, member, path))


def _with_unique_names(sources: list[Source]) -> list[Source]:
    """Tell sources of the same name apart by where they lie."""
    count = Counter(s.name for s in sources)
    return [replace(s, name=f"{s.member} {s.select or ''}".strip()) if count[s.name] > 1 else s for s in sources]
