"""Webcams, by names that stay the same when something else is plugged in."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import InputError
from engine.live.feeds.clock import FeedClock
from engine.live.frame import PictureFrame

DEVICES, BY_ID = Path("/sys/class/video4linux"), Path("/dev/v4l/by-id")
NEAR_S = 1.0
"""A driver's time that is farther from now is of another clock."""


@dataclass(frozen=True)
class Webcam:
    """name as its maker gives it; path that stays the same, "/dev/video0" where there is no such; index of today."""

    name: str
    path: str
    index: int


def webcams(devices: Path = DEVICES, by_id: Path = BY_ID) -> list[Webcam]:
    """Those that Linux knows, without opening any; of a camera's several devices the one that gives pictures."""
    stable = {link.resolve().name: str(link) for link in sorted(by_id.glob("*-video-index*"))} if by_id.exists() else {}
    found = []
    for device in sorted(devices.glob("video*"), key=lambda d: int(d.name.removeprefix("video"))):
        if (device / "index").exists() and (device / "index").read_text().strip() != "0":
            continue  # its metadata
        name = (device / "name").read_text().strip()
        path = stable.get(device.name, f"/dev/{device.name}")
        found.append(Webcam(name, path, int(device.name.removeprefix("video"))))
    return found


def find_webcam(name: str, known: Sequence[Webcam]) -> Webcam:
    """By its name or path. Raises InputError, which lists those that are there."""
    for webcam in known:
        if name in (webcam.name, webcam.path):
            return webcam
    there = ", ".join(webcam.name for webcam in known) or "none; plug one in"
    raise InputError(f"There is no camera named {name!r}; choose one of {there}.")


class WebcamSource:
    """Looks the camera up by name whenever it is opened. capture: as `cv2.VideoCapture`.

    `read` raises InputError where the camera gives nothing more: `engine.live.feeds.steady` opens it again.
    """

    def __init__(
        self,
        name: str,
        size: tuple[int, int] | None = None,
        hz: float | None = None,
        *,
        listed: Callable[[], list[Webcam]] = webcams,
        capture: Callable[[str], Any] | None = None,
    ) -> None:
        self.name = name
        self._size, self._hz, self._listed, self._capture = size, hz, listed, capture
        self._number = 0
        self._clock = FeedClock()
        self._opened: Any = None

    def open(self) -> None:
        """Raises InputError where it is not there, or somebody else has it."""
        import cv2

        webcam = find_webcam(self.name, self._listed())
        self._opened = (self._capture or cv2.VideoCapture)(webcam.path)
        if not self._opened.isOpened():
            raise InputError(f"{self.name} cannot be opened; close the program that uses it.")
        if self._size is not None:
            self._opened.set(cv2.CAP_PROP_FRAME_WIDTH, self._size[0])
            self._opened.set(cv2.CAP_PROP_FRAME_HEIGHT, self._size[1])
        if self._hz is not None:
            self._opened.set(cv2.CAP_PROP_FPS, self._hz)
        self._opened.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    def read(self, seconds: float) -> Sequence[PictureFrame]:
        """The next picture, however long the driver takes: it cannot be told to wait less."""
        import cv2

        there, picture = self._opened.read()
        now = time.perf_counter()
        if not there:
            raise InputError(f"{self.name} gives no picture; check its cable.")
        taken = self._opened.get(cv2.CAP_PROP_POS_MSEC) / 1000  # of the driver's buffer, on the monotonic clock
        stamp = taken if abs(now - taken) < NEAR_S else None
        at = self._clock.time(stamp, now)
        self._number += 1
        if at is None:
            return ()
        return [PictureFrame(at, now if stamp is None else stamp, picture, self._number - 1)]

    def close(self) -> None:
        if self._opened is not None:
            self._opened.release()

    @property
    def counts(self) -> Mapping[str, int | None]:
        return {}
