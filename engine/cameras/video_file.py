"""Pictures of a video file: each with its own timestamp, upright."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import file_error

Picture = NDArray[np.uint8]
"""(H, W, 3) blue, green, red."""

QUARTER = 90


class VideoFile:
    """Frames in the order of showing. A packet that cannot be decoded is counted and left out."""

    def __init__(self, path: Path) -> None:
        self.path, self.name, self.corrupt = path, path.name, 0
        self._span = (0.0, 0.0)

    def __iter__(self) -> Iterator[tuple[float, Picture]]:
        """Raises InputError for a file that is no video."""
        import av

        self.corrupt = 0
        try:
            container = av.open(str(self.path))
            stream = container.streams.video[0]
        except (OSError, IndexError, ValueError) as error:  # those of FFmpeg are OSErrors or ValueErrors
            raise file_error(self.path, "video", "cannot be opened", "choose another file", detail=str(error)) from None
        with container:
            stream.thread_type = "AUTO"
            self._span = (container.start_time or 0) / av.time_base, (container.duration or 0) / av.time_base
            last = -np.inf
            for packet in container.demux(stream):
                try:
                    frames = packet.decode()
                except (av.error.InvalidDataError, OSError):
                    self.corrupt += 1
                    continue
                for frame in frames:
                    if frame.time is None or frame.time <= last:  # no time of its own
                        self.corrupt += 1
                        continue
                    last = frame.time
                    yield last, upright(np.asarray(frame.to_ndarray(format="bgr24"), np.uint8), frame.rotation)

    def share(self, seconds: float) -> float:
        """How much of the file lies before a picture's time, as far as the file says how long it is."""
        start, length = self._span
        return min(max((seconds - start) / length, 0.0), 1.0) if length > 0 else 0.0


def upright(picture: Picture, rotation: int) -> Picture:
    """A picture turned by the rotation that its file asks for: degrees counter-clockwise, in quarters."""
    return np.ascontiguousarray(np.rot90(picture, round(rotation / QUARTER) % 4))
