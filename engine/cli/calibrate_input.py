"""Keypoints of several cameras, as the commands for calibration get them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera
from engine.errors import InputError, file_error
from engine.observation.keypoints import Keypoints2D

Float = NDArray[np.float64]


def views_of(
    paths: Sequence[Path], rate_hz: float | None, cameras: Sequence[Camera] | None = None
) -> list[Keypoints2D]:
    """H36M-17 keypoints of each camera; pictures whose size no file says have that of the camera.

    Raises InputError for what holds no keypoints, for rates that differ, and for another number of cameras.
    """
    from engine.data.registry import open_motion
    from engine.observation.recording import as_h36m17

    if cameras is not None and len(cameras) != len(paths):
        raise InputError(f"The calibration has {len(cameras)} cameras; give as many keypoints, not {len(paths)}.")
    found = []
    for number, path in enumerate(paths):
        recording = open_motion(path, rate_hz=rate_hz)
        if cameras is not None and any(text.startswith("picture ") for text in recording.provenance.assumed):
            width, height = cameras[number].image_size
            recording = open_motion(path, rate_hz=rate_hz, unit=f"{width}x{height}")
        recording = as_h36m17(recording)
        if not isinstance(recording, Keypoints2D):
            raise file_error(path, "file", "holds a 3D clip", "give 2D keypoints, a file for each camera")
        found.append(recording)
    gaps = [float(np.median(np.diff(view.times))) if len(view) > 1 else 0.0 for view in found]
    if max(gaps) > 1.01 * min(gaps):
        rates = ", ".join(f"{1 / gap:.3g}" if gap else "?" for gap in gaps)
        raise InputError(f"The cameras' frame rates differ ({rates} Hz); give --rate-hz, or keypoints of one rate.")
    return found


def stacked(views: Sequence[Keypoints2D]) -> tuple[Float, Float]:
    """(T, V, J, 2) pixels and (T, V, J) confidences of as many frames as all views have."""
    frames = min(map(len, views))
    xy = np.stack([view.xy[:frames] for view in views], 1)
    return xy, np.stack([view.confidence[:frames] for view in views], 1)


def lifted(model: str, view: Keypoints2D, camera: Camera, height_m: float) -> Float:
    """(T, 17, 3) metres in the camera's axes. Raises InputError for a model that does not lift."""
    from dataclasses import replace

    from engine.experiment.pipeline import predict
    from engine.experiment.rate import RatePolicy
    from engine.models.loading import load_model
    from engine.motion.pose import Joints
    from engine.observation.trial import Context

    loaded = load_model(model)
    found = predict(loaded, replace(view, camera=camera), RatePolicy(), Context(height_m, camera)).prediction
    if not isinstance(found, Joints) or found.frame != "camera":
        raise InputError(f"{model} lifts no keypoints to joints; choose hummuss_small or another lifting model.")
    return found.positions
