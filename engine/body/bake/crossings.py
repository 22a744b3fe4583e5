"""Self-intersections of a mesh: pairs of triangles that cross."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from engine.body.bake.source import Float, Index

SIZES = 4
"""Triangles are sorted into so many classes of size, so that a few large ones don't make all look far."""


def crossings(vertices: Float, faces: Index) -> Index:
    """(P, 2) pairs of triangles of which an edge of one goes through the other; those that share a vertex are none."""
    pairs = _near(vertices[faces])
    shared = (faces[pairs[:, 0]][:, :, None] == faces[pairs[:, 1]][:, None, :]).any((1, 2))
    pairs = pairs[~shared]
    first, second = vertices[faces[pairs[:, 0]]], vertices[faces[pairs[:, 1]]]
    hit = np.zeros(len(pairs), bool)
    for a, b in ((first, second), (second, first)):
        for k in range(3):
            hit |= pierced(a[:, k], a[:, (k + 1) % 3], b)
    return np.asarray(pairs[hit])


def pierced(start: Float, end: Float, triangles: Float) -> NDArray[np.bool_]:
    """(N,) whether the segment from start to end (N, 3) goes through its triangle (N, 3, 3) (Möller, Trumbore 1997)."""
    corner = triangles[:, 0]
    u_edge, v_edge = triangles[:, 1] - corner, triangles[:, 2] - corner
    along = end - start
    across = np.cross(along, v_edge)
    determinant = np.einsum("nd,nd->n", u_edge, across)
    flat = np.abs(determinant) < 1e-18
    inverse = 1 / np.where(flat, 1.0, determinant)
    from_corner = start - corner
    u = np.einsum("nd,nd->n", from_corner, across) * inverse
    turned = np.cross(from_corner, u_edge)
    v = np.einsum("nd,nd->n", along, turned) * inverse
    t = np.einsum("nd,nd->n", v_edge, turned) * inverse
    return np.asarray(~flat & (u >= 0) & (v >= 0) & (u + v <= 1) & (t >= 0) & (t <= 1))


def _near(corners: Float) -> Index:
    """(P, 2) pairs of triangles (F, 3, 3) whose boxes overlap, each once."""
    low, high = corners.min(1), corners.max(1)
    centre, radius = (low + high) / 2, np.linalg.norm(high - low, axis=1) / 2
    order = np.array_split(np.argsort(radius), SIZES)
    trees = [cKDTree(centre[members]) for members in order]
    found = []
    for i, members in enumerate(order):
        for k in range(i, SIZES):
            reach = radius[members].max() + radius[order[k]].max()
            near = trees[i].sparse_distance_matrix(trees[k], reach, output_type="ndarray")
            pairs = np.stack([members[near["i"]], order[k][near["j"]]], -1)
            found.append(pairs[pairs[:, 0] < pairs[:, 1]] if i == k else pairs)
    pairs = np.concatenate(found)
    overlap = (low[pairs[:, 0]] <= high[pairs[:, 1]]) & (low[pairs[:, 1]] <= high[pairs[:, 0]])
    return np.asarray(pairs[overlap.all(1)], np.int64)
