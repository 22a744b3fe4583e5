"""What a virtual rig sees of a person, through a detector's errors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.cameras.rig import CameraRig
from engine.motion.clip import MotionClip
from engine.observation.detector_noise import Errors, Noise, detector_errors
from engine.observation.views import MultiViewKeypoints
from engine.observation.virtual_rig import turned

Float = NDArray[np.float64]


def seen_by_rig(
    clip: MotionClip,
    rig: CameraRig,
    *,
    height_m: float,
    noise: Noise | None = None,
    rng: np.random.Generator | None = None,
) -> MultiViewKeypoints:
    """One detection a view and frame of an H36M-17 clip; joints beyond a picture or behind a camera are not seen.

    noise: None is a perfect detector; else rng draws its errors, of a person of that height.
    """
    axes, centres = (np.stack([getattr(camera, name) for camera in rig]) for name in ("rotation", "centre"))
    flat, depth = in_views(clip.positions, axes, centres)
    errors = None
    if noise is not None:
        errors = detector_errors(noise, 1, len(rig), clip.times, rng or np.random.default_rng(0))
    flat, confidence = detected(flat[None], depth[None], np.array([height_m]), errors, clip.skeleton.mirror)
    xy = np.stack([camera.pixels(flat[0, view]) for view, camera in enumerate(rig)])
    size = np.array([camera.image_size for camera in rig])[:, None, None]
    inside = ((xy >= 0) & (xy <= size)).all(-1) & (depth > 0)
    confidence = np.where(inside, confidence[0], 0.0)
    return MultiViewKeypoints(
        clip.name, clip.times, xy[:, :, None], confidence[:, :, None], clip.skeleton, rig, clip.provenance
    )


def in_views(points: Float, axes: Float, centres: Float) -> tuple[Float, Float]:
    """World points (..., T, J, 3) in V views -> x/z, y/z (..., V, T, J, 2) and depths (..., V, T, J).

    axes (..., V, 3, 3), centres (..., V, 3). What is behind a camera lands somewhere; its depth is negative.
    """
    relative = points[..., None, :, :, :] - centres[..., None, None, :]
    seen = relative @ np.swapaxes(axes, -1, -2)[..., None, :, :]
    depth = seen[..., 2]
    return seen[..., :2] / np.where(np.abs(depth) < 1e-3, 1e-3, depth)[..., None], depth


def detected(
    flat: Float, depth: Float, height_m: Float, errors: Errors | None, mirror: NDArray[np.intp]
) -> tuple[Float, Float]:
    """What detectors answer for true x/z, y/z (N, V, T, J, 2) of people at depth (N, V, T, J): places, confidences.

    height_m (N,) of the people. An error is a share of the height that the root's depth gives a person in the picture.
    """
    if errors is None:
        return flat, np.ones(depth.shape)
    flat = np.where(errors.exchanged[..., None, None], flat[..., mirror, :], flat)
    unit = height_m[:, None, None] / np.maximum(depth[..., 0], 0.3)
    return flat + errors.offset * unit[..., None, None], errors.confidence


def misplaced(rig: CameraRig, view: int, degrees: float, rng: np.random.Generator) -> CameraRig:
    """The rig with one camera turned about an axis of its own: what a calibration says of one that was moved since."""
    cameras = list(rig)
    axes = turned(cameras[view].rotation, np.radians(degrees), rng)
    cameras[view] = replace(cameras[view], rotation=axes)
    return CameraRig(tuple(cameras))
