"""Left and right exchanged in some of the views, found by search over the views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from engine.cameras.sight import Sight, solve

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Pairs = Sequence[tuple[int, int]]
"""Points that a detector exchanges together: (left, right) of shoulders, elbows and wrists, for example."""

PER_SWAP = 0.15  # by this share of itself the cost rises with each exchanged view
FEW = 4  # views; more outvote an exchanged one, so that it shows by a larger error
MOST_CHOICES = 200  # of views; more cameras than eight have smaller subsets tried
BLOCK = 400_000  # projections at once


def choices(views: int) -> Bool:
    """(H, V) Subsets of up to half of the views, the empty one first, small ones first."""
    found: list[tuple[int, ...]] = [()]
    for size in range(1, views // 2 + 1):
        more = list(combinations(range(views), size))
        if len(found) + len(more) > MOST_CHOICES:
            break
        found += more
    table = np.zeros((len(found), views), bool)
    for row, chosen in zip(table, found, strict=True):
        row[list(chosen)] = True
    return table


def swapped_views(sight: Sight, points: Float, joints: int, pairs: Pairs, limits: Float) -> Bool:
    """(T, V) The views in which the points of `pairs` are exchanged.

    sight   T * joints points, frames first
    points  (3, T * joints) what was made of them so far
    limits  (V,) pixels above which an error counts no more
    Frames are searched in which some view is off on average by an eighth of that, or a quarter where more than FEW
    see the pairs. With two views nothing tells which is wrong. The views with the least sum of errors win; of two
    halves that contradict each other, the first.
    """
    views, frames = len(sight.centres), sight.weights.shape[1] // joints
    swapped = np.zeros((frames, views), bool)
    members, mirror = _members(pairs)
    index = np.arange(frames)[:, None] * joints + members
    seen = sight.weights[:, index] > 0
    errors = np.minimum(sight.take(index.ravel()).errors(points[:, index.ravel()]), limits[:, None]).reshape(seen.shape)
    mean = (errors * seen).sum(-1) / np.maximum(seen.sum(-1), 1)
    watching = (2 * seen.sum(-1) > len(members)).sum(0)
    off = np.where(watching > FEW, mean > limits[:, None] / 4, mean > limits[:, None] / 8).any(0)
    doubtful = np.flatnonzero(off & (watching > 2))
    table = choices(views)
    some = max(1, BLOCK // (len(table) * len(members) * views))
    for first in range(0, len(doubtful), some):
        chosen = doubtful[first : first + some]
        depth = np.median(sight.in_cameras(points[:, index[chosen].ravel()])[:, 2].reshape(views, len(chosen), -1), -1)
        straight = sight.take(index[chosen].ravel())
        crossed = sight.take(index[chosen][:, mirror].ravel())
        swapped[chosen] = table[_best(straight, crossed, depth, table, limits)]
    return swapped


def exchanged(sight: Sight, swapped: Bool, joints: int, pairs: Pairs) -> Sight:
    """The sight with the points of `pairs` exchanged where swapped (T, V) says so."""
    members, mirror = _members(pairs)
    flat = sight.flat.reshape(*sight.flat.shape[:2], -1, joints).copy()
    weights = sight.weights.reshape(len(flat), -1, joints).copy()
    view, frame = np.nonzero(swapped.T)
    there, from_ = members[None, :], members[mirror][None, :]
    flat[view[:, None], :, frame[:, None], there] = flat[view[:, None], :, frame[:, None], from_]
    weights[view[:, None], frame[:, None], there] = weights[view[:, None], frame[:, None], from_]
    return replace(sight, flat=flat.reshape(sight.flat.shape), weights=weights.reshape(sight.weights.shape))


def _members(pairs: Pairs) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The points of pairs, left ones first, and the place of each one's mirror among them."""
    left, right = [a for a, _ in pairs], [b for _, b in pairs]
    return np.array(left + right), np.r_[len(left) : 2 * len(left), : len(left)]


def _best(straight: Sight, crossed: Sight, depth: Float, table: Bool, limits: Float) -> NDArray[np.intp]:
    """(F,) Rows of the table. Sights of F * M points, F frames first; depth (V, F) metres."""
    views, frames = depth.shape
    scale = np.repeat(straight.focal.mean(1)[:, None] / depth, straight.weights.shape[1] // frames, axis=1)
    sums = []
    for a, b in zip(straight.normal_equations(scale), crossed.normal_equations(scale), strict=True):
        both = ~table @ a.reshape(views, -1) + table @ b.reshape(views, -1)
        sums.append(np.moveaxis(both.reshape(len(table), *a.shape[1:]), 1, 0))
    points = solve(*sums) + straight.middle[:, None, None]  # (3, H, F * M)
    cost = np.zeros(points.shape[1:])
    for view in range(views):
        local = straight.in_view(view, points.reshape(3, -1)).reshape(3, *cost.shape)
        flat = local[:2] / local[2]
        for sight, used in ((straight, ~table[:, view]), (crossed, table[:, view])):
            off = (flat[:, used] - sight.flat[view, :, None]) * sight.focal[view, :, None, None]
            error = np.minimum(np.sqrt(off[0] ** 2 + off[1] ** 2), limits[view])
            cost[used] += error * (sight.weights[view] > 0)
    whole = cost.reshape(len(table), frames, -1).sum(-1) * (1 + PER_SWAP * table.sum(1))[:, None]
    return np.asarray(whole.argmin(0))
