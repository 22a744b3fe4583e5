"""Meshes with fewer vertices: closed where they were closed, near the whole ones, with joints that still bend."""

from __future__ import annotations

import numpy as np
import pytest
from body_fakes import tube_body

from app.view3d.body_mesh import edges_of, normals_of
from app.view3d.coarse import coarse, coarse_later, collapsed
from engine.body import library
from engine.body.bake.closest import closest
from engine.motion.skeleton import SMPL_24


def ball(rings: int = 24, around: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """A closed ball of radius 1."""
    up = np.linspace(0, np.pi, rings + 2)[1:-1, None]
    turn = np.linspace(0, 2 * np.pi, around, endpoint=False)
    middle = np.stack(np.broadcast_arrays(np.sin(up) * np.cos(turn), np.sin(up) * np.sin(turn), np.cos(up)), -1)
    vertices = np.concatenate([middle.reshape(-1, 3), [[0, 0, 1], [0, 0, -1]]])
    k, after = np.arange(around), np.roll(np.arange(around), -1)
    top, bottom = rings * around, rings * around + 1
    faces = [np.stack([np.full(around, top), k, after], -1)]
    for ring in range(rings - 1):
        a, b = ring * around + k, ring * around + after
        faces += [np.stack([a, a + around, b], -1), np.stack([b, a + around, b + around], -1)]
    last = (rings - 1) * around
    faces.append(np.stack([last + k, np.full(around, bottom), last + after], -1))
    return vertices, np.concatenate(faces)


def edge_counts(faces: np.ndarray) -> np.ndarray:
    """How often each directed edge is there."""
    edges = faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    return np.unique(edges, axis=0, return_counts=True)[1]


def test_a_closed_surface_stays_closed_and_where_it_was():
    vertices, faces = ball()
    kept, fewer = collapsed(vertices, faces, np.zeros((len(vertices), 24)), 300)
    assert 290 <= len(kept) <= 300 and fewer.max() == len(kept) - 1
    assert edge_counts(fewer).max() == 1
    edges = np.unique(np.sort(fewer[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1), axis=0)
    assert len(kept) - len(edges) + len(fewer) == 2  # Euler's number of a ball
    assert 2 * len(edges) == 3 * len(fewer)
    a, b, c = (vertices[kept][fewer[:, k]] for k in range(3))
    middles, across = (a + b + c) / 3, np.cross(b - a, c - a)
    assert np.linalg.norm(middles, axis=-1).min() > 0.95
    assert ((across * middles).sum(-1) > 0).all()  # none is turned over


def test_where_skin_bends_the_border_between_two_bones_stays_where_it_was():
    x, y = np.meshgrid(np.arange(21), np.arange(21))
    vertices = 0.01 * np.stack([x, y, 0 * x], axis=-1).reshape(-1, 3)  # a flat sheet: its form alone costs nothing
    corner = (21 * y + x)[:-1, :-1].ravel()
    faces = np.concatenate([corner[:, None] + (0, 1, 22), corner[:, None] + (0, 22, 21)])
    right = vertices[:, 0] > 0.105
    weights = np.stack([right, ~right, *[np.zeros(len(right))] * 22], axis=-1).astype(float)

    def between(given):
        """The area of the faces that lie between the bones."""
        kept, fewer = collapsed(vertices, faces, given, 200)
        mixed = fewer[np.ptp(right[kept][fewer].astype(int), axis=1) > 0]
        a, b, c = (vertices[kept][mixed[:, k]] for k in range(3))
        return np.linalg.norm(np.cross(b - a, c - a), axis=-1).sum() / 2

    assert between(weights) < 0.8 * between(np.zeros_like(weights))


def test_borders_stay():
    body = tube_body()
    mesh, kept = coarse(body)
    whole, fewer = edges_of(body), edges_of(mesh)
    border = np.unique(whole.ends[whole.sides[:, 1] == len(body.faces)])
    assert np.isin(border, kept).all()
    assert (fewer.sides[:, 1] == len(mesh.faces)).sum() == (whole.sides[:, 1] == len(body.faces)).sum()


@pytest.mark.skipif(not library.names(), reason="the mannequin is not built")
def test_the_mannequin_keeps_its_face_and_its_surface():
    body = library.body()
    mesh, kept = coarse(body)
    assert len(mesh) == pytest.approx(0.5 * len(body), rel=0.02)
    assert np.array_equal(mesh.template, body.template[kept])
    assert edge_counts(mesh.faces).max() == 1 and (edges_of(mesh).sides[:, 1] < len(mesh.faces)).all()
    assert np.isin(np.flatnonzero(body.weights[:, SMPL_24.index("head")] > 0.5), kept).all()
    some = np.setdiff1d(np.arange(len(body)), kept)[::11]
    on_it = closest(mesh.template, mesh.faces, body.template[some]) @ mesh.template
    away = 1000 * np.linalg.norm(on_it - body.template[some], axis=-1)
    assert np.percentile(away, 95) < 3 and away.max() < 8  # millimetres
    turned = (normals_of(mesh.template, mesh.faces) * normals_of(body.template, body.faces)[kept]).sum(-1)
    assert np.percentile(turned, 2) > 0.8


@pytest.mark.slow
def test_it_is_made_once_and_elsewhere():
    body = tube_body(seed=3)
    later = coarse_later(body)
    assert coarse_later(body) is later
    assert later.result(timeout=60) is coarse(body)
