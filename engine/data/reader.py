"""Readers of motion files, and the rows of the registry that find them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from engine.observation.recording import Recording


class Reader(Protocol):
    """A module or object that reads one file format."""

    def matches(self, head: bytes, path: Path) -> bool:
        """Tell whether a file that begins with head is of this format, or (head empty) whether a folder is."""

    def read(
        self, path: Path, *, rate_hz: float | None = None, unit: str | None = None, up: str | None = None
    ) -> Recording:
        """Read a file in Kinestate's conventions; what is given overrides what the file says. Raises InputError."""


@runtime_checkable
class SequenceReader(Reader, Protocol):
    """A reader of a format whose files may hold several sequences."""

    def contents(self, path: Path) -> list[str]:
        """List the sequences, in the order of the file. Raises InputError."""

    def read(
        self,
        path: Path,
        *,
        rate_hz: float | None = None,
        unit: str | None = None,
        up: str | None = None,
        select: str | None = None,
    ) -> Recording:
        """Read, as `Reader.read` does, the sequence that select names, else the first."""


@runtime_checkable
class DetectingReader(SequenceReader, Protocol):
    """A reader of pictures, in which a detector finds people."""

    def through(self, detector: str) -> SequenceReader:
        """The same reader with a detector, by its name or its ONNX file."""


@dataclass(frozen=True)
class Format:
    """A file format.

    name      for people
    load      returns its reader; called when a file is looked at, so that a start need not wait for NumPy
    suffixes  the usual ones, for file dialogs
    text      whether the limit on the size of text files holds
    alone     whether it is opened by itself only, and passed over in folders and archives
    """

    name: str
    load: Callable[[], Reader]
    suffixes: tuple[str, ...]
    text: bool = False
    alone: bool = False
