"""A network camera on loopback that speaks RTSP (RFC 2326): H.264 in RTP (RFC 6184) on the same TCP connection."""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from camera_fakes import HZ, SIZE, picture

if TYPE_CHECKING:
    import av

CLOCK_HZ, PAYLOAD_TYPE, MAX_PAYLOAD = 90_000, 96, 1_200
FIRST_STAMP = 2**32 - CLOCK_HZ - 1234
"""Of 32 bits: they begin again after a second."""
FU_A = 28
SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=test\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n"
    "a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:track\r\n"
)
START_CODE = re.compile(b"\x00\x00\x00?\x01")


@dataclass
class RtspServer:
    """Sends bars with their number to whoever plays. Its faults may be switched while it runs.

    silent   it keeps connections, answers, and sends nothing
    broken   what it sends cannot be decoded
    size     of the pictures; a change begins a fresh encoder on the same connection
    gop      pictures from one that stands alone to the next
    login    "user:password" that is asked for (Basic); requests: methods with what was sent as such
    """

    hz: float = HZ
    silent: bool = False
    broken: bool = False
    size: tuple[int, int] = SIZE
    gop: int = 15
    login: str = ""
    port: int = 0
    requests: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start()

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/stream"

    def start(self) -> None:
        self._connections: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", self.port))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._serve, args=(self._server,), daemon=True).start()

    def stop(self) -> None:
        """Unplug it: connections end, and nobody listens."""
        for each in (self._server, *self._connections):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)  # it wakes whoever waits there
            each.close()

    def _serve(self, server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                self._connections.append(server.accept()[0])
                threading.Thread(target=self._answer, args=(self._connections[-1],), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        sending = threading.Lock()  # answers and pictures share the connection
        with suppress(OSError, ValueError), connection, connection.makefile("rb") as asked:
            while line := asked.readline():
                if line[:1] == b"$":  # the receiver's reports
                    head = (line + asked.read(4))[:4] if len(line) < 4 else line[:4]
                    asked.read(max(0, struct.unpack(">H", head[2:])[0] + 4 - max(len(line), 4)))
                    continue
                method = line.split(b" ", 1)[0].decode()
                heads = {}
                while (head_line := asked.readline().strip()) != b"":
                    name, _, value = head_line.decode().partition(":")
                    heads[name.strip().lower()] = value.strip()
                with sending:
                    connection.sendall(self._reply(method, heads))
                if method == "PLAY":
                    threading.Thread(target=self._play, args=(connection, sending), daemon=True).start()
                elif method == "TEARDOWN":
                    return

    def _reply(self, method: str, heads: dict[str, str]) -> bytes:
        given = heads.get("authorization", "")
        self.requests.append((method, given))
        lines, body = [f"CSeq: {heads.get('cseq', '0')}", "Session: 1;timeout=60"], ""
        if self.login and given != f"Basic {b64encode(self.login.encode()).decode()}":
            return "\r\n".join(
                ["RTSP/1.0 401 Unauthorized", *lines, 'WWW-Authenticate: Basic realm="test"', "", ""]
            ).encode()
        if method == "OPTIONS":
            lines.append("Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN")
        elif method == "DESCRIBE":
            body = SDP
            lines += [f"Content-Base: {self.url}/", "Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        elif method == "SETUP":
            lines.append("Transport: RTP/AVP/TCP;unicast;interleaved=0-1")
        elif method == "PLAY":
            lines.append(f"RTP-Info: url={self.url}/track;seq=1;rtptime={FIRST_STAMP}")
        return ("\r\n".join(["RTSP/1.0 200 OK", *lines, "", ""]) + body).encode()

    def _encoder(self, width: int, height: int) -> av.VideoCodecContext:
        import av

        encoder = av.VideoCodecContext.create("libx264", "w")
        encoder.width, encoder.height, encoder.gop_size = width, height, self.gop
        encoder.pix_fmt, encoder.framerate = "yuv420p", Fraction(self.hz)
        encoder.options = {"tune": "zerolatency", "preset": "ultrafast", "crf": "12"}
        return encoder

    def _play(self, connection: socket.socket, sending: threading.Lock) -> None:
        import av

        began, number, sequence = time.perf_counter(), 0, 0
        size, encoder = (0, 0), None
        with suppress(OSError):
            while True:
                time.sleep(max(0.0, began + number / self.hz - time.perf_counter()))
                if encoder is None or size != self.size:
                    size = self.size
                    encoder = self._encoder(*size)
                frame = av.VideoFrame.from_ndarray(picture(number, size), format="bgr24")
                content = b"".join(bytes(packet) for packet in encoder.encode(frame))
                if not self.silent:
                    stamp = round(FIRST_STAMP + number * CLOCK_HZ / self.hz) & 0xFFFFFFFF
                    for payload, last in payloads(content, self.broken):
                        sequence += 1
                        kind = PAYLOAD_TYPE | 0x80 * last
                        packet = struct.pack(">BBHII", 0x80, kind, sequence & 0xFFFF, stamp, 1) + payload
                        with sending:
                            connection.sendall(struct.pack(">cBH", b"$", 0, len(packet)) + packet)
                number += 1


def payloads(content: bytes, broken: bool) -> Iterator[tuple[bytes, bool]]:
    """The payloads of a picture's units (Annex B), with whether each is its last: whole ones, or cut (FU-A)."""
    units = [unit for unit in START_CODE.split(content) if unit]
    for number, unit in enumerate(units):
        unit = unit[:1] + bytes(len(unit) - 1) if broken else unit
        over = number == len(units) - 1
        if len(unit) <= MAX_PAYLOAD:
            yield unit, over
            continue
        head, kind = unit[0] & 0xE0 | FU_A, unit[0] & 0x1F
        pieces = [unit[k : k + MAX_PAYLOAD] for k in range(1, len(unit), MAX_PAYLOAD)]
        for k, piece in enumerate(pieces):
            first, last = k == 0, k == len(pieces) - 1
            yield bytes([head, 0x80 * first | 0x40 * last | kind]) + piece, over and last
