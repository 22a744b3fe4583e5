"""Any motion file, folder or archive by its path: the reader is chosen by content.

A reader is a module with `matches(head, path)` and `read(path, *, rate_hz, unit, up)`; formats that hold
several sequences also have `contents(path)` and `read(..., select=)`. Readers, and NumPy with them, are
imported when a file is looked at.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.data.index_csv import NAME as INDEX_NAME
from engine.data.index_csv import IndexRow, apply_row, find_row, index_beside, match_row, read_index
from engine.data.untrusted.archive import is_archive, unpack
from engine.data.untrusted.limits import LIMITS, check_size, read_head, unreadable
from engine.errors import InputError, file_error

if TYPE_CHECKING:
    from engine.motion.clip import MotionClip
    from engine.observation.keypoints import Keypoints2D


@dataclass(frozen=True)
class Format:
    """A file format: its name for people, its reader's module, and the usual suffixes for file dialogs."""

    name: str
    module: str
    suffixes: tuple[str, ...]
    text: bool = False
    several: bool = False  # may hold more than one sequence

    @property
    def reader(self) -> Any:
        return import_module(f"engine.data.formats.{self.module}")


FORMATS = (
    Format("BVH", "bvh", (".bvh",), text=True),
    Format("ASF/AMC", "asf_amc", (".amc",), text=True),
    Format(
        "keypoint JSON (COCO, OpenPose, AlphaPose, MMPose)",
        "keypoint_json",
        (".json",),
        text=True,
        several=True,
    ),
    Format("Kinestate npz", "kinestate_npz", (".npz",)),
    Format("AMASS npz", "amass", (".npz",)),
    Format("Human3.6M npz", "h36m_npz", (".npz",), several=True),
    Format("MPI-INF-3DHP npz", "mpi_inf_3dhp", (".npz",), several=True),
    Format("3DPW pickle", "threedpw", (".pkl",), several=True),
    Format("MotionBERT pickle", "motionbert_pickle", (".pkl",), several=True),
)
ARCHIVE_SUFFIXES = (".tar", ".tar.xz", ".tar.gz", ".tgz", ".tar.bz2", ".zip")


def open_motion(
    path: str | Path,
    *,
    rate_hz: float | None = None,
    unit: str | None = None,
    up: str | None = None,
    select: str | None = None,
) -> MotionClip | Keypoints2D:
    """Open one motion file of any known format, or a folder of OpenPose frames.

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
    scratch: object = field(default=None, repr=False, compare=False)  # the unpacked archive lives as long as this

    def open(
        self, *, rate_hz: float | None = None, unit: str | None = None, up: str | None = None
    ) -> MotionClip | Keypoints2D:
        """Open it; its index row gives rate, leading frames to drop, category and subject.

        Arguments and errors as for open_motion.
        """
        rate = self.row.fps if self.row and rate_hz is None else rate_hz
        opened = _read(self.path, self.format, rate_hz=rate, unit=unit, up=up, select=self.select)
        opened = replace(opened, provenance=replace(opened.provenance, source=self.origin))
        if self.row is None:
            return opened
        return apply_row(opened, self.row, self.path, rate_stated=rate_hz is None)


def expand(path: str | Path) -> list[Source]:
    """Everything that can be opened in a file, a folder or an archive, in the order of the paths.

    An index.csv inside or beside a folder, beside an archive or above a file says more of it (index_csv).
    Raises InputError where there is nothing to open.
    """
    path = Path(path)
    if path.is_dir() and not _is_frame_folder(path):
        found = list(_walk(path, path, f"{path}{os.sep}", index_beside(path)))
    elif not path.is_dir() and is_archive(read_head(path), path):
        scratch = tempfile.TemporaryDirectory(prefix="kinestate-")
        folder = Path(scratch.name)
        unpack(path, folder)
        rows = read_index(folder / INDEX_NAME) if (folder / INDEX_NAME).is_file() else index_beside(path)
        found = [replace(s, scratch=scratch) for s in _walk(path, folder, f"{path}::", rows)]
    else:
        row = find_row(path) if path.is_file() else None
        found = list(_sequences(path, path.name, str(path), _format_of(path), row))
    if not found:
        raise file_error(path, "this", "holds no motion", f"give {_known()}")
    return _with_unique_names(found)


def _format_of(path: Path) -> Format:
    """Raises InputError for what cannot be read and for content of no known format."""
    if _is_frame_folder(path):
        return next(f for f in FORMATS if f.module == "keypoint_json")
    head = read_head(path)
    found = _match(head, path)
    if found is not None:
        return found
    if is_archive(head, path):
        raise file_error(path, "this", "is an archive", "open one of the files in it")
    raise file_error(path, "content", "is of no known format", f"give {_known()}")


def _match(head: bytes, path: Path) -> Format | None:
    return next((f for f in FORMATS if f.reader.matches(head, path)), None)


def _known() -> str:
    return ", ".join(f.name for f in FORMATS[:-1]) + f" or {FORMATS[-1].name}"


def _is_frame_folder(path: Path) -> bool:
    if not path.is_dir():
        return False
    reader = import_module("engine.data.formats.keypoint_json")
    return bool(reader.is_frame_folder(path))


def _read(path: Path, known: Format, *, select: str | None, **options: Any) -> MotionClip | Keypoints2D:
    if known.text and not path.is_dir():
        check_size(path, LIMITS.text)
    if known.several:
        options["select"] = select
    elif select is not None:
        raise InputError(f"{path.name}: a {known.name} file holds one sequence, so leave out {select!r}.")
    try:
        opened: MotionClip | Keypoints2D = known.reader.read(path, **options)
    except InputError:
        raise
    except OSError as error:
        raise unreadable(path, error) from None
    except Exception as error:  # a reader's oversight must not take the session down
        detail = "".join(traceback.format_exception(error))
        raise file_error(path, "content", f"is not valid {known.name}", "export it again", detail=detail) from error
    return opened


def _sequences(path: Path, member: str, origin: str, known: Format, row: IndexRow | None) -> Iterator[Source]:
    names: list[str | None] = [None]
    if known.several:
        # A file whose list cannot be read stays one source, whose opening says why.
        with contextlib.suppress(InputError):
            names = list(known.reader.contents(path))
    for name in names:
        title = path.stem if len(names) == 1 else f"{path.stem} {name}"
        yield Source(title, path, member, origin, known, name if len(names) > 1 else None, row)


def _walk(given: Path, folder: Path, prefix: str, rows: Mapping[str, IndexRow]) -> Iterator[Source]:
    """Sources below a folder, which stands for the folder or archive `given`."""
    looked_at = 0
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith((".", "__MACOSX")))
        frames = [f for f in folders if _is_frame_folder(Path(place, f))]
        folders[:] = [f for f in folders if f not in frames]
        looked_at += len(files)
        if looked_at > LIMITS.members:
            raise file_error(given, "folder", f"holds more than {LIMITS.members} files", "choose a smaller one")
        for name in sorted([f for f in files if not f.startswith(".")] + frames):
            path = Path(place, name)
            if path.suffix.lower() == ".asf":  # a skeleton; its motions come by themselves
                continue
            member = path.relative_to(folder).as_posix()
            try:
                known = _format_of(path)
            except InputError:
                continue  # a folder may hold anything beside motion
            yield from _sequences(path, member, prefix + member, known, match_row(rows, member, path))


def _with_unique_names(sources: list[Source]) -> list[Source]:
    """Sources of the same name are told apart by where they lie."""
    count = Counter(s.name for s in sources)
    return [replace(s, name=f"{s.member} {s.select or ''}".strip()) if count[s.name] > 1 else s for s in sources]
