"""Pictures in files at any time, as `VideoAt` gives those of a video."""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path

from engine.cameras.picture_files import decoded, is_pictures, numbers_of, picture_files
from engine.cameras.video_at import VideoAt
from engine.cameras.video_file import Picture
from engine.errors import file_error


class PicturesAt:
    """Those of a path as `PictureFiles` takes it, at one a second by their numbers."""

    def __init__(self, path: Path) -> None:
        """Raises InputError where there are none."""
        self._files = picture_files(path)
        self._numbers = numbers_of(self._files)

    def picture(self, seconds: float, room: tuple[int, int] | None = None) -> Picture:
        """The last picture that has begun at a time; before the first one, that. room: as of `VideoAt`.

        Raises InputError where it cannot be read.
        """
        import cv2

        file = self._files[max(bisect_right(self._numbers, seconds + 0.5) - 1, 0)]
        try:
            found = decoded(file.read_bytes())
        except OSError:
            found = None
        if found is None:
            raise file_error(file, "picture", "cannot be read", "leave it out of the folder")
        height, width = found.shape[:2]
        share = min(1.0, room[0] / width, room[1] / height) if room else 1.0
        size = max(round(share * width), 1), max(round(share * height), 1)
        return found if share == 1.0 else cv2.resize(found, size, interpolation=cv2.INTER_AREA).astype(found.dtype)

    def close(self) -> None: ...


def film_at(path: Path) -> VideoAt | PicturesAt:
    """Open a video, or pictures in files. Raises InputError."""
    return PicturesAt(path) if is_pictures(path) else VideoAt(path)
