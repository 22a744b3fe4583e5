"""Frame rates as files have them: under many keys, as a frame time of few digits, in the numbers of frames."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from engine.data.scale import check_rate
from engine.errors import file_error

KEYS = (
    "mocap_framerate", "mocap_frame_rate", "framerate", "frame_rate", "fps", "mocap_fps", "video_fps", "rate",
    "rate_hz", "sampling_rate", "sample_rate", "hz", "frequency",
)  # fmt: skip
"""Where a rate hides, in lower case."""

USUAL_HZ = (30.0, 60.0, 120.0, 25.0, 24.0, 50.0, 100.0, 240.0, 200.0, 90.0, 72.0, 48.0, 75.0, 144.0, 150.0, 180.0,
            250.0, 15.0, 10.0, 20.0, 12.0, 29.97, 59.94, 23.976, 119.88)  # fmt: skip
"""The usual ones, the most usual first."""


@dataclass(frozen=True)
class StatedRate:
    """A rate that a file states, and under which key."""

    key: str
    hz: float


def rate_in(path: Path, content: Mapping[str, Any]) -> StatedRate | None:
    """The rate that a table states under any of `KEYS`, as a number or as text; None where it has none of them.

    Raises InputError for a key whose value is no rate.
    """
    keys = {str(key).lower(): str(key) for key in content}
    key = next((keys[name] for name in KEYS if name in keys), None)
    return None if key is None else StatedRate(key, check_rate(path, _number(path, key, content[key])))


def rate_of_frame_time(seconds: float) -> float:
    """The rate that a frame time of few digits means, Hz: 0.033 s is 30 Hz, 0.0083 s is 120 Hz.

    The usual rate whose period is written so, cut off or rounded; the exact one where there is one.
    """
    digits = -int(Decimal(repr(seconds)).as_tuple().exponent)
    unit = 10.0**-digits
    written = [hz for hz in USUAL_HZ if -1e-9 <= (1 / hz - seconds) / unit < 1 or abs(1 / hz - seconds) <= unit / 2]
    exact = [hz for hz in written if math.isclose(1 / hz, seconds, rel_tol=1e-9)]
    near = [hz for hz in written if abs(hz * seconds - 1) < _NEAR]
    return next(iter((*exact, *near)), 1.0 / seconds)


_NEAR = 0.03  # of the rate: what few digits may be off; with 0.01 s anything could be meant


def frame_step(numbers: Sequence[int]) -> int:
    """The constant step of increasing frame numbers: 5 for 0, 5, 15, 20; 1 for fewer than three."""
    steps = np.diff(np.asarray(numbers, dtype=object))
    return math.gcd(*map(int, steps)) if len(steps) > 1 else 1


def _number(path: Path, key: str, value: Any) -> float:
    array = np.asarray(value) if isinstance(value, int | float | str | bytes | np.generic | np.ndarray) else np.empty(0)
    word = array.item() if array.size == 1 and array.dtype.kind in "iufSU" else None
    word = word.decode("ascii", "replace") if isinstance(word, bytes) else word
    if isinstance(word, str):
        found = re.fullmatch(r"\s*(\d{1,6}(?:\.\d{1,9})?)\s*(?:hz|fps)?\s*", word, re.IGNORECASE)
        word = float(found[1]) if found else None
    if word is None or not math.isfinite(word):
        raise file_error(path, key, "is not a number", "give a complete file")
    return float(word)
