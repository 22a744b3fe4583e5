"""A smaller mesh that stays exactly mirror-symmetric: its left half is decimated, the right one is the left's image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from engine.body.bake.closest import closest
from engine.body.bake.mirror import FLIP, mirror_of
from engine.body.bake.source import Float, Index


def decimated(template: Float, faces: Index, triangles: int) -> tuple[Float, Index, sparse.csr_array]:
    """Vertices (W, 3), faces, and the map (W, V) that carries what the full mesh's vertices have to the new ones.

    The template must be symmetric, with vertices where its faces meet the midline; those are all kept.
    """
    import fast_simplification

    mirror = mirror_of(template)
    left = faces[(template[faces, 0] >= 0).all(1)]
    used, local = np.unique(left, return_inverse=True)
    points, half = fast_simplification.simplify(
        template[used], local.reshape(-1, 3).astype(np.int32), target_count=triangles // 2, agg=3, preserve_border=True
    )
    points, half = points.astype(float), half.astype(np.int64)
    rows = closest(template, left, points)
    seam = _border(half)
    nearest = np.asarray(rows[np.flatnonzero(seam)].argmax(1)).ravel()
    keep = sparse.csr_array((np.ones(len(nearest)), (np.flatnonzero(seam), nearest)), rows.shape)
    rows = sparse.csr_array(sparse.diags_array((~seam).astype(float)) @ rows + keep)
    points = np.where(seam[:, None], template[np.asarray(rows.argmax(1)).ravel()], points)
    points[seam, 0] = 0.0

    other = np.where(seam, np.arange(len(points)), len(points) + np.cumsum(~seam) - 1)
    opposite = sparse.csr_array((np.ones(len(mirror)), (mirror, np.arange(len(mirror)))))
    image = sparse.csr_array(rows[np.flatnonzero(~seam)] @ opposite)
    vertices = np.concatenate([points, points[~seam] * FLIP])
    return vertices, np.concatenate([half, other[half][:, ::-1]]), sparse.csr_array(sparse.vstack([rows, image]))


def _border(faces: Index) -> NDArray[np.bool_]:
    """(W,) vertices on edges of one triangle alone."""
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    unique, count = np.unique(edges, axis=0, return_counts=True)
    border = np.zeros(faces.max() + 1, bool)
    border[unique[count == 1]] = True
    return border
