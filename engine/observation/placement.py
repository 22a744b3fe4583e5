"""Placement of root-relative poses in the world."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera
from engine.motion.stature import ANKLE_HEIGHT_M
from engine.observation.keypoints import Keypoints2D
from engine.pieces import pieces

Float = NDArray[np.float64]

LEVEL: Float = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""World -> camera axes of a level camera that looks along +Y, at a person who faces it."""


def place_in_world(positions: Float, keypoints: Keypoints2D, truth: Float | None) -> tuple[Float, Float]:
    """Turn (3, 3), on column vectors, and shift (T, 3) metres from camera axes to the world, for poses (T, 17, 3).

    With truth they stand at its pelvis. Without, a calibrated camera tells where the person stands (the place from
    which the joints project onto the keypoints best); an unknown one is taken to be level, and the person kept at
    the origin with the lower foot on the floor.
    """
    camera = keypoints.camera
    turn = (LEVEL if camera is None else camera.rotation).T
    if truth is not None:
        return turn, truth[:, 0] - positions[:, 0] @ turn.T
    if camera is not None:
        return turn, camera.to_world(_before_camera(positions, keypoints, camera))
    ankles = [keypoints.skeleton.index(f"{side} ankle") for side in ("left", "right")]
    lift = ANKLE_HEIGHT_M - (positions[:, ankles] @ turn.T)[..., 2].min(1)
    return turn, lift[:, None] * np.array([0.0, 0.0, 1.0])


class PlacedFrames:
    """`place_in_world` without truth, on frames as they come.

    Before the place is known for the first time it is at the camera: the whole motion's first place is still to come.
    """

    def __init__(self) -> None:
        self._last = np.zeros(3)

    def push(self, positions: Float, keypoints: Keypoints2D) -> tuple[Float, Float]:
        """Turn and shift (1, 3) of one frame, as of the whole motion."""
        camera = keypoints.camera
        if camera is None:
            return place_in_world(positions, keypoints, None)
        place = _places(positions, camera.rays(keypoints.xy), keypoints.confidence)[0]
        self._last = self._last if np.isnan(place).any() else place
        return camera.rotation.T, camera.to_world(self._last[None])


def _before_camera(positions: Float, keypoints: Keypoints2D, camera: Camera) -> Float:
    """`place_before_camera` of the keypoints, a piece of frames after the other."""
    places = np.full((len(positions), 3), np.nan)
    for part in pieces(len(positions)):
        rays = camera.rays(keypoints.xy[part])
        places[part] = _places(positions[part], rays, keypoints.confidence[part])
    return _filled(places)


def place_before_camera(positions: Float, rays: Float, confidence: Float) -> Float:
    """Where the pelvis is, (T, 3) metres in camera axes, so that poses (T, J, 3) meet the rays (T, J, 2) best.

    Weighted linear least squares on x - z·ray_x and y - z·ray_y; where too few joints are seen, the last place
    that was found, and before that the first one; at 0 where there is none.
    """
    return _filled(_places(positions, rays, confidence))


def _places(positions: Float, rays: Float, confidence: Float) -> Float:
    """(T, 3), NaN where too few joints are seen."""
    # Each joint gives two equations  t_x - ray_x t_z = ray_x P_z - P_x  (the same for y).
    rows = np.zeros((*rays.shape[:2], 2, 3))
    rows[..., 0, 0] = rows[..., 1, 1] = 1.0
    rows[..., 2] = -rays
    right = rays * positions[..., 2:] - positions[..., :2]
    rows *= confidence[..., None, None]
    right = right * confidence[..., None]
    a, b = rows.reshape(len(rows), -1, 3), right.reshape(len(right), -1, 1)
    normal = np.swapaxes(a, -1, -2) @ a
    known = np.linalg.eigvalsh(normal)[:, 0] > 1e-6
    root = np.full((len(a), 3), np.nan)
    root[known] = np.linalg.solve(normal[known], np.swapaxes(a[known], -1, -2) @ b[known])[..., 0]
    return root


def _filled(places: Float) -> Float:
    """Each place that is not known as the last one that is."""
    known = ~np.isnan(places[:, 0])
    if not known.any():
        return np.zeros_like(places)
    return places[np.maximum.accumulate(np.where(known, np.arange(len(places)), np.argmax(known)))]
