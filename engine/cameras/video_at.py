"""Pictures of a video file at any time: the same ones that going through it gives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.cameras.video_file import MICRO, QUARTER, Picture, decoded, open_video, upright
from engine.errors import file_error
from engine.progress import passing

if TYPE_CHECKING:
    from av import VideoFrame

ONWARD_S = 0.5
"""So far ahead pictures are gone through; what is farther is sought."""
BACK_S = (0.0, 1.0, 10.0)
"""How much earlier a search begins, where the file's index leads too far."""
SAME_S = 1e-6


class VideoAt:
    """Keeps the file open, with the picture that was asked for last and the one after it. For one thread."""

    def __init__(self, path: Path, threads: bool = True) -> None:
        """threads: decode on several, which begins later. Raises InputError for a file that is no video."""
        self.path = path
        self._container, self._stream = open_video(path, threads)
        self._left: Iterator[VideoFrame] = iter(())
        self._here: VideoFrame | None = None
        self._next: VideoFrame | None = None

    def picture(self, seconds: float, room: tuple[int, int] | None = None) -> Picture:
        """The last picture that has begun at a time, upright; before the first one, that.

        room  width and height in pixels that it need not exceed: a smaller one takes a fraction of the time
        Raises InputError where none can be read, and Cancelled (`engine.progress.watched`).
        """
        now = seconds + SAME_S
        if not _begun(self._here, now) or (self._next is not None and self._next.time + ONWARD_S < now):
            self._seek(now)
        while _begun(self._next, now):
            passing()
            self._step()
        if self._here is None:
            raise file_error(self.path, "video", f"has no picture at {seconds:.2f} s", "choose another file")
        return _drawn(self._here, room)

    def close(self) -> None:
        self._left, self._here, self._next = iter(()), None, None
        self._container.close()

    def _seek(self, now: float) -> None:
        """Go to a picture from which a time is reached onward; to the first one where there is none before it."""
        unit = float(self._stream.time_base or 1 / MICRO)
        start = (self._stream.start_time or 0) * unit
        for back in (*(back for back in BACK_S if now - back > start), None):
            place = start if back is None else now - back
            self._container.seek(int(place / unit), stream=self._stream)
            self._left = (frame for frame in decoded(self._container, self._stream) if frame is not None)
            self._here, self._next = next(self._left, None), next(self._left, None)
            if _begun(self._here, now):
                return

    def _step(self) -> None:
        self._here, self._next = self._next, next(self._left, None)


def _begun(frame: VideoFrame | None, now: float) -> bool:
    return frame is not None and frame.time <= now


def _drawn(frame: VideoFrame, room: tuple[int, int] | None) -> Picture:
    width, height = frame.width, frame.height
    if room is not None:
        lying = round(frame.rotation / QUARTER) % 2 == 1
        share = min(1.0, room[lying] / width, room[not lying] / height)
        width, height = max(round(share * width), 1), max(round(share * height), 1)
    picture = frame.to_ndarray(format="bgr24", width=width, height=height)
    return upright(np.asarray(picture, np.uint8), frame.rotation)
