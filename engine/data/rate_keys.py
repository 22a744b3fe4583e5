"""Frame rates under the names that files give them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from engine.data.arrays import number

KEYS = ("mocap_framerate", "mocap_frame_rate", "mocap_fps", "framerate", "frame_rate", "frameRate", "fps")


def stated_rate(path: Path, content: Mapping[Any, Any]) -> tuple[float, str] | None:
    """Return the rate that a table of a file states, in hertz, and its key; None without one. Raises InputError."""
    for key in KEYS:
        if key in content:
            return number(path, key, _plain(content[key])), key
    return None


def _plain(value: Any) -> Any:
    """Return a number that was written as text as a number; anything else as it is."""
    text = value.item() if isinstance(value, np.ndarray) and value.size == 1 else value
    if not isinstance(text, str | bytes) or len(text) > 20:
        return value
    try:
        return float(text)
    except ValueError:
        return value
