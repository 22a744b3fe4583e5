"""Rows of a sweep as they come, in a file that a stopped sweep goes on from."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import file_error
from engine.experiment.results import without_nan

if TYPE_CHECKING:
    from engine.experiment.sweep import SweepRow


class RowFile:
    """JSON lines: first what is swept, then the rows of each clip that is done.

    rows  by the clip's number, those that the file held already
    Raises InputError for a file of another sweep. A last line that a kill cut off is dropped.
    """

    def __init__(self, path: Path, swept: Mapping[str, Any]) -> None:
        self._path = path
        self.rows: dict[int, list[SweepRow]] = {}
        head = json.dumps({"sweep": swept}, sort_keys=True)
        if not path.exists() or path.stat().st_size == 0:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._append(head)
            return
        text = path.read_bytes()
        whole = text[: text.rfind(b"\n") + 1]
        lines = whole.decode("utf-8", "replace").splitlines()
        if not lines or lines[0] != head:
            raise file_error(path, "first line", "is about another sweep", "name another file with --rows")
        if len(whole) < len(text):
            os.truncate(path, len(whole))
        for number, line in enumerate(lines[1:], 2):
            try:
                found = [_row(each) for each in json.loads(line)]
                self.rows[found[0].number] = found
            except (ValueError, TypeError, LookupError, AttributeError):
                raise file_error(path, f"line {number}", "is damaged", "remove it, or name another file") from None

    def add(self, rows: Sequence[SweepRow]) -> None:
        """Write a clip's rows, down to the disk. Raises OSError."""
        self._append(json.dumps([asdict(row) | {"figures": without_nan(row.figures)} for row in rows]))

    def _append(self, line: str) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())


def _row(fields: dict[str, Any]) -> SweepRow:
    from engine.experiment.sweep import SweepRow

    figures = {key: float("nan") if value is None else float(value) for key, value in fields["figures"].items()}
    return SweepRow(**(fields | {"figures": figures, "assumed": tuple(fields["assumed"])}))
