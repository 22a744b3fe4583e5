"""Trackers over the network: OSC packets on a UDP port, in the VMC protocol or the plain form."""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Iterator, Mapping, Sequence

from engine.errors import InputError
from engine.live.feeds.assembly import Assembly
from engine.live.feeds.roles import Roles
from engine.live.frame import LiveFrame
from engine.live.osc import forms
from engine.live.osc.packets import MAX_DATAGRAM, Malformed, arguments, read_packet

PORT = 39539
"""Where VMC's senders send by default."""
LOOPBACK = "127.0.0.1"
BUFFER_BYTES = 1 << 20
MOST_NAMES = 32


class OscSource:
    """port 0 takes a free one, which `port` is after `open`; address: of this machine, "0.0.0.0" for all networks.

    unknown  names of devices to which nobody gave a role, the first `MOST_NAMES`
    """

    name = "osc"

    def __init__(self, port: int = PORT, address: str = LOOPBACK, roles: Roles | None = None) -> None:
        self.port, self.address, self.roles = port, address, roles or Roles()
        self.packets = self.malformed = self.foreign = 0
        self.unknown: dict[str, None] = {}
        self._assembly = Assembly(self.name)
        self._socket: socket.socket | None = None

    def open(self) -> None:
        """Raises InputError for an address that is not this machine's, or a port that is taken."""
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
            opened.bind((self.address, self.port))
        except (OSError, OverflowError) as error:
            opened.close()
            taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            raise InputError(
                f"Port {self.port} of {self.address} is in use by another program; close that, or choose another port."
                if taken
                else f"Port {self.port} of {self.address} cannot be listened to; choose another port or address.",
                detail=str(error),
            ) from None
        self.port = opened.getsockname()[1]
        self._assembly = Assembly(self.name)
        self._socket = opened

    def read(self, seconds: float) -> Sequence[LiveFrame] | None:
        """The frames that the next packet completes."""
        assert self._socket is not None
        self._socket.settimeout(seconds)
        try:
            datagram, _ = self._socket.recvfrom(MAX_DATAGRAM)
        except TimeoutError:
            return ()
        except ConnectionResetError:  # Windows: something else of ours was refused
            return ()
        return list(self.take(datagram, time.perf_counter()))

    def take(self, datagram: bytes, received: float) -> Iterator[LiveFrame]:
        """The frames that a packet completes; bytes that are not understood are counted."""
        self.packets += 1
        try:
            messages = read_packet(datagram)
        except Malformed:
            self.malformed += 1
            return
        for address, message in messages:
            frame = self._message(address, message, received)
            if frame is not None:
                yield frame
        frame = self._assembly.complete(received)
        if frame is not None:
            yield frame

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    @property
    def counts(self) -> Mapping[str, int | None]:
        """packets: all that came; malformed and foreign: messages that were ignored; late, missing: frames.

        missing is None where the sender does not number its frames, as VMC's do not.
        """
        return {
            "packets": self.packets,
            "malformed": self.malformed,
            "foreign": self.foreign,
            "late": self._assembly.late,
            "missing": self._assembly.missing,
        }

    def _message(self, address: str, message: bytes, received: float) -> LiveFrame | None:
        if address not in forms.KNOWN:
            self.foreign += 1
            return None
        try:
            read = forms.read(address, arguments(message))
        except Malformed:
            self.malformed += 1
            return None
        if isinstance(read, forms.Stamp):
            return self._assembly.stamp(read)
        role = self.roles.of(read.kind, read.name)
        if role is None:
            self.foreign += 1
            if len(self.unknown) < MOST_NAMES:
                self.unknown[read.name] = None
            return None
        return self._assembly.pose(role, read, received)
