"""index.csv: facts that motion files lack, such as their true rate or a leading T-pose.

A table with a header beside the files, one row for each; columns that Kinestate uses:

    file           path of the motion file, relative to the archive's root or the folder
    fps            frames per second, used instead of what the file says
    discard_first  number of leading frames to drop
    category, subject, clip, split, format, description
    bytes          size of the file; a row is not used for a file of another size
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import file_error
from engine.untrusted.limits import read_bytes

if TYPE_CHECKING:
    from engine.observation.recording import Recording

NAME = "index.csv"
_LIMIT = 64 << 20
_FOLDERS_ABOVE = 3  # how far above a file its index may lie: <folder>/<split>/<subject>/<clip>


@dataclass(frozen=True)
class IndexRow:
    """One motion file; empty text, 0 and None where the table says nothing."""

    file: str
    clip: str = ""
    fps: float | None = None
    discard_first: int = 0
    category: str = ""
    subject: str = ""
    split: str = ""
    format: str = ""
    description: str = ""
    bytes: int = 0


def read_index(path: Path) -> dict[str, IndexRow]:
    """Read the rows by their `file`, in the order of the table; empty for a CSV without columns `file` and `fps`.

    Raises InputError for a table that cannot be read or holds a wrong number.
    """
    path = Path(path)
    text = read_bytes(path, _LIMIT).decode("utf-8-sig", errors="replace")
    try:
        table = csv.DictReader(io.StringIO(text, newline=""))
        if not {"file", "fps"} <= set(table.fieldnames or ()):
            return {}
        rows = [_row(path, number, row) for number, row in enumerate(table, start=2) if row["file"]]
    except csv.Error as error:
        raise file_error(path, "table", "is not CSV", "save it as comma-separated text", detail=str(error)) from None
    return {row.file: row for row in rows}


def find_row(path: Path) -> IndexRow | None:
    """Find the row for one file, from an index.csv in its folder or up to three above; None without one."""
    path = path.absolute()
    for folder in list(path.parents)[: _FOLDERS_ABOVE + 1]:
        if (folder / NAME).is_file():
            return match_row(read_index(folder / NAME), path.relative_to(folder).as_posix(), path)
    return None


def index_beside(path: Path) -> dict[str, IndexRow]:
    """Read the rows of the index.csv inside a folder or else beside the folder or archive; empty without one."""
    for folder in (path, path.absolute().parent):
        if (folder / NAME).is_file():
            return read_index(folder / NAME)
    return {}


def match_row(rows: Mapping[str, IndexRow], member: str, path: Path) -> IndexRow | None:
    """Find the row for the file `path` at `member` below the index; the table may leave out leading folders."""
    parts = member.split("/")
    for start in range(len(parts)):
        row = rows.get("/".join(parts[start:]))
        if row is not None:
            return row if row.bytes in (0, path.stat().st_size) else None
    return None


def apply_row(opened: Recording, row: IndexRow, path: Path, *, rate_stated: bool) -> Recording:
    """Return a recording read at the row's rate, with leading frames dropped and category and subject filled in.

    rate_stated  whether the rate is the row's (and not one that the person gave)
    Raises InputError if no frame would be left.
    """
    first, notes, rate = row.discard_first, opened.provenance.notes, opened.provenance.rate
    if first >= len(opened):
        problem = f"in {NAME} is {first} of {len(opened)} frames"
        raise file_error(path, "discard_first", problem, "correct the index")
    if first:
        notes = (*notes, f"First {first} frames dropped as {NAME} says.")
    if rate_stated and row.fps is not None:
        rate = f"{row.fps:g} Hz from {NAME}"
    provenance = replace(opened.provenance, notes=notes, rate=rate)
    category, subject = row.category or opened.category, row.subject or opened.subject
    kept = opened.take(slice(first, None))
    return replace(kept, times=kept.times - kept.times[0], category=category, subject=subject, provenance=provenance)


def _row(path: Path, number: int, row: dict[str, str | None]) -> IndexRow:
    def count(column: str) -> int:
        return int(row.get(column) or 0)

    def text(column: str) -> str:
        return row.get(column) or ""

    try:
        fps = float(text("fps")) if text("fps") else None
        dropped, size = count("discard_first"), count("bytes")
    except ValueError:
        raise file_error(
            path, f"line {number}", "holds a wrong number", "correct fps, discard_first or bytes"
        ) from None
    if dropped < 0 or (fps is not None and not 0 < fps < float("inf")):
        raise file_error(path, f"line {number}", "holds a number that cannot be", "correct fps or discard_first")
    texts = {key: text(key) for key in ("clip", "category", "subject", "split", "format", "description")}
    return IndexRow(file=text("file"), fps=fps, discard_first=dropped, bytes=size, **texts)
