"""Own files opened as detectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.detector.detection import Detector
from engine.detector.mediapipe import PersonFinder
from engine.detector.networks import Network, open_network
from engine.detector.own.decoding import rtmo, yolo, yolo_one_each
from engine.detector.own.everybody import Decode, EverybodyDetector
from engine.detector.own.layout import Layout
from engine.detector.own.one_person import OnePersonDetector
from engine.detector.own.signature import Signature
from engine.errors import file_error


def open_own(signature: Signature, layout: Layout, person: PersonFinder | None, threads: int = 1) -> Detector:
    """Open an own file whose layout was recognised, after a trial on an empty picture.

    person  finds people for a network that looks at one of them; None for others
    Raises InputError where the file cannot be run, or does not answer what it says.
    """
    path = signature.path
    opened = open_network(path, signature.data, layout.outputs, threads, published=False)
    network = _Checked(path, layout, opened)
    network(np.zeros((1, 3, layout.height, layout.width), np.float32))
    if person is not None:
        return OnePersonDetector(path.name, layout, network, person)
    return EverybodyDetector(path.name, layout, network, _DECODERS[layout.kind])


class _Checked:
    """A network whose answers have the shapes that its layout says."""

    def __init__(self, path: Path, layout: Layout, network: Network) -> None:
        self._path, self._layout, self._network = path, layout, network

    def __call__(self, values: NDArray[np.float32]) -> list[NDArray[Any]]:
        answers = self._network(values)
        if not _fit(answers, self._layout):
            shapes = ", ".join(str(answer.shape) for answer in answers)
            raise file_error(self._path, "answer", f"has other shapes than it says ({shapes})", "export it again")
        return answers


def _fit(answers: list[NDArray[Any]], layout: Layout) -> bool:
    """Whether the answers, of one picture, have the axes of their layout."""
    if not all(answer.dtype.kind == "f" and answer.ndim >= 3 and len(answer) == 1 for answer in answers):
        return False
    points, first, last = layout.points, answers[0].shape[1:], answers[-1].shape[1:]
    match layout.kind:
        case "RTMPose (SimCC)":
            return len(first) == len(last) == 2 and first[0] == last[0] == points and min(first[1], last[1]) > 0
        case "RTMO":
            return first == (first[0], 5) and last == (first[0], points, 3)
        case "YOLO-pose":
            return len(first) == 2 and first[0] == 5 + 3 * points
        case _:
            return len(first) == 2 and first[1] == 6 + 3 * points


_DECODERS: dict[str, Decode] = {
    "RTMO": lambda answers: rtmo(answers[0][0], answers[1][0]),
    "YOLO-pose": lambda answers: yolo(answers[0][0].T),
    "YOLO-pose, one box each": lambda answers: yolo_one_each(answers[0][0]),
}
