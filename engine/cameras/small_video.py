"""Small copies of videos: every picture at its own time, shown in any order for a fraction of the work."""

from __future__ import annotations

import zlib
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from engine.cameras.video_file import MICRO, upright

if TYPE_CHECKING:
    from av import VideoFrame
    from av.video.stream import VideoStream

LONGEST = 480
"""Pixels of a copy's longer side."""
GROUP = 8
"""Pictures from a key frame to the next: half the bytes of key frames alone, and half the time to decode."""
_CODEC, _QUALITY = "libx264", {"preset": "ultrafast", "tune": "fastdecode", "crf": "23"}
_EXACT = {"movie_timescale": str(MICRO), "video_track_timescale": str(MICRO)}
_SUM = b"\0\0\0\x0cfree"
"""Begins the last box of a file, which players skip; the checksum of everything before it follows."""
_TAIL, _PIECE = len(_SUM) + 4, 1 << 20


class SmallVideo:
    """Writes a copy: H.264 in MP4, upright, each picture at its time to a microsecond, with a checksum at the end."""

    def __init__(self, path: Path) -> None:
        """Raises OSError."""
        import av

        self._path = path
        try:
            self._container = av.open(str(path), "w", format="mp4", options=_EXACT)
        except (av.error.FFmpegError, ValueError) as error:
            raise OSError(str(error)) from None
        self._stream: VideoStream | None = None

    def add(self, frame: VideoFrame) -> None:
        """The next picture of the video, as it was decoded; it may be changed. Raises OSError."""
        import av

        try:
            small = _shrunk(frame)
            if self._stream is None:
                self._stream = self._begin(small)
            small.pts, small.time_base = round(frame.time * MICRO), Fraction(1, MICRO)
            if small.pts < 0:
                raise OSError("a picture before 0 s")  # a file cannot say so
            small.pict_type = 0  # which are key frames is the copy's matter
            self._container.mux(self._stream.encode(small))
        except (av.error.FFmpegError, ValueError) as error:
            raise OSError(str(error)) from None

    def finish(self) -> None:
        """Complete the file. Raises OSError."""
        import av

        if self._stream is None:
            raise OSError("no picture")
        try:
            self._container.mux(self._stream.encode(None))
            self._container.close()
        except (av.error.FFmpegError, ValueError) as error:
            raise OSError(str(error)) from None
        found = _sum_of(self._path, self._path.stat().st_size)
        with self._path.open("ab") as file:
            file.write(_SUM + found.to_bytes(4, "big"))

    def close(self) -> None:
        """Let go of the file, finished or not."""
        import av

        try:
            self._container.close()
        except (av.error.FFmpegError, ValueError, OSError):
            return

    def _begin(self, small: VideoFrame) -> VideoStream:
        stream = cast("VideoStream", self._container.add_stream(_CODEC, 30))
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = small.width, small.height, "yuv420p"
        context.options, context.gop_size, context.max_b_frames = _QUALITY, GROUP, 0
        context.colorspace, context.color_range = small.colorspace, small.color_range
        context.thread_count = 1
        context.time_base = stream.time_base = Fraction(1, MICRO)
        return stream


def is_whole(path: Path) -> bool:
    """Whether a copy is as it was written."""
    try:
        size = path.stat().st_size - _TAIL
        if size <= 0:
            return False
        with path.open("rb") as file:
            file.seek(size)
            tail = file.read()
        return tail == _SUM + _sum_of(path, size).to_bytes(4, "big")
    except OSError:
        return False


def _sum_of(path: Path, size: int) -> int:
    """The checksum of a file's first bytes."""
    found = 0
    with path.open("rb") as file:
        while size > 0 and (piece := file.read(min(_PIECE, size))):
            found, size = zlib.crc32(piece, found), size - len(piece)
    return found


def _shrunk(frame: VideoFrame) -> VideoFrame:
    """A picture of `LONGEST` at most and of even sides, upright, in 4:2:0."""
    share = min(1.0, LONGEST / max(frame.width, frame.height))
    width, height = (max(round(share * side / 2), 1) * 2 for side in (frame.width, frame.height))
    if not frame.rotation:
        return frame.reformat(width=width, height=height, format="yuv420p", interpolation="AREA")
    import av

    picture = frame.reformat(width=width, height=height, format="bgr24", interpolation="AREA").to_ndarray()
    turned = upright(np.asarray(picture, np.uint8), frame.rotation)
    return av.VideoFrame.from_ndarray(turned, format="bgr24").reformat(format="yuv420p")
