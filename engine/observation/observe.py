"""Observations of a recording: a 3D clip through a virtual camera, 2D keypoints as they are."""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera, in_picture
from engine.errors import InputError
from engine.kinds import as_joints
from engine.motion.clip import MotionClip
from engine.motion.pose import Person
from engine.motion.stature import ASSUMED_HEIGHT_M, stature
from engine.motion.stray_frames import find_strays
from engine.observation.apparent_height import apparent_height
from engine.observation.keypoints import Keypoints2D
from engine.observation.recording import Recording
from engine.observation.trial import Height, Trial
from engine.observation.virtual_camera import CAMERA_PRESETS, preset_camera
from engine.pieces import by_pieces

Float = NDArray[np.float64]
Frames = tuple[int, int]
"""First frame and the one after the last."""


@singledispatch
def observe(
    recording: Recording, camera: str | Camera, *, frames: Frames | None = None, height_m: float | None = None
) -> Trial[Keypoints2D]:
    """The H36M-17 recording through a camera: clean keypoints, the truth behind them, the person's height.

    camera  as in `engine.experiment.settings.Viewpoint`; keypoints from a file stay as they are
    Raises InputError for a camera or frames that are not there.
    """
    raise TypeError(type(recording).__name__)


@observe.register
def _(
    recording: Keypoints2D, camera: str | Camera, *, frames: Frames | None = None, height_m: float | None = None
) -> Trial[Keypoints2D]:
    seen = recording.take(_range(recording, frames))
    return Trial(replace(seen, times=seen.times - seen.times[0]), None, _height(height_m, None))


@observe.register
def _(
    recording: MotionClip, camera: str | Camera, *, frames: Frames | None = None, height_m: float | None = None
) -> Trial[Keypoints2D]:
    # A preset's distance and the person's height come from the whole clip but its stray frames, whatever are chosen.
    seen_by = find_camera(recording, camera)
    truth = recording.take(_range(recording, frames))
    height = stature(recording.positions)
    xy, confidence, depth = _projected(seen_by, truth.positions)
    if not confidence.any():
        raise InputError(f"{recording.name}: camera {seen_by.name} sees nothing of this person; choose another one.")
    keypoints = Keypoints2D(
        recording.name,
        truth.times,
        xy,
        confidence,
        truth.skeleton,
        seen_by.image_size,
        seen_by,
        recording.provenance,
        tall=np.mean(seen_by.focal) * apparent_height(height, depth),
    )
    person = Person.always(recording.subject or "truth", as_joints(truth, truth.skeleton))
    return Trial(keypoints, (person,), _height(height_m, height))


def _projected(camera: Camera, positions: Float) -> tuple[Float, Float, Float]:
    """Pixels (T, J, 2), 1 for joints (T, J) that are neither behind the camera nor beside its image, else 0, and the
    root's depth (T,) metres.
    """
    confidence, root = np.empty(positions.shape[:2]), np.empty(len(positions))

    def project(part: slice) -> Float:
        xy, depth = camera.project(positions[part])
        root[part] = depth[:, 0]
        confidence[part] = (depth > 0) & in_picture(xy, camera.image_size)
        return xy

    return by_pieces(project, len(positions)), confidence, root


def find_camera(clip: MotionClip, camera: str | Camera) -> Camera:
    """The camera that a setting means for this clip. Raises InputError."""
    if not isinstance(camera, str):
        return camera
    if camera in CAMERA_PRESETS:
        return preset_camera(camera, steady_positions(clip))
    kind, _, name = camera.partition(":")
    own = [c for c in clip.cameras if name in ("", c.name)] if kind == "file" else []
    if own:
        return own[0]
    theirs = ", ".join(f"file:{c.name}" for c in clip.cameras)
    raise InputError(
        f"{clip.name}: there is no camera {camera!r}; choose one of {', '.join(CAMERA_PRESETS)}"
        f"{', file, ' + theirs if theirs else ' (the clip has none of its own)'}."
    )


def steady_positions(clip: MotionClip) -> Float:
    """The clip's positions (T, J, 3) but its stray frames: what cameras are set up around."""
    steady = find_strays(clip.times, clip.positions).steady
    return clip.positions if steady.all() else clip.positions[steady]


def _height(given: float | None, measured: float | None) -> Height:
    if given is not None:
        return Height(given, "given")
    if measured is not None:
        return Height(measured, "clip skeleton")
    return Height(ASSUMED_HEIGHT_M, "assumed 1.70 m")


def _range(recording: Recording, frames: Frames | None) -> slice:
    first, stop = frames or (0, len(recording))
    if not 0 <= first < min(stop, len(recording)):
        raise InputError(
            f"{recording.name}: frames {first} to {stop} are not in its {len(recording)} frames; choose others."
        )
    return slice(first, min(stop, len(recording)))
