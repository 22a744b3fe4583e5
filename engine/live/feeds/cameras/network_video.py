"""Pictures of a network camera that sends video: RTSP, and whatever else FFmpeg reads from an address."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from engine.cameras.video_file import upright
from engine.errors import InputError
from engine.live.feeds.clock import FeedClock
from engine.live.frame import PictureFrame

CONNECT_S, SILENT_S = 5.0, 3.0
SCHEMES = ("rtsp://", "rtsps://", "rtmp://", "srt://", "udp://", "tcp://")


class NetworkVideo:
    """Times are the stream's where it has them, else those of arrival. RTSP goes over TCP: nothing is lost on the way.

    `read` raises InputError where the stream ended or broke off: `engine.live.feeds.steady` connects again.
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
        self._container: Any = None
        self._frames: Any = None

    def open(self) -> None:
        """Raises InputError where nobody answers, or not with a video."""
        import av

        options = {"rtsp_transport": "tcp", "fflags": "nobuffer", "flags": "low_delay"}
        try:
            self._container = av.open(self.url, options=options, timeout=(CONNECT_S, SILENT_S))
            stream = self._container.streams.video[0]
        except (av.error.FFmpegError, OSError, IndexError, ValueError) as error:
            self.close()
            raise InputError(f"{self.name} sends no video; check address and network.", detail=str(error)) from None
        stream.thread_type = "SLICE"  # frames of several threads would wait for one another
        self._frames = self._container.demux(stream)

    def read(self, seconds: float) -> Sequence[PictureFrame]:
        """The pictures of the next packet, however long it takes: FFmpeg gives up by itself."""
        import av

        try:
            packet = next(self._frames)
            decoded = packet.decode()
        except av.error.InvalidDataError:
            self.corrupt += 1
            return ()
        except (av.error.FFmpegError, OSError, StopIteration) as error:
            raise InputError(f"{self.name} ended the stream; check the camera.", detail=str(error)) from None
        received = time.perf_counter()
        frames = []
        for frame in decoded:
            at = self._clock.time(frame.time, received)
            if at is None:
                self.corrupt += 1
            else:
                picture = upright(np.asarray(frame.to_ndarray(format="bgr24"), np.uint8), frame.rotation)
                frames.append(PictureFrame(at, received, picture, self._number))
            self._number += 1
        return frames

    def close(self) -> None:
        if self._container is not None:
            self._container.close()
        self._container = self._frames = None

    @property
    def counts(self) -> Mapping[str, int | None]:
        return {"corrupt": self.corrupt}
