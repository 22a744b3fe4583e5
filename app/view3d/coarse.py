"""A body with fewer vertices, for where a CPU draws. No Qt and no vispy.

Edges are collapsed onto one of their ends, the cheapest first: by quadric error (Garland, Heckbert, SIGGRAPH 1997) and
by how much the ends' skinning weights differ, so that joints keep what they bend with. In each round, all collapses are
done whose surroundings do not touch.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.body.model import Body
from engine.motion.skeleton import SMPL_24

Float = NDArray[np.float64]
Indices = NDArray[np.intp]

SHARE = 0.5  # of the vertices that is left
CHEAPEST = 0.3  # of the possible collapses are looked at in a round
BEND = 0.003  # metres of error that wholly different skinning weights count as
HEAD = 0.5  # weight from which a vertex is the head's, of which none goes: faces are looked at
ROUNDS, TRIES = 60, 6  # tries: a vertex's cheapest edges of which some can be collapsed


class Drawn(NamedTuple):
    """A body as it is drawn: its mesh, whose joints are not its own, and which vertices (N,) of the body these are."""

    mesh: Body
    kept: Indices | slice


def whole(body: Body) -> Drawn:
    return Drawn(body, slice(None))


@lru_cache(maxsize=8)
def coarse(body: Body) -> Drawn:
    """The body with fewer vertices, made once."""
    kept, faces = collapsed(body.template, body.faces.astype(np.intp), body.weights, round(SHARE * len(body)))
    mesh = replace(
        body,
        template=body.template[kept],
        faces=faces.astype(np.int32),
        shape_directions=body.shape_directions[kept],
        pose_directions=body.pose_directions[kept],
        joint_regressor=body.joint_regressor[:, kept],
        weights=body.weights[kept],
        regressors={},
    )
    return Drawn(mesh, kept)


@lru_cache(maxsize=8)
def coarse_later(body: Body) -> Future[Drawn]:
    """`coarse` on a thread of its own: it takes about a second."""
    return _pool().submit(coarse, body)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "kinestate-coarse")


def collapsed(vertices: Float, faces: Indices, weights: Float, target: int) -> tuple[Indices, Indices]:
    """Reduce a mesh to about `target` of its vertices (V, 3) with skinning weights (V, 24).

    Returns the vertices that are left (N,), and faces (F, 3) between these. Borders stay as they are.
    """
    quadrics = _quadrics(vertices, faces)
    for _ in range(ROUNDS):
        spare = len(np.unique(faces)) - target
        if spare <= 0:
            break
        goes, stays = _collapses(vertices, faces, quadrics, weights)
        if not len(goes):
            break
        goes, stays = goes[:spare], stays[:spare]
        to = np.arange(len(vertices))
        to[goes] = stays
        np.add.at(quadrics, stays, quadrics[goes])
        faces = to[faces]
        faces = faces[(faces != np.roll(faces, 1, axis=1)).all(1)]
    kept, local = np.unique(faces, return_inverse=True)
    return kept, local.reshape(-1, 3)


def _quadrics(vertices: Float, faces: Indices) -> Float:
    """For each vertex, the sum of squared distances from the planes around it, weighted by area: (V, 4, 4)."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    across = np.cross(b - a, c - a)
    area = np.linalg.norm(across, axis=-1, keepdims=True)
    normal = across / np.maximum(area, 1e-12)
    plane = np.append(normal, -(normal * a).sum(-1, keepdims=True), axis=1)
    each = area[..., None] * plane[:, :, None] * plane[:, None]
    total = np.zeros((len(vertices), 4, 4))
    for corner in range(3):
        np.add.at(total, faces[:, corner], each)
    return total


def _collapses(vertices: Float, faces: Indices, quadrics: Float, weights: Float) -> tuple[Indices, Indices]:
    """Choose collapses that do not touch each other: the vertices that go (N,), and onto which (N,)."""
    count = len(vertices)
    start, end = faces.ravel(), np.roll(faces, -1, axis=1).ravel()
    edges = np.sort(start * count + end)
    border = ~_among(end * count + start, edges)
    fixed = weights[:, SMPL_24.index("head")] > HEAD
    fixed[start[border]] = fixed[end[border]] = True

    # The cheapest edge of each vertex; every inner edge is there once in each direction.
    places = np.append(vertices[end], np.ones((len(end), 1)), axis=1)
    area = quadrics[:, [0, 1, 2], [0, 1, 2]].sum(1)[start]
    bend = ((weights[start] - weights[end]) ** 2).sum(1) * BEND**2 * area
    cost = np.einsum("na,nab,nb->n", places, quadrics[start], places) + bend
    cost[fixed[start]] = np.inf
    for _ in range(TRIES):
        order = np.lexsort((cost, start))
        first = order[np.flatnonzero(np.diff(start[order], prepend=-1))]
        first = first[np.isfinite(cost[first])]
        first = first[np.argsort(cost[first], kind="stable")]
        onto = np.full(count, -1)
        onto[start[first]] = end[first]
        onto[_would_flip(vertices, faces, onto)] = -1
        onto[_would_pinch(start, end, edges, onto)] = -1
        goes = start[first]
        cost[first[onto[goes] < 0]] = np.inf
        goes = goes[onto[goes] >= 0]
        if len(goes):
            break
    goes = goes[: max(int(CHEAPEST * len(goes)), 1)]

    # Of those whose surroundings share a vertex, the one of the lowest rank is done; at random, for costs come in rows.
    rank = np.full(count, count)
    rank[goes] = np.random.default_rng(0).permutation(len(goes))
    near_start, near_end = np.concatenate([start, goes]), np.concatenate([end, goes])
    owner = np.full(count, count)
    np.minimum.at(owner, near_end, rank[near_start])
    lost = np.zeros(count, bool)
    lost[near_start[owner[near_end] != rank[near_start]]] = True
    goes = goes[~lost[goes]]
    return goes, onto[goes]


def _would_flip(vertices: Float, faces: Indices, onto: Indices) -> Indices:
    """List the vertices of which a face would turn over, or nearly, if they went."""
    found = []
    for corner in range(3):
        one, a, b = (faces[:, (corner + k) % 3] for k in range(3))
        to = onto[one]
        moves = (to >= 0) & (to != a) & (to != b)
        one, a, b, to = one[moves], vertices[a[moves]], vertices[b[moves]], vertices[to[moves]]
        before, after = np.cross(a - vertices[one], b - vertices[one]), np.cross(a - to, b - to)
        lengths = np.linalg.norm(before, axis=-1) * np.linalg.norm(after, axis=-1)
        found.append(one[(before * after).sum(-1) < 0.5 * lengths + 1e-14])
    return np.concatenate(found)


def _would_pinch(start: Indices, end: Indices, edges: Indices, onto: Indices) -> Indices:
    """List the vertices that share other neighbours with where they would go than those of their two faces."""
    goes = onto[start] >= 0
    one, near = start[goes], end[goes]
    shared = _among(onto[one] * len(onto) + near, edges)
    return np.flatnonzero(np.bincount(one[shared], minlength=len(onto)) > 2)


def _among(keys: Indices, known: Indices) -> NDArray[np.bool_]:
    """Tell which keys are among the known ones, which are sorted."""
    return known[np.minimum(np.searchsorted(known, keys), len(known) - 1)] == keys
