"""How each kind of observation stands in the lines of a recording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera
from engine.live.frame import Observed
from engine.motion.skeleton import H36M_17
from engine.observation.keypoints import Keypoints2D
from engine.observation.trackers import HEADSET, TrackerSignals

Float = NDArray[np.float64]
Line = Mapping[str, Any]


class RecordedForm(Protocol):
    @property
    def head(self) -> Line:
        """What the first line says of it."""

    def begin(self, first: Any, /) -> Line:
        """What stays the same in a stream that begins with this frame."""

    def frame(self, seen: Any, /) -> Line:
        """What is seen in one frame."""

    def joined(self, name: str, times: Float, begun: Line, frames: Sequence[Line], /) -> Observed:
        """The observation that was written. Raises KeyError, TypeError and ValueError for what is none."""


class RecordedTrackers:
    @property
    def head(self) -> Line:
        return {"trackers": list(HEADSET)}

    def begin(self, first: TrackerSignals, /) -> Line:
        return {}

    def frame(self, seen: TrackerSignals, /) -> Line:
        rows = {"p": seen.positions, "q": seen.rotations, "valid": seen.valid}
        return {key: value[0].tolist() for key, value in rows.items()}

    def joined(self, name: str, times: Float, begun: Line, frames: Sequence[Line], /) -> TrackerSignals:
        valid = np.array([line["valid"] for line in frames], bool)
        return TrackerSignals(name, times, numbers(frames, "p"), numbers(frames, "q"), valid)


class RecordedKeypoints:
    @property
    def head(self) -> Line:
        return {"keypoints": H36M_17.name}

    def begin(self, first: Keypoints2D, /) -> Line:
        return {"image_size": list(first.image_size), "camera": _plain(first.camera)}

    def frame(self, seen: Keypoints2D, /) -> Line:
        return {"xy": seen.xy[0].tolist(), "confidence": seen.confidence[0].tolist()}

    def joined(self, name: str, times: Float, begun: Line, frames: Sequence[Line], /) -> Keypoints2D:
        width, height = map(int, begun["image_size"])
        xy, confidence = numbers(frames, "xy"), numbers(frames, "confidence")
        return Keypoints2D(name, times, xy, confidence, H36M_17, (width, height), _camera(begun["camera"]))


FORMS: tuple[RecordedForm, ...] = (RecordedTrackers(), RecordedKeypoints())


def form_of(observes: str) -> RecordedForm:
    """By what a model's card calls it. Raises KeyError."""
    return {"trackers": FORMS[0], "keypoints": FORMS[1]}[observes]


def form_in(head: Line) -> RecordedForm:
    """By a recording's first line. Raises ValueError."""
    for form in FORMS:
        if form.head.items() <= head.items():
            return form
    raise ValueError("neither trackers nor keypoints")


def numbers(frames: Sequence[Line], key: str) -> Float:
    """The arrays under a key, frames first. Raises ValueError for what is not finite."""
    found = np.array([line[key] for line in frames], float)
    if not np.isfinite(found).all():
        raise ValueError(key)
    return found


def _plain(camera: Camera | None) -> Line | None:
    if camera is None:
        return None
    arrays = {"rotation": camera.rotation.tolist(), "centre": camera.centre.tolist()}
    same = ("name", "focal", "principal", "image_size", "distortion")
    return arrays | {key: getattr(camera, key) for key in same}


def _camera(plain: Line | None) -> Camera | None:
    if plain is None:
        return None
    rotation, centre = numbers([plain], "rotation")[0], numbers([plain], "centre")[0]
    if rotation.shape != (3, 3) or centre.shape != (3,):
        raise ValueError("camera")
    pairs = {key: tuple(map(float, plain[key])) for key in ("focal", "principal", "distortion")}
    width, height = map(int, plain["image_size"])
    return Camera(str(plain["name"]), rotation, centre, image_size=(width, height), **pairs)  # type: ignore[arg-type]
