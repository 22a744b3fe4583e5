"""Sizes, rates and formats that a webcam offers, as Linux's V4L2 lists them (`linux/videodev2.h`)."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

ENUM_FORMATS, ENUM_SIZES, ENUM_INTERVALS = 0xC0405602, 0xC02C564A, 0xC034564B
"""Requests: VIDIOC_ENUM_FMT, VIDIOC_ENUM_FRAMESIZES and VIDIOC_ENUM_FRAMEINTERVALS."""
CAPTURE, DISCRETE, MOST = 1, 1, 64
"""V4L2_BUF_TYPE_VIDEO_CAPTURE; the type of a size or interval that stands alone; the most of one list."""
USUAL = ((640, 480), (1280, 720), (1920, 1080))
"""Sizes that are named of a camera that takes every size between two; the first is what OpenCV asks for by itself."""
PLAIN = ("YUYV", "UYVY", "NV12", "NV21", "YU12", "YV12", "BGR3", "RGB3")
READ = (*PLAIN, "MJPG", "JPEG")
"""Formats that OpenCV reads, the uncompressed first."""

Request = Callable[[int, int, bytearray], object]


@dataclass(frozen=True)
class Mode:
    """code: of the format, four letters; size: width and height in pixels; hz: the most pictures a second."""

    code: str
    size: tuple[int, int]
    hz: float


def modes_of(path: str, request: Request | None = None) -> list[Mode]:
    """What the camera of a device offers and OpenCV reads; empty where that cannot be asked.

    request: as `fcntl.ioctl`
    """
    try:
        import fcntl

        device = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except (ImportError, OSError):
        return []
    try:
        ask = request or fcntl.ioctl
        return [
            Mode(code, size, hz)
            for kind, code in _formats(device, ask)
            if code in READ
            for size in _sizes(device, ask, kind)
            if (hz := max(_rates(device, ask, kind, size), default=0.0)) > 0
        ]
    finally:
        os.close(device)


def best_code(modes: Sequence[Mode], size: tuple[int, int] | None, hz: float | None) -> str | None:
    """The format for a size and rate: uncompressed where that is fast enough. None where nothing is asked or known."""
    if size is None and hz is None:
        return None
    fitting = [mode for mode in modes if mode.size == (size or USUAL[0])]
    wanted = hz or float("inf")
    return max(fitting, key=lambda mode: (min(mode.hz, wanted), mode.code in PLAIN)).code if fitting else None


def modes_text(modes: Sequence[Mode]) -> str:
    """Each size with its highest rate, such as "640 × 480 at 30 Hz"; "" for none."""
    fastest: dict[tuple[int, int], float] = {}
    for mode in modes:
        fastest[mode.size] = max(mode.hz, fastest.get(mode.size, 0.0))
    return ", ".join(f"{width} × {height} at {hz:.3g} Hz" for (width, height), hz in sorted(fastest.items()))


def _listed(device: int, ask: Request, request: int, length: int, *head: int) -> Iterator[bytearray]:
    """The answers to a request by number, until there are no more."""
    for index in range(MOST):
        answer = bytearray(struct.pack(f"{1 + len(head)}I", index, *head).ljust(length, b"\0"))
        try:
            ask(device, request, answer)
        except OSError:
            return
        yield answer


def _formats(device: int, ask: Request) -> Iterator[tuple[int, str]]:
    for answer in _listed(device, ask, ENUM_FORMATS, 64, CAPTURE):
        code = bytes(answer[44:48])
        yield int.from_bytes(code, "little"), code.decode("latin-1")


def _sizes(device: int, ask: Request, kind: int) -> Iterator[tuple[int, int]]:
    for answer in _listed(device, ask, ENUM_SIZES, 44, kind):
        (type_,) = struct.unpack_from("I", answer, 8)
        if type_ != DISCRETE:
            low_w, high_w, _, low_h, high_h, _ = struct.unpack_from("6I", answer, 12)
            yield from ((w, h) for w, h in USUAL if low_w <= w <= high_w and low_h <= h <= high_h)
            return
        width, height = struct.unpack_from("2I", answer, 12)
        yield width, height


def _rates(device: int, ask: Request, kind: int, size: tuple[int, int]) -> Iterator[float]:
    for answer in _listed(device, ask, ENUM_INTERVALS, 52, kind, *size):
        type_, seconds, parts = struct.unpack_from("3I", answer, 16)  # of several, the shortest comes first
        if seconds:
            yield parts / seconds
        if type_ != DISCRETE:
            return
