"""The detectors that are set up on this machine, by name."""

from __future__ import annotations

from engine.detector.detection import Detector
from engine.errors import InputError

NAMES = ("full", "lite", "heavy")


def installed() -> tuple[str, ...]:
    """Names of the detectors that can be opened here."""
    return ()


def open_detector(name: str, threads: int = 1) -> Detector:
    """Open a detector by name, to run on so many threads. Raises InputError where it is not set up."""
    if name not in NAMES:
        raise InputError(f"Detector {name!r} is not known; choose one of {', '.join(NAMES)}.")
    raise InputError(f"Detector {name!r} is not set up here; run: kinestate detector setup --which {name}.")
