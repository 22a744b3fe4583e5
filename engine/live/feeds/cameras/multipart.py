"""JPEG pictures out of a byte stream of parts (multipart/x-mixed-replace), as network cameras send."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

MAX_PICTURE = 32 << 20
MAX_HEAD = 1 << 14
START, END = b"\xff\xd8", b"\xff\xd9"


class Part(NamedTuple):
    """content of one picture; stamp: the sender's time of it, seconds, None where it gives none."""

    content: bytes
    stamp: float | None


class Parts:
    """Feed it bytes as they come. skipped: stretches that were no part of any picture, or too long."""

    def __init__(self) -> None:
        self.skipped = 0
        self._buffer = bytearray()

    def push(self, content: bytes) -> Iterator[Part]:
        """The pictures that are complete now."""
        self._buffer += content
        while (part := self._take()) is not None:
            yield part

    def _take(self) -> Part | None:
        start = self._buffer.find(START)
        if start < 0:
            if len(self._buffer) > MAX_HEAD:
                self.skipped += 1
                del self._buffer[:-1]
            return None
        head = bytes(self._buffer[max(0, start - MAX_HEAD) : start])
        length = _number(rb"content-length:\s*(\d+)", head)
        if length is not None and 0 < length <= MAX_PICTURE:
            end = start + int(length)
        else:
            end = self._buffer.find(END, start) + len(END)
            end = end if end >= len(END) else len(self._buffer) + 1
        if end > len(self._buffer):
            if len(self._buffer) > MAX_PICTURE + MAX_HEAD:
                self.skipped += 1
                self._buffer.clear()
            return None
        content = bytes(self._buffer[start:end])
        del self._buffer[:end]
        return Part(content, _number(rb"x-timestamp:\s*(\d+(?:\.\d+)?)", head))


def _number(pattern: bytes, head: bytes) -> float | None:
    """The last one of a part's head: what is before it is of the part before."""
    found = re.findall(pattern, head, re.IGNORECASE)
    return float(found[-1]) if found else None
