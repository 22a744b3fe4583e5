"""How much recordings hold and how much room is left, asked off the GUI's thread: a drive may be slow. No Qt."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

ASKED_S = 1.0


class Written:
    """Asks every second, from now until `stop`, and once more then.

    sizes  bytes of each file; 0 where it is not there
    left   bytes of room in the folder of the first; None before it is known
    seconds since it began, until it was stopped
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self.files = tuple(files)
        self.sizes = (0,) * len(self.files)
        self.left: int | None = None
        self._begun, self._ended = time.monotonic(), float("inf")
        self._stop = threading.Event()
        if self.files:
            threading.Thread(target=self._ask_on, name="kinestate-written", daemon=True).start()

    @property
    def seconds(self) -> float:
        return min(time.monotonic(), self._ended) - self._begun

    def stop(self) -> None:
        self._ended = min(time.monotonic(), self._ended)
        self._stop.set()

    def _ask_on(self) -> None:
        self._ask()
        while not self._stop.wait(ASKED_S):
            self._ask()
        self._ask()

    def _ask(self) -> None:
        with suppress(OSError):
            self.left = shutil.disk_usage(self.files[0].parent).free
        self.sizes = tuple(_size(file) for file in self.files)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
