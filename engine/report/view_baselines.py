"""The classical answers beside which models of several views stand: triangulation, of four kinds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera
from engine.cameras.rig import CameraRig
from engine.cameras.sight import Sight
from engine.cameras.triangulation import triangulate
from engine.motion.skeleton import H36M_17

Float = NDArray[np.float64]

PICTURE = 1920
"""Pixels of a side, in which triangulation's limits are given."""
NEVER = 1e9
"""Pixels: a Cauchy weight of that width is one."""
GROUPS = tuple(
    tuple((H36M_17.index(f"left {joint}"), H36M_17.index(f"right {joint}")) for joint in limb)
    for limb in (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))
)
"""What a detector exchanges together: arms, and legs."""

Method = Callable[[CameraRig, Float, Float], Float]
"""Cameras, pixels (T, V, J, 2), confidences (T, V, J) -> points (T, J, 3); NaN where nothing is found."""


def rig_of(inputs: Float, fov: Float) -> CameraRig:
    """The cameras in a frame (V, J, 15) of a network's inputs, with square pictures that see fov (V,) radians."""
    return CameraRig(
        tuple(
            Camera(
                f"{view}", row[3:12].reshape(3, 3).astype(float), row[12:].astype(float), (focal, focal),
                (PICTURE / 2, PICTURE / 2), (PICTURE, PICTURE),
            )
            for view, (row, focal) in enumerate(zip(inputs[:, 0], 0.5 * PICTURE / np.tan(fov / 2), strict=True))
        )
    )  # fmt: skip


def linear(rig: CameraRig, pixels: Float, confidences: Float) -> Float:
    """The direct linear transform, weighted by the confidences."""
    frames, views, joints = confidences.shape
    of_view = np.moveaxis(pixels, 1, 0).reshape(views, -1, 2), np.moveaxis(confidences, 1, 0).reshape(views, -1)
    found = Sight.of(tuple(rig), *of_view).linear().T.reshape(frames, joints, 3)
    return np.where(((confidences > 0).sum(1) >= 2)[..., None], found, np.nan)


def plain(rig: CameraRig, pixels: Float, confidences: Float) -> Float:
    """The direct linear transform; a joint counts or does not."""
    return linear(rig, pixels, (confidences > 0).astype(float))


def dropping(rig: CameraRig, pixels: Float, confidences: Float) -> Float:
    """Views that stay far off are dropped."""
    return triangulate(tuple(rig), pixels, confidences, cauchy_px=NEVER).points


def robust(rig: CameraRig, pixels: Float, confidences: Float) -> Float:
    """Cauchy weights after a search for views that exchange left and right."""
    return triangulate(tuple(rig), pixels, confidences, GROUPS).points


ROBUST = "Cauchy and swap search"
METHODS: dict[str, Method] = {
    "DLT": plain,
    "DLT, by confidence": linear,
    "far views dropped": dropping,
    ROBUST: robust,
}


def filled(points: Float) -> Float:
    """Points (T, J, 3) where NaN is the joint's place in the nearest frame that has it, else the person's middle."""
    found = np.asarray(np.isfinite(points).all(-1))
    if not found.any():
        return np.zeros_like(points)
    out = points.copy()
    frames = np.arange(len(points))
    for joint in range(points.shape[1]):
        known = frames[found[:, joint]]
        if len(known):
            nearest = known[np.abs(frames[:, None] - known).argmin(1)]
            out[:, joint] = points[nearest, joint]
    lacking = ~np.isfinite(out).all(-1)
    middle = np.nanmedian(out.reshape(-1, 3), 0)
    out[lacking] = middle
    return out
