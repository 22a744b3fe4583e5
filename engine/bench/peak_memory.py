"""Peak memory of a piece of work, as the operating system sees it (Linux)."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class PeakMemory:
    """Watches this process from its construction on."""

    def __init__(self) -> None:
        self._start: int | None = None
        if not sys.platform.startswith("linux"):
            return
        try:
            ctypes.CDLL(None).malloc_trim(0)  # memory that was freed but kept back would hide what is taken from it
            RESET.write_text("5")
            self._start = _field("VmRSS")
        except (OSError, AttributeError):  # another C library, or a kernel that does not allow it
            pass

    def growth(self) -> int | None:
        """Bytes between the start and the highest point since; None where the system cannot say."""
        return None if self._start is None else max(0, _field("VmHWM") - self._start)


def _field(name: str) -> int:
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(f"{name}:"))
    return 1024 * int(line.split()[1])
