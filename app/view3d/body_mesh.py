"""A body's mesh as it is drawn: normals, edges, silhouettes. No Qt and no vispy."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.body.model import Body

Float = NDArray[np.float64]
Single = NDArray[np.float32]
Indices = NDArray[np.intp]


class Edges:
    """The edges of a body's triangles.

    faces  (F, 3) vertices of each, as they are drawn
    ends   (E, 2) vertices, in the direction in which the first face goes along them
    sides  (E, 2) the faces at both sides; the number of faces, which none has, beyond a border
    """

    def __init__(self, body: Body) -> None:
        faces = body.faces.astype(np.intp)
        self.faces = body.faces.astype(np.uint32)
        directed = faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
        key = directed.min(1) * len(body) + directed.max(1)
        order = np.argsort(key, kind="stable")
        first = np.flatnonzero(np.diff(key[order], prepend=-1))
        second = np.minimum(first + 1, len(order) - 1)
        shared = key[order[second]] == key[order[first]]
        shared &= second > first
        self.ends = directed[order[first]]
        self.sides = np.stack([order[first] // 3, np.where(shared, order[second] // 3, len(faces))], axis=-1)
        self._faces, self._ends = np.ascontiguousarray(faces.T), np.ascontiguousarray(self.ends.T)
        self._sides = np.ascontiguousarray(self.sides.T)

    def seen(self, places: Single) -> tuple[NDArray[np.bool_], Indices]:
        """Tell which faces (F,) look at the viewer, and list the silhouette's edges (S, 2).

        places  (2, V) of the vertices in the picture, y upwards
        Seen from the viewer, the body lies on the left of each silhouette edge.
        """
        x, y = places
        a, b, c = self._faces
        ax, ay = x[a], y[a]
        front = np.zeros(len(a) + 1, bool)
        front[:-1] = (x[b] - ax) * (y[c] - ay) > (x[c] - ax) * (y[b] - ay)
        one, other = front[self._sides[0]], front[self._sides[1]]
        rim = np.flatnonzero(one != other)
        start, end = self._ends[0][rim], self._ends[1][rim]
        forwards = one[rim]
        return front[:-1], np.stack([np.where(forwards, start, end), np.where(forwards, end, start)], axis=-1)

    def touch(self, front: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell which edges (E,) some of these faces (F,) has."""
        front = np.append(front, False)
        return np.asarray(front[self._sides[0]] | front[self._sides[1]])


@lru_cache(maxsize=8)
def edges_of(body: Body) -> Edges:
    """The edges of a body, found once."""
    return Edges(body)


def normals_of(vertices: Float, faces: NDArray[np.int32]) -> Float:
    """Unit normals (V, 3) of vertices (V, 3) from the triangles (F, 3) around them, each weighted by its area."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    across = np.cross(b - a, c - a)
    total = np.stack([np.bincount(faces.ravel(), np.repeat(across[:, k], 3), len(vertices)) for k in range(3)], axis=-1)
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=-1, keepdims=True), 1e-12))
