"""The detectors that are set up on this machine, by name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.detector.detection import Detector
from engine.detector.networks import Network, open_network
from engine.detector.published import NAMES, NETWORKS, PERSON, Published
from engine.errors import InputError

if TYPE_CHECKING:
    from engine.detector.mediapipe import PersonFinder

SETUP = "kinestate detector setup"
"""The command that sets the published ones up."""


def installed() -> tuple[str, ...]:
    """Names of the published detectors that can be opened here, the usual one first."""
    if not NETWORKS[PERSON].path.is_file():
        return ()
    return tuple(name for name in NAMES if NETWORKS[name].path.is_file())


def open_detector(name: str, threads: int = 1) -> Detector:
    """Open a detector to run on so many threads: "full", "lite", "heavy", or a person's own ONNX file.

    Raises InputError with the remedy where it is not set up, and where a file is none that is known.
    """
    if Path(name).suffix.lower() == ".onnx":
        from engine.detector.own.layout import recognise
        from engine.detector.own.opening import open_own
        from engine.detector.own.signature import read_signature

        signature = read_signature(Path(name))
        layout = recognise(signature)
        return open_own(signature, layout, None if layout.finds_people else _person_finder(threads), threads)
    if name not in NAMES:
        raise InputError(f"Detector {name!r} is not known; choose {', '.join(NAMES)}, or give an .onnx file.")
    from engine.detector.following import MediaPipeDetector
    from engine.detector.mediapipe import PoseFinder

    person = _person_finder(threads)
    return MediaPipeDetector(name, person, PoseFinder(_network(NETWORKS[name], threads)))


def _person_finder(threads: int) -> PersonFinder:
    from engine.detector.mediapipe import PersonFinder

    return PersonFinder(_network(NETWORKS[PERSON], threads))


def _network(published: Published, threads: int) -> Network:
    """Open a published network. Raises InputError where it is not set up, or damaged."""
    path = published.path
    if not path.is_file():
        which = "" if published.name == PERSON else f" --which {published.name}"
        raise InputError(f"The detector's {published.name} network is not set up here; run: {SETUP}{which}.")
    try:
        return open_network(path, path.read_bytes(), published.outputs, threads)
    except (InputError, OSError) as error:
        said = f"The detector's {published.name} network is damaged; delete {path} and run: {SETUP}."
        raise InputError(said, detail=str(error)) from None


def chosen(text: str) -> Sequence[str]:
    """Names of published detectors, separated by commas. Raises InputError."""
    names = [part.strip() for part in text.split(",") if part.strip()]
    unknown = [name for name in names if name not in NAMES]
    if unknown or not names:
        raise InputError(f"Detector {', '.join(unknown) or text!r} is not known; choose from {', '.join(NAMES)}.")
    return names
