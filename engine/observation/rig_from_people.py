"""Calibration without a target: what a person in the pictures tells of scale, vertical and floor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.cameras.from_points import cameras_from_points, turned_and_scaled
from engine.cameras.pinhole import Camera
from engine.cameras.triangulation import Triangulated
from engine.errors import InputError
from engine.motion.limb_pairs import limb_pairs
from engine.motion.skeleton import H36M_17
from engine.motion.stature import ANKLE_HEIGHT_M, stature

Float = NDArray[np.float64]

TALL = 0.7  # quantile of the distance from ankles to shoulders above which a person stands up
SMOOTHED_S = 0.12  # over which places are averaged before bones are measured, as noise makes them longer
STANCE_M_S = 0.4  # an ankle that is slower stands
FLOOR_SD_M, UPRIGHT_SD = 0.02, 0.08  # how level standing ankles are, and how upright a person is on average (radians)


@dataclass(frozen=True, eq=False)
class RigFromPeople:
    """Cameras in metres with Z up and the floor at 0, and the person (T, 17, 3) in their world.

    error_px   (V,) median reprojection error of each view
    lean_deg   between the person's mean direction and the vertical that was taken
    stance     share of ankles that stood, from which the floor was taken
    """

    cameras: tuple[Camera, ...]
    person: Triangulated
    positions: Float
    error_px: Float
    lean_deg: float
    stance: float


def rig_from_people(
    lenses: Sequence[Camera],
    points: Float,
    confidences: Float,
    lifted: Float,
    times: Float,
    *,
    height_m: float,
    focal_sd: float = 0.0,
) -> RigFromPeople:
    """Calibrate cameras on one person: H36M-17 keypoints (T, V, 17, 2) px with confidences (T, V, 17).

    lifted     (V, T, 17, 3) metres in each camera's axes, as a lifting model gives them
    times      (T,) seconds
    height_m   of the person, which sets the scale
    focal_sd   how well focal lengths are known, a share
    Raises InputError where nobody stands up in the pictures.
    """
    cameras, found = cameras_from_points(lenses, points, confidences, lifted, limb_pairs(H36M_17), focal_sd=focal_sd)
    whole = np.isfinite(found.points).all((1, 2))
    if whole.sum() < 10:
        raise InputError(f"The person is seen whole in {whole.sum()} frames; 10 or more are needed for the scale.")
    steady = _averaged(found.points, max(1, round(SMOOTHED_S / max(float(np.median(np.diff(times))), 1e-6))))
    chain = stature(steady[np.isfinite(steady).all((1, 2))]) - ANKLE_HEIGHT_M
    factor = (height_m - ANKLE_HEIGHT_M) / chain
    positions = factor * found.points
    up = _upright(positions[whole])
    ankles, share = _standing(positions, times)
    vertical = _level(ankles, up)
    turn = _turned_up(vertical)
    floor = float(np.median(ankles @ vertical)) - ANKLE_HEIGHT_M
    rig = turned_and_scaled(cameras, turn, floor, factor)
    return RigFromPeople(
        rig,
        found,
        positions @ turn.T - [0.0, 0.0, floor],
        found.view_errors(),
        float(np.degrees(np.arccos(np.clip(up @ vertical, -1, 1)))),
        share,
    )


def _averaged(points: Float, frames: int) -> Float:
    """Running means over so many frames, where all of them are known."""
    if frames < 2 or len(points) <= frames:
        return points
    sums = np.cumsum(np.concatenate([np.zeros_like(points[:1]), np.nan_to_num(points)]), axis=0)
    mean = (sums[frames:] - sums[:-frames]) / frames
    gaps = np.cumsum(np.r_[0, ~np.isfinite(points).all((1, 2))])
    return np.asarray(mean[gaps[frames:] == gaps[:-frames]])


def _upright(positions: Float) -> Float:
    """(3,) From ankles to shoulders, over the frames in which the person is tallest."""
    index = H36M_17.index
    ankles = (positions[:, index("left ankle")] + positions[:, index("right ankle")]) / 2
    shoulders = (positions[:, index("left shoulder")] + positions[:, index("right shoulder")]) / 2
    trunk = shoulders - ankles
    length = np.linalg.norm(trunk, axis=-1)
    mean = np.median(trunk[length >= np.quantile(length, TALL)], axis=0)
    return np.asarray(mean / np.linalg.norm(mean))


def _standing(positions: Float, times: Float) -> tuple[Float, float]:
    """(N, 3) Ankles while they stand, and which share of all that is."""
    ankles = positions[:, [H36M_17.index("left ankle"), H36M_17.index("right ankle")]]
    gap = max(1, round(0.1 / max(float(np.median(np.diff(times))), 1e-6)))
    speed = np.full(ankles.shape[:2], np.inf)
    if len(ankles) > 2 * gap:
        moved = np.linalg.norm(ankles[2 * gap :] - ankles[: -2 * gap], axis=-1)
        speed[gap:-gap] = moved / (times[2 * gap :] - times[: -2 * gap])[:, None]
    stands = (speed < STANCE_M_S) & np.isfinite(ankles).all(-1)
    if stands.sum() < 5:
        raise InputError("No foot stands still long enough to show the floor; give a take in which somebody stands.")
    return ankles[stands], float(stands.mean())


def _level(points: Float, up: Float) -> Float:
    """(3,) The normal of the plane of points, drawn to `up` where they lie along a line or in a spot.

    Weighted as if points were level to FLOOR_SD_M and people upright to UPRIGHT_SD, with a tenth of the points as
    independent ones.
    """
    basis = np.linalg.svd(up[None])[2][1:]
    centred = points - np.median(points, axis=0)
    for _ in range(3):
        heights = centred @ up
        trust = 1 / (1 + (heights / (2 * FLOOR_SD_M)) ** 2)
        across = centred @ basis.T
        matrix = (across * trust[:, None]).T @ across / FLOOR_SD_M**2 / 10 + np.eye(2) / UPRIGHT_SD**2
        tilt = -np.linalg.solve(matrix, (across * trust[:, None]).T @ heights / FLOOR_SD_M**2 / 10)
        up = up + tilt @ basis
        up = up / np.linalg.norm(up)
        basis = np.linalg.svd(up[None])[2][1:]
    return np.asarray(up)


def _turned_up(vertical: Float) -> Float:
    """(3, 3) The rotation to a world in which `vertical` is Z and the first camera looks along Y."""
    ahead = np.array([0.0, 0.0, 1.0])
    if abs(vertical @ ahead) > 0.95:
        ahead = np.array([0.0, -1.0, 0.0])  # it looks down or up: the picture's top
    y = ahead - (ahead @ vertical) * vertical
    y = y / np.linalg.norm(y)
    return np.stack([np.cross(y, vertical), y, vertical])
