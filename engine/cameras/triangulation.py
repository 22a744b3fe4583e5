"""Triangulation: points in space from what several cameras see.

A direct linear transform, weighted by confidence, is the start. Left and right are set right where views
contradict each other, Cauchy weights lessen what is off, and views that stay far off are dropped.
`triangulation_plain` is the reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera
from engine.cameras.sight import Sight, cauchy_cost
from engine.cameras.swaps import Pairs, exchanged, swapped_views

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

LONG_SIDE = 1920  # pixels of the picture in which the limits are given; other sizes are scaled
CAUCHY_PX = 15.0
DROP_PX = 60.0
SWAP_PX = 80.0
FIRST_ROUNDS, ROUNDS = 3, 20


@dataclass(frozen=True, eq=False)
class Triangulated:
    """Points in space, and how each view agrees.

    points   (T, J, 3) metres, world; NaN where fewer than two views are left
    errors   (T, V, J) pixels of the picture itself, after exchanges were undone; NaN where nothing was seen
    used     (T, V, J) whether a view was seen and kept
    swapped  (T, V, G) whether the pairs of a group were exchanged in a view
    """

    points: Float
    errors: Float
    used: Bool
    swapped: Bool

    def unswapped(self, values: Float, groups: Sequence[Pairs]) -> Float:
        """Detections (T, V, J, ...) with the exchanges undone that were found; groups as given to `triangulate`."""
        values = values.copy()
        for g, pairs in enumerate(groups):
            frame, view = np.nonzero(self.swapped[:, :, g])
            for left, right in pairs:
                a, b = values[frame, view, left].copy(), values[frame, view, right].copy()
                values[frame, view, left], values[frame, view, right] = b, a
        return values

    def view_errors(self) -> Float:
        """(V,) The median error of each view in pixels, dropped ones included; NaN where it saw nothing."""
        rows = [view[np.isfinite(view)] for view in np.moveaxis(self.errors, 1, 0)]
        return np.array([np.median(row) if len(row) else np.nan for row in rows])


def triangulate(
    cameras: Sequence[Camera],
    points: Float,
    confidences: Float,
    groups: Sequence[Pairs] = (),
    *,
    least_confidence: float = 0.0,
    cauchy_px: float = CAUCHY_PX,
    drop_px: float = DROP_PX,
) -> Triangulated:
    """Detections points (T, V, J, 2) px with confidences (T, V, J) -> points in space and their errors.

    groups            (left, right) points that a detector exchanges together, such as those of the arms
    least_confidence  detections at or below it do not count
    cauchy_px         error at which a view counts half, at a picture of LONG_SIDE pixels
    drop_px           error above which a view is dropped, likewise
    """
    frames, views, joints = confidences.shape
    if points.shape != (frames, views, joints, 2) or views != len(cameras):
        raise ValueError(f"{len(cameras)} cameras, points {points.shape}, confidences {confidences.shape}")
    used = np.where(confidences > least_confidence, confidences, 0.0)
    pixels = np.moveaxis(points, 1, 0).reshape(views, -1, 2)
    sight = Sight.of(cameras, pixels, np.moveaxis(used, 1, 0).reshape(views, -1))
    sizes = np.array([max(camera.image_size) for camera in cameras]) / LONG_SIDE
    widths, limits = cauchy_px * sizes, drop_px * sizes
    found = sight.refined(sight.linear(), widths, FIRST_ROUNDS)
    swapped = np.zeros((frames, views, len(groups)), bool)
    for g, pairs in enumerate(groups if views > 2 else ()):
        swapped[:, :, g] = swapped_views(sight, found, joints, pairs, SWAP_PX * sizes)
        sight = exchanged(sight, swapped[:, :, g], joints, pairs)
    changed = np.repeat(swapped.any((1, 2)), joints)
    found[:, changed] = sight.take(changed).linear()
    found = _freed(sight, sight.refined(found, widths, ROUNDS), widths, limits)
    kept = sight.weights * ((sight.errors(found) <= limits[:, None]) | ((sight.weights > 0).sum(0) <= 2))
    left = (kept > 0).sum(0) >= 2
    last = Sight(sight.rotations, sight.centres, sight.focal, sight.flat, kept)
    found = np.where(left, last.refined(found, widths, ROUNDS), np.nan)
    in_space = found.T.reshape(frames, joints, 3)
    errors = np.stack([_pixels_off(c, sight, v, found).reshape(frames, joints) for v, c in enumerate(cameras)], 1)
    shown = np.moveaxis((kept > 0).reshape(views, frames, joints), 0, 1) & left.reshape(frames, 1, joints)
    return Triangulated(in_space, errors, shown, swapped)


def _freed(sight: Sight, found: Float, widths: Float, limits: Float) -> Float:
    """The points that some view contradicts, started again from every pair of views; the least cost of all wins."""
    bad = np.flatnonzero(((sight.errors(found) > limits[:, None] / 2) & (sight.weights > 0)).any(0))
    bad = bad[(sight.weights[:, bad] > 0).sum(0) > 2]
    if not len(bad):
        return found
    some = sight.take(bad)
    best, cost = found[:, bad], cauchy_cost(some, some.errors(found[:, bad]), widths)
    for pair in combinations(range(len(sight.centres)), 2):
        weights = np.zeros_like(some.weights)
        weights[list(pair)] = some.weights[list(pair)]
        both = (weights > 0).sum(0) == 2
        start = Sight(some.rotations, some.centres, some.focal, some.flat, weights).linear()
        price = np.where(both, cauchy_cost(some, some.errors(start), widths), np.inf)
        best, cost = np.where(price < cost, start, best), np.minimum(price, cost)
    found = found.copy()
    found[:, bad] = some.refined(best, widths, ROUNDS)
    return found


def _pixels_off(camera: Camera, sight: Sight, view: int, found: Float) -> Float:
    """(P,) Errors of one view in its own pixels; NaN where it does not see a point, or nothing was found."""
    seen = np.flatnonzero((sight.weights[view] > 0) & np.isfinite(found[0]))
    errors = np.full(found.shape[1], np.nan)
    detected = camera.pixels(sight.flat[view][:, seen].T)
    errors[seen] = np.linalg.norm(camera.project(found[:, seen].T)[0] - detected, axis=-1)
    return errors
