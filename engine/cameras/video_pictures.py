"""Pictures of a video by their number, in the order in which a detector counts them."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.errors import file_error
from engine.progress import Cancel, Cancelled

Picture = NDArray[np.uint8]
"""(H, W, 3) blue, green, red."""

AHEAD = 40
"""Pictures that are read on the way rather than sought: a search begins at a key frame."""
NOWHERE = 1 << 62


class VideoPictures:
    """One open video; of one thread. Raises InputError for a file that is no video.

    longest  pixels of the longer side, to which larger pictures are made smaller
    """

    def __init__(self, path: Path, longest: int = 960) -> None:
        import cv2

        self.path, self.longest = path, longest
        self._video = cv2.VideoCapture(str(path))
        if not self._video.isOpened():
            raise file_error(path, "video", "cannot be opened", "give a video that plays")
        self._next, self._last = 0, -1
        self._picture: Picture | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._video.release()

    def picture(self, number: int, cancel: Cancel | None = None) -> Picture | None:
        """The picture of this number from 0; the last one that was read where there is none. Raises Cancelled."""
        if number == self._last:
            return self._picture
        if not self._next <= number <= self._next + AHEAD:
            import cv2

            self._video.set(cv2.CAP_PROP_POS_FRAMES, number)
            self._next = number
        while self._next < number and self._video.grab():
            self._next += 1
            if cancel is not None and cancel():
                raise Cancelled
        there, picture = self._video.read()
        if there:
            self._picture, self._last, self._next = self._smaller(np.asarray(picture, np.uint8)), number, number + 1
        else:
            self._next = NOWHERE  # sought again
        return self._picture

    def _smaller(self, picture: Picture) -> Picture:
        import cv2

        scale = self.longest / max(picture.shape[:2])
        if scale >= 1:
            return picture
        size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
        return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
