"""One beginning for several sources that play something."""

from __future__ import annotations

from time import perf_counter

LEAD_S = 1.0


class Beginning:
    """Gives whoever asks the same moment of `time.perf_counter`: some time after the first one asked."""

    def __init__(self, lead_s: float = LEAD_S) -> None:
        self._lead_s = lead_s
        self._at: float | None = None

    def __call__(self) -> float:
        if self._at is None:
            self._at = perf_counter() + self._lead_s
        return self._at
