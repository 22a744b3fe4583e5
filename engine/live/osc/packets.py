"""Datagrams and their messages: bundles of any depth are taken apart here, messages by python-osc.

A datagram may come from anybody. The library's own reader of bundles does not end on a size below zero, so sizes are
checked here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

Message = tuple[str, Sequence[Any]]
"""An address and its arguments."""
MAX_DATAGRAM = 65_535
MAX_DEPTH = 8
TAGS = {"s": 4, "f": 4, "i": 4, "d": 8, "h": 8, "T": 0, "F": 0, "N": 0}
"""Types of arguments that are read, and their least bytes."""
_BUNDLE, _HEAD = b"#bundle\0", 16


class Malformed(ValueError):
    """These bytes are not what they claim to be."""


def read_packet(datagram: bytes) -> list[tuple[str, bytes]]:
    """The messages of a datagram in order: addresses and their bytes. Raises Malformed."""
    return [(_address(part), part) for part in _messages(datagram, 0)]


def arguments(message: bytes) -> list[Any]:
    """The arguments of a message. Raises Malformed."""
    start = (message.index(b"\0") // 4 + 1) * 4
    tags = message[start : message.find(b"\0", start)].decode("latin-1")
    if not tags.startswith(",") or not set(tags[1:]) <= TAGS.keys():
        raise Malformed("types of its arguments")
    if len(message) < start + (len(tags) // 4 + 1) * 4 + sum(TAGS[tag] for tag in tags[1:]):
        raise Malformed("its arguments are cut off")  # the library would read zeros
    try:
        return list(OscMessage(message).params)
    except Exception as error:  # the library raises whatever its slices and structs do
        raise Malformed(str(error)) from None


def packet(messages: Iterable[Message]) -> bytes:
    """One bundle of messages; a float becomes 32 bits, `Double` 64."""
    bundle = OscBundleBuilder(IMMEDIATELY)
    for address, given in messages:
        bundle.add_content(_built(address, given))
    return bytes(bundle.build().dgram)


class Double(float):
    """A number that is sent in 64 bits."""


def _built(address: str, given: Sequence[Any]) -> OscMessage:
    message = OscMessageBuilder(address)
    for value in given:
        kind = (
            "d"
            if isinstance(value, Double)
            else "s"
            if isinstance(value, str)
            else "i"
            if isinstance(value, int)
            else "f"
        )
        message.add_arg(value, kind)
    return message.build()


def _messages(part: bytes, depth: int) -> Iterator[bytes]:
    if not part.startswith(_BUNDLE):
        yield part
        return
    if depth >= MAX_DEPTH or len(part) < _HEAD:
        raise Malformed("bundle")
    place = _HEAD
    while place < len(part):
        size = int.from_bytes(part[place : place + 4], "big", signed=True)
        place += 4
        if size <= 0 or size % 4 or place + size > len(part):
            raise Malformed("size of a part")
        yield from _messages(part[place : place + size], depth + 1)
        place += size


def _address(message: bytes) -> str:
    end = message.find(b"\0")
    if not message.startswith(b"/") or end < 0 or len(message) % 4:
        raise Malformed("address")
    return message[:end].decode("latin-1")
