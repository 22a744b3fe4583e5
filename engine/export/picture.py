"""Pictures in memory, (H, W, 3) uint8 RGB, and PNG files."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.writing import save_bytes

for _name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
    os.environ.pop(_name, None)  # OpenCV points Qt at its own plug-ins; the window has better ones

Picture = NDArray[np.uint8]


def save_png(picture: Picture, path: Path) -> None:
    """Write a picture. Raises InputError if the file cannot be written."""
    done, data = cv2.imencode(".png", np.ascontiguousarray(picture[..., ::-1]))
    assert done
    save_bytes(data.tobytes(), path)
