"""The published networks: in which packages they are shipped, and how their files are known.

MediaPipe's pose networks (BlazePose; Bazarevsky et al. 2020, Grishchenko et al. 2022), Apache-2.0, Copyright The
MediaPipe Authors. They are no part of Kinestate: each person's own pip or npm fetches them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.detector.mediapipe import PERSON_OUTPUTS, POSE_OUTPUTS
from engine.paths import user_cache

_FORMAT = 1
"""Of the converted files; a new one is converted again."""
PERSON = "person"
"""The network that finds people, which every other one needs."""


@dataclass(frozen=True)
class Published:
    """A network: the outputs that are kept, and sizes in bytes by SHA-256 of the TFLite files that hold it."""

    name: str
    file: str
    outputs: tuple[str, ...]
    sizes: dict[str, int]

    @property
    def path(self) -> Path:
        """Where it lies as ONNX when it is set up."""
        return folder() / f"{self.name}.onnx"


@dataclass(frozen=True)
class Package:
    """A package of a registry: the networks in it, its size in bytes, and what is wanted of its client."""

    client: str
    name: str
    version: str
    size: int
    holds: tuple[str, ...]


NETWORKS = {
    network.name: network
    for network in (
        Published(
            PERSON,
            "pose_detection.tflite",
            PERSON_OUTPUTS,
            {
                "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c": 2_959_046,
                "a63c614bef30d35947f13be361820b1e4e3bec9cfeebf4d11216a18373108e85": 2_962_288,  # npm's
            },
        ),
        Published(
            "full",
            "pose_landmark_full.tflite",
            POSE_OUTPUTS,
            {"e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f": 6_440_512},
        ),
        Published(
            "lite",
            "pose_landmark_lite.tflite",
            POSE_OUTPUTS,
            {"f17bfbecadb61c3be1baa8b8d851cc6619c870a87167b32848ad20db306b9d61": 2_819_824},
        ),
        Published(
            "heavy",
            "pose_landmark_heavy.tflite",
            POSE_OUTPUTS,
            {"59e42d71bcd44cbdbabc419f0ff76686595fd265419566bd4009ef703ea8e1fe": 27_709_200},
        ),
    )
}

PIP = Package("pip", "mediapipe", "0.10.21", 35_622_638, (PERSON, "full"))
NPM = Package("npm", "@mediapipe/pose", "0.5.1675469404", 40_985_403, (PERSON, "full", "lite", "heavy"))

NAMES = tuple(name for name in NETWORKS if name != PERSON)
"""Of detectors, the one that is meant where none is named first."""


def folder() -> Path:
    """Where the converted networks lie."""
    return user_cache() / "detector" / str(_FORMAT)
