"""How each kind of observation stands in the lines of a recording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Protocol

import numpy as np

from engine.cameras.rig import CameraRig
from engine.data.camera_json import camera_to_json
from engine.data.formats.live_recording import CAMERAS, HEAD, VIEWS_HEAD, Part, keypoints_of, numbers, times_of
from engine.data.formats.live_views import views_of
from engine.live.frame import Observed
from engine.observation.keypoints import Keypoints2D
from engine.observation.mount import Mount
from engine.observation.trackers import HEADSET, TrackerSignals
from engine.observation.views import MultiViewKeypoints

Line = Mapping[str, Any]
NUMBERS = ("pitch_deg", "roll_deg", "height_m")
"""Of a mount."""


class RecordedForm(Protocol):
    @property
    def head(self) -> Line:
        """What the first line says of it."""

    def begin(self, first: Any, mount: Mount, /) -> Line:
        """What stays the same in a stream that begins with this frame."""

    def frame(self, seen: Any, /) -> Line:
        """What is seen in one frame."""

    def joined(self, name: str, part: Part, /) -> Observed:
        """The observation that was written. Raises `engine.data.formats.live_recording.WRONG` for what is none."""


class RecordedTrackers:
    @property
    def head(self) -> Line:
        return {"trackers": list(HEADSET)}

    def begin(self, first: TrackerSignals, mount: Mount, /) -> Line:
        return {}

    def frame(self, seen: TrackerSignals, /) -> Line:
        rows = {"p": seen.positions, "q": seen.rotations, "valid": seen.valid}
        return {key: value[0].tolist() for key, value in rows.items()}

    def joined(self, name: str, part: Part, /) -> TrackerSignals:
        frames = part.frames
        valid = np.array([line["valid"] for line in frames], bool)
        return TrackerSignals(name, times_of(frames), numbers(frames, "p"), numbers(frames, "q"), valid)


class RecordedKeypoints:
    @property
    def head(self) -> Line:
        return HEAD

    def begin(self, first: Keypoints2D, mount: Mount, /) -> Line:
        stands = {"mount": asdict(mount)} if first.camera is None else {}
        camera = None if first.camera is None else camera_to_json(first.camera)
        return {"image_size": list(first.image_size), "camera": camera, **stands}

    def frame(self, seen: Keypoints2D, /) -> Line:
        return {"xy": seen.xy[0].tolist(), "confidence": seen.confidence[0].tolist()}

    def joined(self, name: str, part: Part, /) -> Keypoints2D:
        return keypoints_of(name, part)


class RecordedViews:
    """Of one file: the cameras stand in the line of a stream, and in that of a frame from which on they are others."""

    def __init__(self) -> None:
        self._rig: CameraRig | None = None
        self._cameras: list[dict[str, Any]] = []

    @property
    def head(self) -> Line:
        return VIEWS_HEAD

    def begin(self, first: MultiViewKeypoints, mount: Mount, /) -> Line:
        self._take(first.rig)
        return {CAMERAS: self._cameras}

    def frame(self, seen: MultiViewKeypoints, /) -> Line:
        rows = {"xy": seen.xy, "confidence": seen.confidence}
        others = {CAMERAS: self._cameras} if self._take(seen.rig) else {}
        return {**{key: value[:, 0, 0].tolist() for key, value in rows.items()}, **others}

    def joined(self, name: str, part: Part, /) -> MultiViewKeypoints:
        return views_of(name, part)

    def _take(self, rig: CameraRig) -> bool:
        """Whether these are other cameras than those before."""
        if rig is self._rig:
            return False
        before, self._rig, self._cameras = self._cameras, rig, [camera_to_json(camera) for camera in rig]
        return self._cameras != before


TRACKERS, KEYPOINTS = RecordedTrackers(), RecordedKeypoints()


def mount_in(begun: Line) -> Mount:
    """Of the line with which a stream begins. Raises `engine.data.formats.live_recording.WRONG`."""
    plain = begun.get("mount") or {}
    numbers_ = {name: None if plain[name] is None else float(plain[name]) for name in NUMBERS if name in plain}
    return Mount(**numbers_, foot_lock=bool(plain.get("foot_lock", False)))


def form_of(observes: str) -> RecordedForm:
    """By what a model's card calls it."""
    forms: Mapping[str, RecordedForm] = {"keypoints": KEYPOINTS, "views": RecordedViews()}
    return forms.get(observes, TRACKERS)


def form_in(head: Line) -> RecordedForm:
    """By a recording's first line. Raises ValueError."""
    forms: tuple[RecordedForm, ...] = (TRACKERS, KEYPOINTS, RecordedViews())
    for form in forms:
        if form.head.items() <= head.items():
            return form
    raise ValueError("neither trackers, keypoints nor views")
