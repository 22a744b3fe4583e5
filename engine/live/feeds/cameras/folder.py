"""Pictures of a folder, in the order of their names, at a rate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from engine.errors import file_error
from engine.live.feeds.cameras.played import Picture

SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")


class PictureFolder:
    """hz: pictures a second. One that cannot be read is counted; the others keep their times."""

    def __init__(self, folder: Path, hz: float) -> None:
        self.folder, self.hz, self.name, self.corrupt = folder, hz, folder.name, 0

    def __iter__(self) -> Iterator[tuple[float, Picture]]:
        """Raises InputError for a folder without pictures."""
        self.corrupt = 0
        try:
            files = sorted((f for f in self.folder.iterdir() if f.suffix.lower() in SUFFIXES), key=in_order)
        except OSError as error:
            raise file_error(self.folder, "folder", "cannot be read", "choose another", detail=str(error)) from None
        if not files:
            raise file_error(self.folder, "folder", "holds no pictures", f"choose one with {', '.join(SUFFIXES)}")
        return self._read(files)

    def _read(self, files: list[Path]) -> Iterator[tuple[float, Picture]]:
        for number, file in enumerate(files):
            picture = decoded(_bytes(file))
            if picture is None:
                self.corrupt += 1
            else:
                yield number / self.hz, picture


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
