"""Pictures of a video file: each with its own timestamp, upright."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.errors import file_error
from engine.progress import passing

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

Picture = NDArray[np.uint8]
"""(H, W, 3) blue, green, red."""

QUARTER = 90
EARLY = 0.1
"""Of a period: a picture may be so much earlier than it was wanted, as times are rounded."""
MICRO = 1_000_000
"""Of FFmpeg's clock, in which a file says how long it is."""


class VideoFile:
    """Frames in the order of showing. A packet that cannot be decoded is counted and left out.

    hz: so many pictures a second at most; those between are decoded and left out
    each: is given every frame as it was decoded, and may change it
    """

    def __init__(self, path: Path, hz: float | None = None, each: Callable[[VideoFrame], None] | None = None) -> None:
        self.path, self.name, self.hz, self.corrupt, self._each = path, path.name, hz, 0, each
        self._span = (0.0, 0.0)

    def __iter__(self) -> Iterator[tuple[float, Picture]]:
        """Raises InputError for a file that is no video."""
        self.corrupt, taken = 0, -1
        first: float | None = None
        container, stream = open_video(self.path)
        with container:
            self._span = span_of(container)
            for frame in decoded(container, stream):
                if frame is None:
                    self.corrupt += 1
                    continue
                first = frame.time if first is None else first
                place = taken + 1 if self.hz is None else math.floor((frame.time - first) * self.hz + EARLY)
                if place > taken:
                    taken = place
                    picture = upright(np.asarray(frame.to_ndarray(format="bgr24"), np.uint8), frame.rotation)
                    at = frame.time
                    if self._each is not None:
                        self._each(frame)
                    yield at, picture

    def share(self, seconds: float) -> float:
        """How much of the file lies before a picture's time, as far as the file says how long it is."""
        return share_of(seconds, *self._span)


def span_of(container: InputContainer) -> tuple[float, float]:
    """Seconds at which a file begins, and how long it is by its own word; 0 where it says nothing."""
    return (container.start_time or 0) / MICRO, (container.duration or 0) / MICRO


def share_of(seconds: float, start: float, length: float) -> float:
    """How much of such a file lies before a time."""
    return min(max((seconds - start) / length, 0.0), 1.0) if length > 0 else 0.0


def open_video(path: Path, threads: bool = True) -> tuple[InputContainer, VideoStream]:
    """Open a file and find its pictures; threads: decode on several. Raises InputError for what is no video."""
    import av

    try:
        container = av.open(str(path))
        stream = container.streams.video[0]
    except (av.error.FFmpegError, OSError, IndexError, ValueError) as error:
        raise file_error(path, "video", "cannot be opened", "choose another file", detail=str(error)) from None
    stream.thread_type = "AUTO" if threads else "NONE"
    return container, stream


def decoded(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame | None]:
    """Pictures from where the file is, in the order of showing, each with a time; None for what cannot be read."""
    import av

    last = -np.inf
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except (av.error.FFmpegError, OSError):
            yield None
            continue
        for frame in frames:
            if frame.time is None or frame.time <= last:  # no time of its own
                yield None
                continue
            last = frame.time
            yield frame


def picture_times(path: Path) -> NDArray[np.float64]:
    """(K,) seconds of a file's pictures, increasing, of which none is decoded. Raises InputError and Cancelled."""
    container, stream = open_video(path)
    seen = set()
    with container:
        for packet in container.demux(stream):
            passing()
            at = packet.dts if packet.pts is None else packet.pts
            if packet.size and at is not None:
                seen.add(float(at * packet.time_base))
    return np.array(sorted(seen))


def upright(picture: Picture, rotation: int) -> Picture:
    """A picture turned by the rotation that its file asks for: degrees counter-clockwise, in quarters."""
    return np.ascontiguousarray(np.rot90(picture, round(rotation / QUARTER) % 4))
