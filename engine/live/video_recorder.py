"""The camera's pictures as a video, beside a recording: Matroska, each picture at its own time.

Clusters of a quarter of a second are written and flushed one after the other, so that what was written before a kill
can be played.
"""

from __future__ import annotations

import re
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

from engine.errors import InputError, file_error
from engine.live.frame import PictureFrame

CLUSTER_MS = 250
MILLISECOND = Fraction(1, 1000)
BITS_A_PIXEL = 0.2
UNUSUAL = r"[^\w .-]"
"""Of characters in the names of files."""


class VideoRecorder:
    """lost: why the video ended before the run; None while it goes on. Call from one thread."""

    def __init__(self, path: Path) -> None:
        """Raises InputError where the file is there already or cannot be written."""
        self.path = path
        self.lost: InputError | None = None
        self._last = -1
        self._stream: Any = None
        try:
            self._file: Any = path.open("xb")
        except OSError as error:
            raise file_error(path, "file", "cannot be written", "choose another name", detail=str(error)) from None
        self._container: Any = None

    def push(self, frame: PictureFrame) -> None:
        """Write a picture; one of another size than the first is scaled."""
        if self.lost is not None:
            return
        try:
            self._write(frame)
            self._file.flush()
        except (OSError, ValueError) as error:  # those of FFmpeg are OSErrors or ValueErrors
            self.lost = file_error(self.path, "file", "takes no more", "make room", detail=str(error))
            self._end()

    def close(self) -> None:
        """A file without a picture goes away again."""
        if self.lost is None:
            self._end()
        if self._stream is None:
            self.path.unlink(missing_ok=True)

    def _write(self, frame: PictureFrame) -> None:
        import av

        if self._container is None:
            options = {"cluster_time_limit": str(CLUSTER_MS), "flush_packets": "1"}
            self._container = av.open(self._file, "w", format="matroska", options=options)
            width, height = (side - side % 2 for side in frame.size)
            self._stream = self._container.add_stream("mpeg4", 30)
            self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"
            context = self._stream.codec_context
            context.time_base = self._stream.time_base = MILLISECOND
            context.bit_rate, context.gop_size = round(30 * BITS_A_PIXEL * width * height), 15
        at = max(round(frame.time * 1000), self._last + 1)
        self._last = at
        picture = av.VideoFrame.from_ndarray(frame.picture, format="bgr24")
        picture = picture.reformat(self._stream.width, self._stream.height, "yuv420p")
        picture.pts, picture.time_base = at, MILLISECOND
        self._container.mux(self._stream.encode(picture))

    def _end(self) -> None:
        with suppress(OSError, ValueError):
            if self._container is not None:
                self._container.mux(self._stream.encode(None))
                self._container.close()
        with suppress(OSError):
            self._file.close()


def in_file_name(name: str) -> str:
    """The name of a camera without what files cannot be named by."""
    return re.sub(UNUSUAL, "_", name)


def video_of_camera(path: Path, name: str) -> Path:
    """The file of one of several cameras: its name behind that of the path."""
    return path.with_stem(f"{path.stem}-{in_file_name(name)}")
