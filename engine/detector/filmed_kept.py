"""Where keypoints of videos are kept: beside the video, in a hidden file, else in the person's cache.

The file's name holds a digest of the video's content, so that another video of that name is not taken for it.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from engine.cameras.picture_files import NUMBER, is_pictures, picture_files
from engine.detector.filmed import Filmed
from engine.errors import InputError, file_error
from engine.motion.skeleton import LAYOUTS
from engine.paths import user_cache
from engine.untrusted.safe_npz import Npz
from engine.writing import save_bytes

Held = TypeVar("Held")

VERSION = 2
"""Of what is kept."""
PLACES, PIECE = 16, 1 << 16
"""Pieces of a file, evenly spread, that its digest is made of, and their bytes: an hour of video is known at once."""

_LATEST: dict[str, Filmed] = {}
"""The last one that was found or read: listing a video's people and opening one of them follow each other."""


@dataclass(frozen=True)
class Keeping:
    """name: of the file; beside: the video's folder."""

    name: str
    beside: Path

    @classmethod
    def of(cls, video: Path, detector: str, people: int) -> Keeping:
        """For the people that a detector finds, up to so many. Raises InputError for files that cannot be read."""
        own = Path(detector)
        if own.suffix.lower() == ".onnx" and own.is_file():
            detector = f"{own.stem}-{digest(own)[:8]}"
        key = hashlib.sha256(f"{digest(video)}|{detector}|{people}|{VERSION}".encode()).hexdigest()
        name = video.name.replace(NUMBER, "#")
        return cls(f".{name[:60]}.{detector[:40]}-{key[:16]}.npz", video.absolute().parent)

    @property
    def places(self) -> tuple[Path, Path]:
        """Where it may lie, the first one first."""
        return self.beside / self.name, user_cache() / "detections" / self.name.lstrip(".")

    def read(self) -> Filmed | None:
        """What is kept; None where nothing is, or it is damaged."""
        if self.name in _LATEST:
            return _LATEST[self.name]
        found = self.read_as(_read)
        return None if found is None else self._remember(found)

    def read_as(self, reader: Callable[[Npz], Held]) -> Held | None:
        """What a reader makes of what is kept; None where nothing is, or it raises what damaged files do."""
        for place in self.places:
            if place.is_file():
                try:
                    return reader(Npz(place))
                except (InputError, KeyError, ValueError, TypeError):
                    continue  # found again then
        return None

    def _remember(self, found: Filmed) -> Filmed:
        _LATEST.clear()
        _LATEST[self.name] = found
        return found

    def write(self, found: Filmed) -> None:
        """Keep it for the next time; where that cannot be, until another one is found."""
        self._remember(found)
        self.write_arrays(
            detector=found.detector,
            times=found.times,
            xy=found.xy,
            confidence=found.confidence,
            score=found.score,
            box=found.box,
            skeleton=found.skeleton.name,
            size=found.image_size,
            corrupt=found.corrupt,
        )

    def write_arrays(self, **arrays: Any) -> None:
        """Keep them where there is room."""
        written = io.BytesIO()
        np.savez_compressed(written, **arrays)
        beside, cached = self.places
        for place in (beside, cached) if _writable(self.beside) else (cached,):
            try:
                save_bytes(written.getvalue(), place)
                return
            except (InputError, OSError):
                continue


def _read(held: Npz) -> Filmed:
    """Raises InputError, KeyError, ValueError or TypeError for what is no such file."""
    arrays = {name: np.asarray(held[name], np.float64) for name in ("times", "xy", "confidence", "score", "box")}
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise ValueError("numbers that are none")
    width, height = (int(n) for n in held["size"])
    return Filmed(
        detector=str(held["detector"]),
        skeleton=LAYOUTS[str(held["skeleton"])],
        image_size=(width, height),
        corrupt=int(held["corrupt"]),
        **arrays,
    )


def _writable(folder: Path) -> bool:
    """Whether a file may be put there: a folder that is read-only stays as it is, also for those who could write."""
    try:
        mode = folder.stat().st_mode
    except OSError:
        return False
    return os.access(folder, os.W_OK) and bool(mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))


def digest(path: Path) -> str:
    """Of a file's size and of pieces of it; of pictures' names and sizes, and of some of them. Raises InputError."""
    return _digest_of_pictures(path) if is_pictures(path) else _digest_of_file(path)


def _digest_of_pictures(path: Path) -> str:
    files = picture_files(path)
    some = {files[(len(files) - 1) * place // (PLACES - 1)] for place in range(PLACES)}
    try:
        told = [f"{file.name}|{file.stat().st_size}|{digest(file) if file in some else ''}" for file in files]
    except OSError as error:
        raise file_error(path, "pictures", "cannot be read", "check the path", detail=str(error)) from None
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def _digest_of_file(path: Path) -> str:
    try:
        size = path.stat().st_size
        found = hashlib.sha256(str(size).encode())
        with path.open("rb") as file:
            for place in range(PLACES):
                file.seek(max(size - PIECE, 0) * place // (PLACES - 1))
                found.update(file.read(PIECE))
    except OSError as error:
        raise file_error(path, "file", "cannot be read", "check the path", detail=str(error)) from None
    return found.hexdigest()
