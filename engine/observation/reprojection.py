"""Joints in space as cameras would see them, beside what was seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera
from engine.observation.keypoints import Keypoints2D
from engine.observation.views import MultiViewKeypoints

Float = NDArray[np.float64]


def projected(joints: Float, camera: Camera) -> Float:
    """(..., J, 2) pixels at which a camera would see joints (..., J, 3); NaN behind it."""
    xy, depth = camera.project(joints)
    return np.where(depth[..., None] > 0, xy, np.nan)


def reprojection_px(positions: Float, views: MultiViewKeypoints) -> Float:
    """(V, T, J) pixels between joints (T, J, 3) as each camera would see them and its detections; NaN = not seen."""
    return np.stack(
        [
            _off(projected(positions, camera), views.xy[view, :, 0], views.confidence[view, :, 0])
            for view, camera in enumerate(views.rig)
        ]
    )


def distances(person: Keypoints2D, xy: Float) -> Float:
    """(J,) pixels from keypoints of one frame to joints (J, 2); NaN where they were not seen."""
    return _off(xy, person.xy[0], person.confidence[0])


def nearest_person(people: Sequence[Keypoints2D], xy: Float) -> int | None:
    """The number of whoever is nearest to joints (J, 2), by the median; None where nobody is."""
    off = {k: np.nanmedian(of) for k, person in enumerate(people) if np.isfinite(of := distances(person, xy)).any()}
    return min(off, key=lambda k: float(off[k]), default=None)


def _off(xy: Float, seen: Float, confidence: Float) -> Float:
    return np.where(confidence > 0, np.linalg.norm(xy - seen, axis=-1), np.nan)
