"""What is set up of the detector, how large it is, and how fast on this machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from engine.detector.library import SETUP, installed, open_detector
from engine.detector.networks import has_onnxruntime
from engine.detector.published import NAMES, NETWORKS, PERSON, folder

_RUNS = 15
_SIZE = (720, 1280)


def about(*, measure: bool = False) -> dict[str, Any]:
    """Return what `kinestate detector` shows, as JSON; times of one thread in milliseconds if asked for."""
    there = installed()
    return {
        "folder": str(folder()),
        "runs_in": "onnxruntime" if has_onnxruntime() else "opencv",
        "sizes_mb": {name: _megabytes(NETWORKS[name].path) for name in (PERSON, *there) if there},
        "ms": {name: _times(name) for name in there} if measure else {},
    }


def rows_of(found: dict[str, Any]) -> list[tuple[str, str]]:
    """The same as labels and values."""
    engine = found["runs_in"]
    if engine == "opencv":
        engine = "OpenCV (onnxruntime is two to three times as fast: pip install 'kinestate[detector]')"
    rows = [("folder", found["folder"]), ("runs in", engine)]
    for name in NAMES:
        if name not in found["sizes_mb"]:
            rows.append((name, f"not set up: {SETUP} --which {name}"))
            continue
        text = f"{found['sizes_mb'][name]:.1f} MB"
        if times := found["ms"].get(name):
            text += f"; {times['seek']:.1f} ms to seek in a square, {times['follow']:.1f} ms to follow a person"
            text += f" ({1000 / times['follow']:.0f} Hz on one thread)"
        rows.append((name, text))
    return rows


def _times(name: str) -> dict[str, float]:
    """Median milliseconds of a search in a square, and of following one person, in a picture of 1280 x 720."""
    from engine.detector.following import MediaPipeDetector
    from engine.detector.regions import Region

    detector = open_detector(name)
    assert isinstance(detector, MediaPipeDetector)
    picture = np.random.default_rng(0).integers(0, 255, (*_SIZE, 3), dtype=np.uint8)
    square = Region(640, 360, 720)
    return {
        "seek": _median(lambda: detector.person(picture, square)),
        "follow": _median(lambda: detector.pose(picture, square)),
    }


def _median(work: Callable[[], object]) -> float:
    work()
    times = []
    for _ in range(_RUNS):
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def _megabytes(path: Path) -> float:
    return path.stat().st_size / 1e6
