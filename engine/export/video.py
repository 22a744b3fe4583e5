"""Video files: H.264 in .mp4 through PyAV, which browsers play; without PyAV, MPEG-4 part 2 through OpenCV."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import cv2
import numpy as np

from engine.errors import file_error
from engine.export.picture import Picture
from engine.writing import written_beside

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.video.stream import VideoStream

H264, MPEG4 = "H.264", "MPEG-4 part 2"
_X264 = "libx264"
_QUALITY = {"crf": "18", "preset": "veryfast"}  # no loss that can be seen
_BT709 = 1  # how FFmpeg numbers this standard's matrix, primaries and transfer curve alike
_LIMITED = 1


@dataclass(frozen=True)
class Video:
    """A file that was written: how many pictures it has, and its codec."""

    path: Path
    pictures: int
    codec: str

    @property
    def note(self) -> str:
        """One sentence about what the file cannot do; "" for H.264."""
        if self.codec == H264:
            return ""
        return f"{self.path.name} is {self.codec}, which browsers do not play; install PyAV (pip install av) for H.264."


class Encoder(Protocol):
    """Writes pictures of one size, one after the other; `finish` completes the file, `close` may also give it up."""

    def write(self, picture: Picture) -> None: ...
    def finish(self) -> None: ...
    def close(self) -> None: ...


def write_video(path: Path, pictures: Iterable[Picture], fps: float) -> Video:
    """Write pictures (H, W, 3) RGB of one size, picture k at k / fps seconds. The file appears whole or not at all.

    H.264 has even sizes: an odd width or height gets one pixel more. Raises InputError if it cannot be written.
    """
    path = Path(path)
    codec = H264 if has_h264() else MPEG4
    count = 0

    def check(part: Path) -> None:
        if (found := _pictures_in(part)) != count:
            raise OSError(f"{found} of {count} pictures can be read again")

    with written_beside(path, what="video", check=check) as part:
        str(part).encode()  # FFmpeg takes no other names: a UnicodeError is one sentence, a crash is none
        encoder: Encoder | None = None
        try:
            for picture in pictures:
                if encoder is None:
                    height, width = picture.shape[:2]
                    encoder = (H264Encoder if codec == H264 else Mpeg4Encoder)(part, (width, height), fps)
                encoder.write(picture)
                count += 1
            if encoder is None:
                raise file_error(path, "video", "would have no picture", "choose a clip with frames")
            encoder.finish()
        finally:
            if encoder is not None:
                encoder.close()
    return Video(path, count, codec)


def _pictures_in(path: Path) -> int:
    """How many pictures a film has, as a reader finds them in its index; 0 for what is no film."""
    reader = cv2.VideoCapture(str(path))
    try:
        return int(reader.get(cv2.CAP_PROP_FRAME_COUNT)) if reader.isOpened() and reader.read()[0] else 0
    finally:
        reader.release()


def has_h264() -> bool:
    """Whether PyAV is installed, with the x264 encoder in its build."""
    try:
        import av
    except ImportError:
        return False
    return _X264 in av.codecs_available


class H264Encoder:
    """H.264 of the kind that everything plays: 4:2:0, BT.709, the index at the front of the file."""

    def __init__(self, path: Path, size: tuple[int, int], fps: float) -> None:
        """size is (width, height) in pixels. Raises OSError."""
        import av

        self._frame = av.VideoFrame
        self._container: OutputContainer = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
        stream = self._container.add_stream(_X264, Fraction(fps).limit_denominator(1001))
        self._stream = cast("VideoStream", stream)
        context = self._stream.codec_context
        context.width, context.height = (length + length % 2 for length in size)
        context.pix_fmt = "yuv420p"
        context.options = _QUALITY
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        context.color_range = _LIMITED

    def write(self, picture: Picture) -> None:
        height, width = picture.shape[:2]
        even = np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        frame = self._frame.from_ndarray(even, format="rgb24")
        self._container.mux(self._stream.encode(frame.reformat(format="yuv420p", dst_colorspace=_BT709)))

    def finish(self) -> None:
        self._container.mux(self._stream.encode(None))
        self._container.close()

    def close(self) -> None:
        self._container.close()


class Mpeg4Encoder:
    """MPEG-4 part 2, which OpenCV always has."""

    def __init__(self, path: Path, size: tuple[int, int], fps: float) -> None:
        """size is (width, height) in pixels. Raises OSError."""
        self._writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, size)
        if not self._writer.isOpened():
            raise OSError("OpenCV cannot open it")

    def write(self, picture: Picture) -> None:
        self._writer.write(np.ascontiguousarray(picture[..., ::-1]))

    def finish(self) -> None:
        self._writer.release()

    def close(self) -> None:
        self._writer.release()
