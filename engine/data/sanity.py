"""One check that what a reader returns can be: finite, in the size of people and cameras, on a clock that runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera
from engine.errors import InputError, file_error
from engine.motion.clip import MotionClip
from engine.observation.keypoints import Keypoints2D
from engine.observation.recording import Recording

Float = NDArray[np.float64]

EXTENT_M = (0.01, 1000.0)  # between a person's outermost joints, over the frames' median: a wrong unit is meant
LARGEST_M = 1e6
LARGEST_PIXEL = 1e6
STEP_S = (1e-7, 1e6)  # between two frames
IMAGE = (1, 100_000)  # pixels of a picture's side
FOCAL = (1e-2, 1e7)  # pixels
LARGEST_COEFFICIENT = 1e6  # of a lens

_REPAIR = "repair the file or export it again"
Fail = Callable[[str, str, str], InputError]


def check_recording(path: Path, recording: Recording) -> None:
    """Raise InputError, naming the field, for a recording that cannot be."""

    def fail(field: str, problem: str, remedy: str = _REPAIR) -> InputError:
        return file_error(path, field, problem, remedy)

    _check_times(recording.times, fail)
    _check_places(recording, fail)


def _check_times(times: Float, fail: Fail) -> None:
    if times.ndim != 1 or len(times) == 0:
        raise fail("the recording", "holds no frame", "give a file with motion in it")
    if not np.isfinite(times).all():
        raise fail("times", "are not all finite", _REPAIR)
    steps = np.diff(times)
    wrong = ~((steps >= STEP_S[0]) & (steps <= STEP_S[1]))
    if wrong.any():
        k = int(np.argmax(wrong))
        raise fail("times", f"go from {times[k]:g} to {times[k + 1]:g} s after frame {k}", _REPAIR)


@singledispatch
def _check_places(recording: Recording, fail: Fail) -> None:
    """Check what only recordings of this kind have."""
    raise TypeError(f"{type(recording).__name__} is no recording")


@_check_places.register
def _(clip: MotionClip, fail: Fail) -> None:
    _check_finite(clip.positions, LARGEST_M, "a position", fail)
    for name, array in (("rotation", clip.rotations), ("offset", clip.offsets)):
        if array is not None:
            _check_finite(array, LARGEST_M, f"a{'n' if name[0] == 'o' else ''} {name}", fail)
    extent = float(np.median(np.linalg.norm(np.ptp(clip.positions, axis=1), axis=-1)))
    if not EXTENT_M[0] <= extent <= EXTENT_M[1]:
        raise fail("the person", f"is {extent:.3g} m from end to end", "give the unit of length, or repair the file")
    for camera in clip.cameras:
        _check_camera(camera, fail)


@_check_places.register
def _(seen: Keypoints2D, fail: Fail) -> None:
    _check_finite(seen.xy, LARGEST_PIXEL, "a pixel", fail)
    if not ((seen.confidence >= 0) & (seen.confidence <= 1)).all():
        raise fail("confidence", "is not between 0 and 1", _REPAIR)
    _check_image(seen.image_size, fail)
    spread = max(
        (
            float(np.ptp(xy[c > 0], axis=0).max())
            for xy, c in zip(seen.xy, seen.confidence, strict=True)
            if (c > 0).any()
        ),
        default=0.0,
    )
    if spread <= 0:
        raise fail("keypoints", "show nobody, or all joints in one point", "give a file with keypoints of a person")
    if seen.camera is not None:
        _check_camera(seen.camera, fail)


def _check_finite(values: Float, largest: float, what: str, fail: Fail) -> None:
    wrong = ~(np.abs(values) <= largest)  # true for NaN
    if wrong.any():
        place = np.argwhere(wrong)[0]
        raise fail(f"frame {place[0]}", f"has {values[tuple(place)]:g} as {what}", "repair the file or cut that frame")


def _check_camera(camera: Camera, fail: Fail) -> None:
    name = f"camera {camera.name[:40]!r}"
    if not all(FOCAL[0] <= f <= FOCAL[1] for f in camera.focal):
        raise fail(name, f"has the focal length {camera.focal[0]:g} x {camera.focal[1]:g} pixels", _REPAIR)
    if not all(abs(c) <= LARGEST_PIXEL for c in camera.principal):
        raise fail(name, "has its principal point beyond any picture", _REPAIR)
    if not all(abs(k) <= LARGEST_COEFFICIENT for k in camera.distortion):
        raise fail(name, "has gigantic lens coefficients", _REPAIR)
    if not (np.abs(camera.centre) <= LARGEST_M).all():
        raise fail(name, "stands beyond any place", _REPAIR)
    if not np.allclose(camera.rotation @ camera.rotation.T, np.eye(3), atol=1e-2):
        raise fail(name, "has a rotation that is none", _REPAIR)
    _check_image(camera.image_size, fail)


def _check_image(size: tuple[int, int], fail: Fail) -> None:
    if not all(IMAGE[0] <= side <= IMAGE[1] for side in size):
        raise fail("the picture", f"has {size[0]} x {size[1]} pixels", "give its size")
