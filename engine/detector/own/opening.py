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
        if not all(_fits(answer, number, self._layout) for number, answer in enumerate(answers)):
            shapes = ", ".join(str(answer.shape) for answer in answers)
            raise file_error(self._path, "answer", f"has other shapes than it says ({shapes})", "export it again")
        return answers


def _fits(answer: NDArray[Any], number: int, layout: Layout) -> bool:
    """Whether one answer has the axes that its layout has."""
    if answer.dtype.kind != "f" or not answer.ndim or len(answer) != 1:
        return False
    points = layout.points
    match layout.kind:
        case "RTMPose (SimCC)":
            return answer.ndim == 3 and answer.shape[1] == points and answer.shape[2] > 0
        case "RTMO":
            return answer.ndim == 3 and answer.shape[2] == 5 if number == 0 else answer.shape[2:] == (points, 3)
        case "YOLO-pose":
            return answer.ndim == 3 and answer.shape[1] == 5 + 3 * points
        case _:
            return answer.ndim == 3 and answer.shape[2] == 6 + 3 * points


_DECODERS: dict[str, Decode] = {
    "RTMO": lambda answers: rtmo(answers[0][0], answers[1][0]),
    "YOLO-pose": lambda answers: yolo(answers[0][0].T),
    "YOLO-pose, one box each": lambda answers: yolo_one_each(answers[0][0]),
}
