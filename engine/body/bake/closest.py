"""The nearest points of a surface."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from engine.body.bake.source import Float, Index

CANDIDATES = 24
"""Triangles tried for each point: those with the nearest centres."""


def closest(vertices: Float, faces: Index, points: Float) -> sparse.csr_array:
    """(P, V) barycentric weights of the surface's point nearest to each of the points (P, 3)."""
    corners = vertices[faces]
    tried = cKDTree(corners.mean(1)).query(points, min(CANDIDATES, len(faces)))[1]
    best, weights = np.full(len(points), np.inf), np.zeros((len(points), 3))
    face = np.zeros(len(points), np.int64)
    for candidate in tried.T:
        found = _in_triangle(corners[candidate], points)
        distance = np.linalg.norm(np.einsum("pk,pkd->pd", found, corners[candidate]) - points, axis=1)
        nearer = distance < best
        best, face = np.where(nearer, distance, best), np.where(nearer, candidate, face)
        weights = np.where(nearer[:, None], found, weights)
    rows = np.repeat(np.arange(len(points)), 3)
    return sparse.csr_array((weights.ravel(), (rows, faces[face].ravel())), (len(points), len(vertices)))


def _in_triangle(corners: Float, points: Float) -> Float:
    """(P, 3) weights of the nearest points in triangles (P, 3, 3): inside by projection, else on the nearest edge."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    normal = np.cross(b - a, c - a)
    area = np.maximum(np.einsum("pd,pd->p", normal, normal), 1e-24)
    inside = np.stack(
        [np.einsum("pd,pd->p", np.cross(v - u, points - u), normal) / area for u, v in ((b, c), (c, a), (a, b))], -1
    )
    result, best = inside, np.where((inside >= 0).all(1), -1.0, np.inf)
    for first, second in ((0, 1), (1, 2), (2, 0)):
        u, v = corners[:, first], corners[:, second]
        along = v - u
        share = np.einsum("pd,pd->p", points - u, along) / np.maximum(np.einsum("pd,pd->p", along, along), 1e-24)
        share = np.clip(share, 0, 1)
        distance = np.linalg.norm(u + share[:, None] * along - points, axis=1)
        nearer = distance < best
        edge = np.zeros_like(result)
        edge[:, first], edge[:, second] = 1 - share, share
        result, best = np.where(nearer[:, None], edge, result), np.where(nearer, distance, best)
    return result
