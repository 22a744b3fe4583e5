"""A mannequin's plain surface: anatomy that no mannequin has is faired away, what meets too closely is eased apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from engine.body.bake.laplacian import averages, laplacian
from engine.body.bake.mirror import FLIP, mirror_of, symmetric
from engine.body.bake.source import Float, Index


@dataclass(frozen=True)
class Place:
    """A ball on the mean person in T-pose and its mirror image: centre (x, y, z) and radius, metres."""

    centre: tuple[float, float, float]
    radius: float


FAIRED = (
    Place((0.070, 0.3265, 0.142), 0.060),  # chest
    Place((0.0, 0.130, 0.126), 0.040),  # navel
    Place((0.0, -0.095, 0.045), 0.055),  # crotch
    Place((0.0, -0.090, -0.020), 0.050),
)
EASED = (
    (Place((0.032, 0.685, 0.127), 0.022), 12),  # lids; how often
    (Place((0.0, 0.612, 0.135), 0.030), 4),  # lips
    (Place((0.2205, -0.908, 0.137), 0.016), 12),  # the two smallest toes
    (Place((0.0, -0.060, -0.080), 0.070), 10),  # seat
)


def softened(people: Float, faces: Index) -> Float:
    """Vertices (N, V, 3) of people in T-pose, made plain. The same linear map for everybody."""
    result = people.copy()
    mirror = mirror_of(people.mean(0))
    for place in FAIRED:
        for some in _found(result.mean(0), place):
            _fair(result, faces, some)
    for place, times in EASED:
        for some in _found(result.mean(0), place):
            _ease(result, faces, some, place, times)
    return symmetric(result, mirror)


def _found(mean: Float, place: Place) -> list[Index]:
    sides = [place.centre] if place.centre[0] == 0 else [place.centre, tuple(place.centre * FLIP)]
    return [np.flatnonzero(np.linalg.norm(mean - centre, axis=1) < place.radius) for centre in sides]


def _fair(people: Float, faces: Index, some: Index) -> None:
    """Give the vertices `some` the smoothest surface that joins the rest without a crease: least total curvature.

    They minimise the squared Laplacian of the mean person's surface (cotangent weights: Meyer et al. 2003).
    """
    mean = people.mean(0)
    stiffness, area = laplacian(mean, faces)
    square = sparse.csr_array(stiffness.T @ sparse.diags_array(1 / area) @ stiffness)
    rows = square[some]
    inner = rows[:, some].todense()
    outer = rows.copy()
    others = np.setdiff1d(np.unique(rows.indices), some)
    for person in people:
        person[some] = -np.linalg.solve(inner, outer[:, others] @ person[others])


def _ease(people: Float, faces: Index, some: Index, place: Place, times: int) -> None:
    """Move the vertices `some` towards their neighbours' mean, most in the middle of the place."""
    mean = people.mean(0)
    centre = np.array(place.centre) * (1 if mean[some, 0].mean() > -1e-9 else FLIP)
    share = (1 - (np.linalg.norm(mean[some] - centre, axis=1) / place.radius) ** 2)[:, None]
    average = averages(faces, len(mean))[some]
    for person in people:
        for _ in range(times):
            person[some] += 0.5 * share * (average @ person - person[some])
