"""Where cameras are, from moving points that each of them sees, and of which each has a guess in depth.

The guesses come from lifting, for example. They give a start by Procrustes' method, and bundle adjustment of what was
really seen does the rest. Lengths are those of the guesses until something says better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.cameras.bundle import Prior
from engine.cameras.bundle_frames import adjust_on_frames, evenly
from engine.cameras.pinhole import Camera
from engine.cameras.swaps import Pairs
from engine.cameras.triangulation import Triangulated, triangulate
from engine.errors import InputError

Float = NDArray[np.float64]

WIDTHS_PX = (300.0, 80.0, 20.0)  # of the Cauchy weights: wide while the start is rough
ROBUST_M = 0.15
FREE, FIXED = Prior(3.0, 10.0, 0.0), Prior(0.0, 0.0, 0.0)


def cameras_from_points(
    lenses: Sequence[Camera],
    points: Float,
    confidences: Float,
    guesses: Float,
    groups: Sequence[Pairs] = (),
    *,
    focal_sd: float = 0.0,
) -> tuple[tuple[Camera, ...], Triangulated]:
    """Cameras in the frame of the first one, and the points with them.

    lenses      cameras of which only the lens counts
    points      (T, V, J, 2) px, confidences (T, V, J)
    guesses     (V, T, J, 3) metres, in each camera's axes, wherever their origin is in each frame
    groups      pairs that a detector exchanges, as `triangulate` has them
    focal_sd    how well focal lengths are known, a share; 0 = exactly
    Raises InputError for a view that sees too little.
    """
    seen = (confidences > 0).sum((0, 2))
    if len(lenses) < 2 or (seen < 30).any():
        raise InputError("Calibrating without a target needs two cameras that see a person in several frames.")
    cameras = chained(lenses, points, confidences, guesses)
    chosen = evenly(len(points), confidences.shape[2])
    priors = [replace(FIXED, focal=focal_sd), *[replace(FREE, focal=focal_sd)] * (len(lenses) - 1)]
    for number, width in enumerate(WIDTHS_PX):
        pairs = groups if number else ()
        found = triangulate(cameras, points[chosen], confidences[chosen], pairs, cauchy_px=width, drop_px=1e9)
        pixels, weights = (found.unswapped(values[chosen], pairs) for values in (points, confidences))
        cameras = adjust_on_frames(cameras, pixels, weights, found.points, prior=priors, width_px=width)
    return cameras, triangulate(cameras, points, confidences, groups)


def chained(lenses: Sequence[Camera], points: Float, confidences: Float, guesses: Float) -> tuple[Camera, ...]:
    """The start: rotations by Procrustes' method between the guesses, places by where each view puts them."""
    placed = [
        guess + _roots(lens.rays(np.nan_to_num(points[:, v])), confidences[:, v], guess)[:, None]
        for v, (lens, guess) in enumerate(zip(lenses, guesses, strict=True))
    ]
    cameras = []
    for v, lens in enumerate(lenses):
        both = np.sqrt(np.maximum(confidences[:, 0] * confidences[:, v], 0))
        turn = _turn(_centred(guesses[0], both), _centred(guesses[v], both), both)
        shift = np.median((placed[v] - placed[0] @ turn.T)[both > 0], axis=0)
        cameras.append(replace(lens, rotation=turn, centre=-turn.T @ shift))
    return tuple(cameras)


def _centred(points: Float, weights: Float) -> Float:
    """Each frame's points about their middle."""
    share = weights / np.maximum(weights.sum(-1, keepdims=True), 1e-12)
    return np.asarray(points - (points * share[..., None]).sum(1, keepdims=True))


def _turn(a: Float, b: Float, weights: Float) -> Float:
    """The rotation with the least robust distance of b from rotation @ a (Kabsch, reweighted)."""
    trust = weights
    turn = np.eye(3)
    for _ in range(10):
        u, _, vt = np.linalg.svd(np.einsum("tji,tjk,tj->ik", b, a, trust))
        turn = u @ np.diag([1.0, 1.0, np.linalg.det(u @ vt)]) @ vt
        off = ((b - a @ turn.T) ** 2).sum(-1)
        trust = weights / (1 + off / ROBUST_M**2)
    return np.asarray(turn)


def _roots(rays: Float, weights: Float, guess: Float) -> Float:
    """(T, 3) Where each frame's guess has to be moved to lie on its rays (T, J, 2): least squares."""
    rows = np.zeros((*rays.shape, 3))
    rows[..., 0, 0] = rows[..., 1, 1] = 1
    rows[..., 2] = -rays
    right = rays * guess[..., 2:] - guess[..., :2]
    matrix = np.einsum("tjki,tjkl,tj->til", rows, rows, weights) + 1e-9 * np.eye(3)
    found = np.linalg.solve(matrix, np.einsum("tjki,tjk,tj->ti", rows, right, weights)[..., None])
    return np.asarray(found[..., 0])


def turned_and_scaled(cameras: Sequence[Camera], turn: Float, floor: float, factor: float) -> tuple[Camera, ...]:
    """The rig in another world: x_new = factor * turn @ x, then down by `floor` metres."""
    down = np.array([0.0, 0.0, floor])
    return tuple(
        replace(camera, rotation=camera.rotation @ turn.T, centre=factor * turn @ camera.centre - down)
        for camera in cameras
    )
