"""What a virtual camera or rig sees of a person, through a detector's errors."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import in_picture
from engine.cameras.rig import CameraRig
from engine.errors import InputError
from engine.motion.clip import MotionClip
from engine.observation.apparent_height import apparent_height
from engine.observation.detector_noise import Errors, Noise, detector_errors
from engine.observation.keypoints import Keypoints2D
from engine.observation.views import MultiViewKeypoints
from engine.observation.virtual_rig import turned

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Seen = TypeVar("Seen", Keypoints2D, MultiViewKeypoints)


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
    tall = focal * apparent_height(height_m, depth[..., 0])
    seen = in_picture(xy, _sizes(rig)) & (depth > 0)
    views = MultiViewKeypoints(
        clip.name, clip.times, xy[:, :, None], seen[:, :, None].astype(float), clip.skeleton, rig, clip.provenance,
        tall[..., None],
    )  # fmt: skip
    if noise is None:
        return views
    return with_errors(views, detector_errors(noise, 1, len(rig), clip.times, rng or np.random.default_rng(0)))


def with_errors(seen: Seen, errors: Errors) -> Seen:
    """What a detector that errs so makes of what one or several cameras see of a person.

    errors: of one recording, of as many views and frames. What one camera finds counts in full, as it does in videos;
    of several its confidence is the detector's. Raises InputError where nobody knows how tall the person is in the
    pictures.
    """
    if seen.tall is None:
        raise InputError(
            f"{seen.name}: these detections have a real detector's errors already; set the detector noise to 0."
        )
    mirror = seen.skeleton.mirror
    if isinstance(seen, Keypoints2D):
        size = np.array(seen.image_size)
        places, found = _erring(seen.xy[None], seen.confidence[None] > 0, seen.tall[None], errors, mirror, size)
        return replace(seen, xy=places[0], confidence=np.where(found & ~errors.missing[0], 1.0, 0.0)[0])
    xy, there = seen.xy[:, :, 0], seen.confidence[:, :, 0] > 0
    places, found = _erring(xy, there, seen.tall[..., 0], errors, mirror, _sizes(seen.rig))
    confidence = np.where(found, errors.confidence[0], 0.0)
    return replace(seen, xy=places[:, :, None], confidence=confidence[:, :, None])


def _erring(
    xy: Float, seen: Bool, tall: Float, errors: Errors, mirror: NDArray[np.intp], sizes: NDArray[np.intp]
) -> tuple[Float, Bool]:
    """Pixels (V, T, J, 2) and which are seen (V, T, J), with one recording's errors; tall (V, T)."""
    crossed = errors.exchanged[0][..., None]
    xy = np.where(crossed[..., None], xy[:, :, mirror], xy) + errors.offset[0] * tall[..., None, None]
    return xy, np.where(crossed, seen[:, :, mirror], seen) & in_picture(xy, sizes)


def _sizes(rig: CameraRig) -> NDArray[np.intp]:
    """(V, 1, 1, 2) of the pictures."""
    return np.array([camera.image_size for camera in rig])[:, None, None]


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
    unit = apparent_height(height_m[:, None, None], depth[..., 0])
    return flat + errors.offset * unit[..., None, None], errors.confidence


def misplaced(rig: CameraRig, view: int, degrees: float, rng: np.random.Generator) -> CameraRig:
    """The rig with one camera turned about an axis of its own: what a calibration says of one that was moved since."""
    cameras = list(rig)
    axes = turned(cameras[view].rotation, np.radians(degrees), rng)
    cameras[view] = replace(cameras[view], rotation=axes)
    return CameraRig(tuple(cameras))
