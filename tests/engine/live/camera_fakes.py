"""Pictures that carry their number, and cameras that send them: a file, a folder, a loopback server, a driver."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2
import numpy as np

BITS, SIZE, HZ = 8, (128, 96), 30.0


def picture(number: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Bars from left to right, white for each bit that is set: readable after any compression."""
    width, height = size
    bars = np.repeat([255 * (number >> bit & 1) for bit in range(BITS)], -(-width // BITS))[:width]
    return np.broadcast_to(bars.astype(np.uint8)[None, :, None], (height, width, 3)).copy()


def number_of(found: np.ndarray) -> int:
    """The number of a picture of any size."""
    height, width = found.shape[:2]
    middles = (np.arange(BITS) + 0.5) * -(-width // BITS)
    bright = found[height // 2, np.minimum(middles.astype(int), width - 1)].mean(-1) > 127
    return int(sum(1 << bit for bit in np.flatnonzero(bright)))


def jpeg(number: int, size: tuple[int, int] = SIZE) -> bytes:
    return bytes(cv2.imencode(".jpg", picture(number, size))[1])


def write_video(path: Path, times: Sequence[float]) -> None:
    """MPEG-4 with the given times, to a millisecond; every frame a key frame."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", 30)
        stream.width, stream.height = SIZE
        stream.pix_fmt, stream.codec_context.gop_size, stream.codec_context.bit_rate = "yuv420p", 1, 4_000_000
        stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        for number, at in enumerate(times):
            frame = av.VideoFrame.from_ndarray(picture(number), format="bgr24")
            frame.pts, frame.time_base = round(at * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@dataclass
class MjpegServer:
    """A network camera on loopback. Its faults may be switched while it runs.

    broken   every part is cut in its middle and marked as whole
    silent   it keeps the connection and sends nothing
    lengths  whether parts say how long they are
    stamps   whether parts say when they were taken
    size     of the pictures
    shown    the JPEG of a number; else bars
    """

    hz: float = HZ
    broken: bool = False
    silent: bool = False
    lengths: bool = True
    stamps: bool = True
    size: tuple[int, int] = SIZE
    shown: Callable[[int], bytes] | None = None
    port: int = 0
    connections: int = 0
    requests: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.number = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/video?size=small"

    def start(self) -> None:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.connections += 1
                server.requests.append((self.path, self.headers.get("Authorization")))
                if not self.path.startswith("/video"):
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                with suppress(OSError):
                    server.send(self.wfile.write)

            def log_message(self, *_: object) -> None: ...

        self._on = True
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def send(self, write: Callable[[bytes], object]) -> None:
        due = time.perf_counter()
        while self._on:
            time.sleep(max(0.0, due - time.perf_counter()))
            if not self.silent:
                content = jpeg(self.number, self.size) if self.shown is None else self.shown(self.number)
                content = content[: len(content) // 2] if self.broken else content
                head = ["--frame", "Content-Type: image/jpeg"]
                head += [f"Content-Length: {len(content)}"] if self.lengths else []
                head += [f"X-Timestamp: {self.number / self.hz:.6f}"] if self.stamps else []
                write("\r\n".join([*head, "", ""]).encode() + content + b"\r\n")
            self.number += 1
            due += 1 / self.hz

    def stop(self) -> None:
        """Unplug it: connections end, and nobody listens."""
        self._on = False
        self._server.shutdown()
        self._server.server_close()


class VideoServer:
    """A network camera on loopback that sends MPEG-TS over TCP to whoever connects."""

    def __init__(self, hz: float = HZ) -> None:
        self.hz, self.port = hz, 0
        self.start()

    @property
    def url(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._on = True
        self._server = socket.create_server(("127.0.0.1", self.port))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._serve, args=(self._server,), daemon=True).start()

    def stop(self) -> None:
        self._on = False
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)  # it wakes whoever waits for a connection
        self._server.close()

    def _serve(self, server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=self._send, args=(server.accept()[0],), daemon=True).start()

    def _send(self, connection: socket.socket) -> None:
        import av

        with suppress(OSError, ValueError), connection, connection.makefile("wb") as file:
            container = av.open(file, "w", format="mpegts", options={"flush_packets": "1"})
            stream = container.add_stream("mpeg2video", 30)
            stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
            stream.codec_context.gop_size, stream.codec_context.bit_rate = 1, 4_000_000
            began, number = time.perf_counter(), 0
            while self._on:
                time.sleep(max(0.0, began + number / self.hz - time.perf_counter()))
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(number), format="bgr24")))
                file.flush()
                number += 1


@dataclass
class Driver:
    """Stands in for `cv2.VideoCapture`: a webcam at 30 Hz that stamps its buffers. silent: `read` does not return."""

    plugged: bool = True
    size: tuple[int, int] = SIZE
    stamps: bool = True
    silent: bool = False
    number: int = -1
    opened: list[str] = field(default_factory=list)
    given: dict[int, float] = field(default_factory=dict)
    released: int = 0

    def __post_init__(self) -> None:
        self._due = 0.0

    def __call__(self, path: str, backend: int) -> Driver:
        assert backend == cv2.CAP_V4L2  # FFmpeg would take the device for a file
        self.opened.append(path)
        self._due = time.perf_counter()
        return self

    def isOpened(self) -> bool:
        return self.plugged

    def read(self) -> tuple[bool, np.ndarray | None]:
        time.sleep(max(0.0, self._due + 1 / HZ - time.perf_counter()))
        while self.silent and self.plugged:
            time.sleep(0.02)
            self._due = time.perf_counter()
        self._due, self.number = self._due + 1 / HZ, self.number + 1
        return (True, picture(self.number, self.size)) if self.plugged else (False, None)

    def get(self, field: int) -> float:
        return 1000 * self._due if self.stamps else 0.0

    def set(self, field: int, value: float) -> bool:
        self.given[field] = value
        return True

    def release(self) -> None:
        self.released += 1
