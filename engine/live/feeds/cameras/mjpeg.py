"""Pictures of a network camera: MJPEG over HTTP."""

from __future__ import annotations

import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from urllib.parse import unquote, urlsplit

from engine.cameras.picture_files import decoded
from engine.errors import InputError
from engine.live.feeds.cameras.multipart import Parts
from engine.live.feeds.clock import FeedClock
from engine.live.frame import PictureFrame

CONNECT_S = 3.0
AT_ONCE = 1 << 16
MAX_ANSWER = 1 << 14


class MjpegSource:
    """Times are the sender's (X-Timestamp) where it gives them, else those of arrival.

    `read` raises InputError where the stream ended or broke off: `engine.live.feeds.steady` connects again.
    """

    def __init__(self, url: str) -> None:
        """Raises InputError for what is no address."""
        self.url = url
        try:
            parts = urlsplit(url)
            self._address = (parts.hostname or "", parts.port or {"http": 80, "https": 443}[parts.scheme])
        except (KeyError, ValueError):
            raise InputError(f"{url} is no address of a stream; give one such as http://camera:8080/video.") from None
        self.name = f"{self._address[0]}:{self._address[1]}"
        self._secure = parts.scheme == "https"
        self._request = _request(parts.path or "/", parts.query, parts.netloc, parts.username, parts.password)
        self.corrupt = self._number = 0
        self._clock, self._parts = FeedClock(), Parts()
        self._socket: socket.socket | None = None

    def open(self) -> None:
        """Raises InputError where nobody answers, or not with a stream."""
        opened = None
        try:
            opened = socket.create_connection(self._address, CONNECT_S)
            if self._secure:
                opened = ssl.create_default_context().wrap_socket(opened, server_hostname=self._address[0])
            opened.sendall(self._request)
            answer = b""
            while b"\r\n\r\n" not in answer and len(answer) < MAX_ANSWER and (more := opened.recv(AT_ONCE)):
                answer += more
        except OSError as error:
            if opened is not None:
                opened.close()
            raise InputError(f"{self.name} does not answer; check address and network.", detail=str(error)) from None
        head, _, rest = answer.partition(b"\r\n\r\n")
        status = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 1)[-1]
        if not status.startswith("200"):
            opened.close()
            raise InputError(f"{self.name} answers {status or 'nothing'}; check the address.")
        self._socket, self._parts = opened, Parts()
        self._waiting = rest

    def read(self, seconds: float) -> Sequence[PictureFrame]:
        assert self._socket is not None
        content, self._waiting = self._waiting, b""
        if not content:
            self._socket.settimeout(seconds)
            try:
                content = self._socket.recv(AT_ONCE)
            except TimeoutError:
                return ()
            except OSError as error:
                raise InputError(f"{self.name} broke off; check camera and network.", detail=str(error)) from None
            if not content:
                raise InputError(f"{self.name} ended the stream; check the camera.")
        received = time.perf_counter()
        frames = []
        for part in self._parts.push(content):
            picture, at = decoded(part.content), self._clock.time(part.stamp, received)
            if picture is None or at is None:
                self.corrupt += 1
            else:
                frames.append(PictureFrame(at, received, picture, self._number))
            self._number += 1
        return frames

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    @property
    def counts(self) -> Mapping[str, int | None]:
        return {"corrupt": self.corrupt + self._parts.skipped}


def _request(path: str, query: str, host: str, user: str | None, password: str | None) -> bytes:
    """HTTP 1.0, to which nobody answers in chunks."""
    lines = [f"GET {path}{f'?{query}' if query else ''} HTTP/1.0", f"Host: {host.rpartition('@')[2]}"]
    if user is not None:
        known = f"{unquote(user)}:{unquote(password or '')}".encode()
        lines.append(f"Authorization: Basic {b64encode(known).decode()}")
    return "\r\n".join([*lines, "", ""]).encode()
