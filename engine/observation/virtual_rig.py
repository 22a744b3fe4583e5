"""Virtual rigs: several calibrated cameras around a person, as people set them up, never twice the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera
from engine.cameras.rig import CameraRig
from engine.cameras.rotation_vectors import matrix_of

Float = NDArray[np.float64]

Arrangement = Literal["ring", "half ring", "ceiling corners", "random"]
ARRANGEMENTS: tuple[Arrangement, ...] = get_args(Arrangement)

AIMED_AT_M = 0.95
"""The height at which cameras are aimed."""
ROLL = 0.1
"""Cameras are tilted sideways by up to that much, radians."""
PICTURE = (1080, 1080)


class Rigs(NamedTuple):
    """N rigs of V cameras with square pictures.

    axes (N, V, 3, 3) world -> camera; centres (N, V, 3) metres; fov (N, V) radians
    """

    axes: Float
    centres: Float
    fov: Float


def random_rigs(
    count: int, views: int, rng: np.random.Generator, arrangement: Arrangement | None = None, *, room_m: float = 0.0
) -> Rigs:
    """Rigs around a person who stands near the origin, whose feet are at height 0.

    arrangement: None draws one for each rig. room_m: how far the person strays; cameras stand so much farther away.
    Two cameras are 36 to 144 degrees apart, but for "random" ones; corners are neighbours.
    """
    drawn = rng.integers(len(ARRANGEMENTS), size=(count, 1))
    kind = drawn if arrangement is None else np.full((count, 1), ARRANGEMENTS.index(arrangement))
    shape = (count, views)
    half, corners, anywhere = (kind == k for k in (1, 2, 3))
    step = np.where(half, np.pi / views, 2 * np.pi / views)
    step = np.where(corners & (views <= 4), np.pi / 2, step) if views > 2 else np.full((count, 1), np.pi / 2)
    jitter = np.where(anywhere, 0.45, 0.3) * rng.uniform(-1, 1, shape)
    azimuth = rng.uniform(-np.pi, np.pi, (count, 1)) + step * (np.arange(views) + jitter)
    distance = room_m + np.where(anywhere, rng.uniform(2.2, 8, shape), rng.uniform(2.5, 6, shape))
    height = np.where(corners, rng.uniform(2.3, 3.2, shape), rng.uniform(0.5, 3, shape))
    centres = np.stack([distance * np.cos(azimuth), distance * np.sin(azimuth), height], -1)
    target = [0, 0, AIMED_AT_M] + rng.uniform(-0.3, 0.3, (*shape, 3))
    axes = _axes(centres, target, rng.uniform(-ROLL, ROLL, shape))
    return Rigs(axes, centres, np.radians(rng.uniform(40, 80, shape)))


def virtual_rig(positions: Float, views: int, arrangement: Arrangement = "ring", *, seed: int = 0) -> CameraRig:
    """A rig around the path of a motion (T, J, 3), metres, whose first joint is the root."""
    path = positions[:, 0, :2]
    middle = (path.min(0) + path.max(0)) / 2
    room = float(np.linalg.norm(path - middle, axis=-1).max())
    rigs = random_rigs(1, views, np.random.default_rng(seed), arrangement, room_m=room)
    centres = rigs.centres[0] + [*middle, positions[..., 2].min()]
    width, height = PICTURE
    focal = 0.5 * width / np.tan(rigs.fov[0] / 2)
    return CameraRig(
        tuple(
            Camera(
                f"camera {view + 1}", rigs.axes[0, view], centres[view], (focal[view], focal[view]),
                (width / 2, height / 2), PICTURE,
            )
            for view in range(views)
        )
    )  # fmt: skip


def turned(axes: Float, radians: Float | float, rng: np.random.Generator) -> Float:
    """Axes (..., 3, 3) turned by an angle about axes of their own, drawn at random: cameras that were moved."""
    about = rng.standard_normal((*axes.shape[:-2], 3))
    about /= np.linalg.norm(about, axis=-1, keepdims=True)
    return np.asarray(matrix_of(about * np.asarray(radians)[..., None]) @ axes)


def turned_level(camera: Camera, degrees: float) -> Camera:
    """A camera turned to its left, about the vertical through it."""
    upright = np.array([0.0, 0.0, -np.radians(degrees)])
    return replace(camera, rotation=camera.rotation @ matrix_of(upright))


def _axes(eye: Float, target: Float, roll: Float) -> Float:
    """(..., 3, 3) world -> camera on column vectors, of cameras at eye aimed at target, turned about their view."""
    forward = target - eye
    forward /= np.linalg.norm(forward, axis=-1, keepdims=True)
    right = np.stack([forward[..., 1], -forward[..., 0], 0 * forward[..., 0]], -1)
    right /= np.linalg.norm(right, axis=-1, keepdims=True)
    down = np.cross(forward, right)
    c, s = np.cos(roll)[..., None], np.sin(roll)[..., None]
    return np.stack([c * right + s * down, c * down - s * right, forward], -2)
