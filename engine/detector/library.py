"""The detectors that are set up on this machine, by name."""

from __future__ import annotations

from collections.abc import Sequence

from engine.detector.detection import Detector
from engine.detector.networks import Network, open_network
from engine.detector.published import NAMES, NETWORKS, PERSON, Published
from engine.errors import InputError

SETUP = "kinestate detector setup"
"""The command that sets the published ones up."""


def installed() -> tuple[str, ...]:
    """Names of the published detectors that can be opened here, the usual one first."""
    if not NETWORKS[PERSON].path.is_file():
        return ()
    return tuple(name for name in NAMES if NETWORKS[name].path.is_file())


def open_detector(name: str, threads: int = 1) -> Detector:
    """Open a detector to run on so many threads: "full", "lite" or "heavy".

    Raises InputError with the remedy where it is not set up.
    """
    if name not in NAMES:
        raise InputError(f"Detector {name!r} is not known; choose {', '.join(NAMES)}.")
    from engine.detector.following import MediaPipeDetector
    from engine.detector.mediapipe import PersonFinder, PoseFinder

    if name not in installed():
        raise InputError(f"Detector {name!r} is not set up here; run: {SETUP} --which {name}.")
    person, pose = (_network(NETWORKS[which], threads) for which in (PERSON, name))
    return MediaPipeDetector(name, PersonFinder(person), PoseFinder(pose))


def _network(published: Published, threads: int) -> Network:
    try:
        return open_network(published.path, published.path.read_bytes(), published.outputs, threads)
    except (InputError, OSError) as error:
        raise InputError(
            f"Detector {published.name!r} is damaged; delete {published.path} and run: {SETUP}.", detail=str(error)
        ) from None


def chosen(text: str) -> Sequence[str]:
    """Names of published detectors, separated by commas. Raises InputError."""
    names = [part.strip() for part in text.split(",") if part.strip()]
    unknown = [name for name in names if name not in NAMES]
    if unknown or not names:
        raise InputError(f"Detector {', '.join(unknown) or text!r} is not known; choose of {', '.join(NAMES)}.")
    return names
