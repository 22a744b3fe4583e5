"""What a virtual rig sees of a person, through a detector's errors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.cameras.rig import CameraRig
from engine.errors import InputError
from engine.motion.clip import MotionClip
from engine.observation.detector_noise import Errors, Noise, detector_errors
from engine.observation.views import MultiViewKeypoints
from engine.observation.virtual_rig import turned

Float = NDArray[np.float64]

NEAREST_M = 0.3
"""Of a person to a camera: nobody is larger in the picture."""


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
    xy = np.stack([camera.pixels(flat[view]) for view, camera in enumerate(rig)])
    focal = np.array([np.mean(camera.focal) for camera in rig])[:, None]
    tall = focal * height_m / np.maximum(depth[..., 0], NEAREST_M)
    seen = _inside(xy, rig) & (depth > 0)
    views = MultiViewKeypoints(
        clip.name, clip.times, xy[:, :, None], seen[:, :, None].astype(float), clip.skeleton, rig, clip.provenance,
        tall[..., None],
    )  # fmt: skip
    if noise is None:
        return views
    return with_errors(views, detector_errors(noise, 1, len(rig), clip.times, rng or np.random.default_rng(0)))


def with_errors(views: MultiViewKeypoints, errors: Errors) -> MultiViewKeypoints:
    """What a detector that errs so makes of what one person's views show: errors of one recording, of as many frames.

    Raises InputError for views of which nobody knows how tall the person is in them.
    """
    if views.tall is None:
        raise InputError(
            f"{views.name}: these detections have a real detector's errors already; set the detector noise to 0."
        )
    crossed = errors.exchanged[0][..., None]
    xy, seen = views.xy[:, :, 0], views.confidence[:, :, 0] > 0
    mirror = views.skeleton.mirror
    xy = np.where(crossed[..., None], xy[:, :, mirror], xy) + errors.offset[0] * views.tall[..., None]
    seen = np.where(crossed, seen[:, :, mirror], seen) & _inside(xy, views.rig)
    confidence = np.where(seen, errors.confidence[0], 0.0)
    return replace(views, xy=xy[:, :, None], confidence=confidence[:, :, None])


def _inside(xy: Float, rig: CameraRig) -> NDArray[np.bool_]:
    """(V, T, J) whether pixels (V, T, J, 2) lie in the pictures."""
    size = np.array([camera.image_size for camera in rig])[:, None, None]
    return np.asarray(((xy >= 0) & (xy <= size)).all(-1))


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
    unit = height_m[:, None, None] / np.maximum(depth[..., 0], NEAREST_M)
    return flat + errors.offset * unit[..., None, None], errors.confidence


def misplaced(rig: CameraRig, view: int, degrees: float, rng: np.random.Generator) -> CameraRig:
    """The rig with one camera turned about an axis of its own: what a calibration says of one that was moved since."""
    cameras = list(rig)
    axes = turned(cameras[view].rotation, np.radians(degrees), rng)
    cameras[view] = replace(cameras[view], rotation=axes)
    return CameraRig(tuple(cameras))
