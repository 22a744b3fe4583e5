"""Webcams, by names that stay the same when something else is plugged in."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import InputError
from engine.live.feeds.cameras.ahead import Ahead
from engine.live.feeds.cameras.webcam_modes import Mode, best_code, modes_of
from engine.live.feeds.clock import FeedClock
from engine.live.frame import PictureFrame

DEVICES, STABLE = Path("/sys/class/video4linux"), (Path("/dev/v4l/by-path"), Path("/dev/v4l/by-id"))
"""Names in the last folder that has one are taken: two cameras of a kind may be told apart by their sockets alone."""
CLOSE_S = 0.5
"""Until a driver that gives pictures lets go of the device."""
NEAR_S = 1.0
"""A driver's time that is farther from now is of another clock."""


@dataclass(frozen=True)
class Webcam:
    """name as its maker gives it; path that stays the same, "/dev/video0" where there is no such; index of today."""

    name: str
    path: str
    index: int


def webcams(devices: Path = DEVICES, stable: Sequence[Path] = STABLE) -> list[Webcam]:
    """Those that Linux knows, without opening any; of a camera's several devices the one that gives pictures."""
    paths = {
        link.resolve().name: str(link)
        for folder in stable
        if folder.exists()
        for link in sorted(folder.glob("*-video-index*"))
    }
    found = []
    numbered = [device for device in devices.glob("video*") if device.name.removeprefix("video").isdecimal()]
    for device in sorted(numbered, key=lambda device: int(device.name.removeprefix("video"))):
        try:
            name = (device / "name").read_text(errors="replace").strip()
            pictures = not (device / "index").exists() or (device / "index").read_text().strip() == "0"
        except OSError:
            continue  # unplugged meanwhile
        if pictures:  # else its metadata
            path = paths.get(device.name, f"/dev/{device.name}")
            found.append(Webcam(name, path, int(device.name.removeprefix("video"))))
    return found


def names_of(known: Sequence[Webcam]) -> list[str]:
    """What each is asked for by: its name, or its path where another one has the same."""
    count = Counter(webcam.name for webcam in known)
    return [webcam.name if count[webcam.name] == 1 else webcam.path for webcam in known]


def find_webcam(name: str, known: Sequence[Webcam]) -> Webcam:
    """By its name or path. Raises InputError, which lists those that are there, and where two have the name."""
    found = [webcam for webcam in known if name in (webcam.name, webcam.path)]
    if len(found) == 1:
        return found[0]
    there = ", ".join(names_of(found or known)) or "none; plug one in"
    if found:
        raise InputError(f"{len(found)} cameras are named {name!r}; choose one of {there}.")
    raise InputError(f"There is no camera named {name!r}; choose one of {there}.")


class WebcamSource:
    """Looks the camera up by name whenever it is opened. capture: as `cv2.VideoCapture`, modes: as `modes_of`.

    Pictures are read on a thread of their own, which the driver of a camera that stalls may hold for ten seconds.
    `read` raises InputError where the camera gives nothing more: `engine.live.feeds.steady` opens it again.
    """

    def __init__(
        self,
        name: str,
        size: tuple[int, int] | None = None,
        hz: float | None = None,
        *,
        listed: Callable[[], list[Webcam]] = webcams,
        capture: Callable[[str, int], Any] | None = None,
        modes: Callable[[str], Sequence[Mode]] = modes_of,
    ) -> None:
        self.name = name
        self._size, self._hz, self._listed, self._capture, self._modes = size, hz, listed, capture, modes
        self._number = 0
        self._clock = FeedClock()
        self._ahead: Ahead[tuple[Any, float, float]] | None = None

    def open(self) -> None:
        """Raises InputError where it is not there, or somebody else has it."""
        import cv2

        webcam = find_webcam(self.name, self._listed())
        code = best_code(self._modes(webcam.path), self._size, self._hz)
        opened = (self._capture or cv2.VideoCapture)(webcam.path, cv2.CAP_V4L2)
        if not opened.isOpened():
            raise InputError(f"{self.name} cannot be opened; close the program that uses it.")
        if code is not None:  # before the size: each format has its own
            opened.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*code))
        if self._size is not None:
            opened.set(cv2.CAP_PROP_FRAME_WIDTH, self._size[0])
            opened.set(cv2.CAP_PROP_FRAME_HEIGHT, self._size[1])
        if self._hz is not None:
            opened.set(cv2.CAP_PROP_FPS, self._hz)
        opened.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        self._ahead = Ahead(_taken(opened, self.name), opened.release, self.name)

    def read(self, seconds: float) -> Sequence[PictureFrame]:
        assert self._ahead is not None
        came = self._ahead.take(seconds)
        if came is None:
            return ()
        picture, taken, now = came
        stamp = taken if abs(now - taken) < NEAR_S else None
        at = self._clock.time(stamp, now)
        self._number += 1
        if at is None:
            return ()
        return [PictureFrame(at, now if stamp is None else stamp, picture, self._number - 1)]

    def close(self) -> None:
        if self._ahead is not None:
            self._ahead.stop(CLOSE_S)
        self._ahead = None

    @property
    def counts(self) -> Mapping[str, int | None]:
        return {}


def _taken(opened: Any, name: str) -> Iterator[tuple[Any, float, float]]:
    """Pictures, each with the driver's time of its buffer, on the monotonic clock, and when it was there."""
    import cv2

    while True:
        there, picture = opened.read()
        now = time.perf_counter()
        if not there:
            raise InputError(f"{name} gives no picture; check its cable.")
        yield picture, opened.get(cv2.CAP_PROP_POS_MSEC) / 1000, now
