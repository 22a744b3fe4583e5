"""Pictures in files, one a picture: of a folder, or those of one camera in a folder with several cameras'."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from engine.cameras.video_file import Picture
from engine.errors import file_error

SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
NUMBER = "*"
"""Stands for the number of a picture in the name of one camera's files: `campus4-c0-*.png`."""


class PictureFiles:
    """In the order of their names. One that cannot be read is counted; the others keep their times.

    path      a folder, or one camera's files in it, as `series_in` names them
    hz        pictures a second
    numbered  a picture's time is by the number in its name, so that pictures that are missing leave a gap; else by
              its place
    """

    def __init__(self, path: Path, hz: float, *, numbered: bool = False) -> None:
        self.path, self.hz, self.numbered, self.name, self.corrupt = path, hz, numbered, path.name, 0
        self._end = 0.0

    def __iter__(self) -> Iterator[tuple[float, Picture]]:
        """Raises InputError for a folder without pictures."""
        self.corrupt = 0
        files = picture_files(self.path)
        return self._read(files, numbers_of(files) if self.numbered else range(len(files)))

    def _read(self, files: list[Path], numbers: Sequence[int]) -> Iterator[tuple[float, Picture]]:
        self._end = numbers[-1] / self.hz
        for number, file in zip(numbers, files, strict=True):
            picture = decoded(_bytes(file))
            if picture is None:
                self.corrupt += 1
            else:
                yield number / self.hz, picture

    def share(self, seconds: float) -> float:
        """How much of the pictures lies before a time, about."""
        return min(seconds / self._end, 1.0) if self._end else 1.0


def picture_files(path: Path) -> list[Path]:
    """The pictures of a folder, or of one camera's files in it, in order. Raises InputError where there are none."""
    folder = path.parent if NUMBER in path.name else path
    files = pictures_in(folder)
    if folder != path:
        files = [file for file in files if _series(file) == path.name]
    if not files:
        raise file_error(folder, "folder", "holds no pictures", f"choose one with {', '.join(SUFFIXES)}")
    return files


def series_in(folder: Path) -> list[Path]:
    """The pictures of a folder by camera: files whose names differ by their last number alone. Raises InputError.

    Such a path holds `NUMBER` where that number is: no file has this name.
    """
    found: dict[str, int] = defaultdict(int)
    for file in pictures_in(folder):
        found[_series(file)] += 1
    return [folder / name for name in found]


def is_pictures(path: Path) -> bool:
    """Whether a path means pictures in files, and no single file."""
    return not path.is_file() and (NUMBER in path.name or path.is_dir())


def pictures_in(folder: Path) -> list[Path]:
    """The pictures that lie in a folder itself, in order. Raises InputError where it cannot be read."""
    try:
        return sorted((f for f in folder.iterdir() if f.suffix.lower() in SUFFIXES), key=in_order)
    except OSError as error:
        raise file_error(folder, "folder", "cannot be read", "choose another", detail=str(error)) from None


def numbers_of(files: Sequence[Path]) -> list[int]:
    """The last number in each name, where they increase and nothing else differs; else 0, 1, 2, …"""
    parts = [_LAST.match(file.stem) for file in files]
    numbers = [int(part[2]) for part in parts if part is not None]
    one_name = len({part[1] for part in parts if part is not None}) == 1
    increase = all(a < b for a, b in pairwise(numbers))
    return numbers if len(numbers) == len(files) and one_name and increase else list(range(len(files)))


_LAST = re.compile(r"(.*?)(\d{1,15})(\D*)\Z", re.DOTALL)


def _series(file: Path) -> str:
    return _LAST.sub(rf"\g<1>{NUMBER}\g<3>", file.stem) + file.suffix.lower()


def in_order(path: Path) -> list[tuple[int, int | str]]:
    """As people count: frame 9 comes before frame 10."""
    return [(0, int(part)) if part.isdigit() else (1, part) for part in re.split(r"(\d+)", path.name.lower()) if part]


def decoded(content: bytes) -> Picture | None:
    """The picture that a file or a message holds; None where it holds none."""
    import cv2

    if not content:
        return None
    try:
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    return None if picture is None else np.asarray(picture, np.uint8)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""
