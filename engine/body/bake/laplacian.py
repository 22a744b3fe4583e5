"""Operators of a mesh: means over neighbours, and the cotangent Laplacian (Meyer et al. 2003)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from engine.body.bake.source import Float, Index


def averages(faces: Index, vertices: int) -> sparse.csr_array:
    """(V, V) means over each vertex's neighbours."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    graph = sparse.coo_array((np.ones(len(edges)), edges.T), (vertices, vertices)).tocsr()
    graph = ((graph + graph.T) > 0).astype(float)
    return sparse.csr_array(sparse.diags_array(1 / graph.sum(1)) @ graph)


def laplacian(vertices: Float, faces: Index) -> tuple[sparse.csr_array, NDArray[np.float64]]:
    """Cotangent stiffness (V, V) and a third of the triangles' area around each vertex (V,)."""
    count = len(vertices)
    stiffness = sparse.csr_array((count, count))
    area = np.zeros(count)
    for k in range(3):
        a, b, c = faces[:, k], faces[:, (k + 1) % 3], faces[:, (k + 2) % 3]
        u, v = vertices[b] - vertices[a], vertices[c] - vertices[a]
        double = np.linalg.norm(np.cross(u, v), axis=1)
        half = 0.5 * np.einsum("fd,fd->f", u, v) / double
        pair = sparse.coo_array((half, (b, c)), (count, count))
        stiffness = stiffness + pair + pair.T
        np.add.at(area, a, double / 6)
    return sparse.csr_array(sparse.diags_array(stiffness.sum(1)) - stiffness), area
