"""Pictures of a network camera that sends video: RTSP, and whatever else FFmpeg reads from an address."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from engine.cameras.video_file import upright
from engine.errors import InputError
from engine.live.feeds.cameras.ahead import Ahead
from engine.live.feeds.clock import FeedClock
from engine.live.frame import PictureFrame

CONNECT_S, SILENT_S = 5.0, 3.0
SCHEMES = ("rtsp://", "rtsps://", "rtmp://", "srt://", "udp://", "tcp://")
OPTIONS = {"rtsp_transport": "tcp", "fpsprobesize": "0"}
"""RTSP over TCP: nothing is lost on the way. Measuring the rate would take 20 pictures before the first is shown."""


class NetworkVideo:
    """Times are the stream's where it has them, else those of arrival.

    Pictures are decoded on a thread of their own, which FFmpeg may hold for `SILENT_S`, so that `read` and `close` need
    not wait for it. `read` raises InputError where the stream ended or broke off: `engine.live.feeds.steady` connects
    again.
    """

    def __init__(self, url: str) -> None:
        """Raises InputError for what is no address."""
        try:
            host = urlsplit(url).hostname
        except ValueError:
            host = None
        if not host:
            raise InputError(f"{url} is no address of a stream; give one such as rtsp://camera:554/stream.")
        self.url, self.name = url, host
        self.corrupt = self._number = 0
        self._clock = FeedClock()
        self._ahead: Ahead[tuple[Any, float]] | None = None

    def open(self) -> None:
        """Raises InputError where nobody answers, or not with a video."""
        import av

        try:
            container = av.open(self.url, options=OPTIONS, timeout=(CONNECT_S, SILENT_S))
            stream = container.streams.video[0]
        except (av.error.FFmpegError, OSError, IndexError, ValueError) as error:
            raise InputError(_refused(self.name, error), detail=str(error)) from None
        stream.thread_type = "SLICE"  # frames of several threads would wait for one another
        self._ahead = Ahead(_decoded(container, stream, self.name), container.close, self.name)

    def read(self, seconds: float) -> Sequence[PictureFrame]:
        assert self._ahead is not None
        came = self._ahead.take(seconds)
        if came is None:
            return ()
        frame, received = came
        at = None if frame is None else self._clock.time(frame.time, received)
        self._number += 1
        if frame is None or at is None:
            self.corrupt += 1
            return ()
        picture = upright(np.asarray(frame.to_ndarray(format="bgr24"), np.uint8), frame.rotation)
        return [PictureFrame(at, received, picture, self._number - 1)]

    def close(self) -> None:
        if self._ahead is not None:
            self._ahead.stop()
        self._ahead = None

    @property
    def counts(self) -> Mapping[str, int | None]:
        return {"corrupt": self.corrupt}


def _decoded(container: Any, stream: Any, name: str) -> Iterator[tuple[Any, float]]:
    """Pictures, each with when it was there; None for what cannot be decoded. Raises InputError at the end."""
    import av

    detail, begun = "", False  # FFmpeg gives the first picture of RTSP no time: it is left out
    try:
        for packet in container.demux(stream):
            try:
                decoded = packet.decode()
            except av.error.InvalidDataError:
                decoded = [None]
            received = time.perf_counter()
            for frame in decoded:
                if begun or frame is None or frame.time is not None:
                    yield frame, received
                begun = True
    except (av.error.FFmpegError, OSError) as error:
        detail = str(error)
    raise InputError(f"{name} ended the stream; check the camera.", detail=detail)


def _refused(name: str, error: Exception) -> str:
    import av

    if isinstance(error, av.error.HTTPUnauthorizedError):
        return f"{name} does not know you; write USER:PASSWORD@ before its name in the address."
    if isinstance(error, av.error.HTTPNotFoundError):
        return f"{name} has no stream of that name; check the address."
    return f"{name} sends no video; check address and network."
